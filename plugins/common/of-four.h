/* SPDX-License-Identifier: MIT */
/* Numbers of four pixels, computed at once by whatever vectors the processor has. */
#pragma once

#include <stdint.h>
#include <string.h>

typedef uint32_t of_four __attribute__((vector_size(16)));

static inline of_four
four_load(const void *from)
{
	of_four numbers;

	memcpy(&numbers, from, sizeof(numbers));
	return numbers;
}
