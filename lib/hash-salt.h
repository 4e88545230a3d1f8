/* SPDX-License-Identifier: MIT */
/* A number of its own for each hash table, so that nobody outside can choose what shares
 * a bucket. */
#pragma once

#include <stdint.h>
#include <sys/random.h>

/* Without entropy, at the earliest of boots, it is only hard to guess where `table` is.
 */
static inline uint64_t
hash_salt(const void *table)
{
	uint64_t salt;

	if (getrandom(&salt, sizeof(salt), GRND_NONBLOCK) < 0)
		salt = (uintptr_t)table;
	return salt;
}
