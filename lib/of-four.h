/* SPDX-License-Identifier: MIT */
/* Numbers of four pixels, computed at once by whatever vectors the processor has. */
#pragma once

#include <stdint.h>
#include <string.h>

typedef uint32_t of_four __attribute__((vector_size(16)));

/* The same as they lie in a row, from any of its pixels on. */
typedef uint32_t four_pixels __attribute__((vector_size(16), aligned(4), may_alias));

static inline of_four
four_load(const void *from)
{
	of_four numbers;

	memcpy(&numbers, from, sizeof(numbers));
	return numbers;
}
