/* SPDX-License-Identifier: MIT */
/* libFuzzer's entry point, which unit tests call too, and what several fuzzers need. */
#pragma once

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Calls it with each file of tests/corpus/NAME, the inputs that `make fuzz` found worth
 * keeping; the number of files. */
int fuzz_replay(const char *name);

/* A copy of exactly that size, so that a sanitizer sees a read of one byte too many. */
static inline uint8_t *
fuzz_copy(const uint8_t *data, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);

	assert(copy);
	if (len > 0)
		memcpy(copy, data, len);
	return copy;
}
