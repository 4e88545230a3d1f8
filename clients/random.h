/* SPDX-License-Identifier: MIT */
/* Pseudo-random numbers (Knuth's MMIX generator), for the order and colours of pixels. */
#pragma once

#include <stddef.h>
#include <stdint.h>

static inline uint64_t
random_next(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *state >> 31; /* the low bits repeat soon */
}

static inline void
random_shuffle(uint32_t *numbers, size_t n, uint64_t *state)
{
	for (size_t i = n; i > 1; i--) {
		size_t other = (size_t)(random_next(state) % i);
		uint32_t kept = numbers[i - 1];

		numbers[i - 1] = numbers[other];
		numbers[other] = kept;
	}
}
