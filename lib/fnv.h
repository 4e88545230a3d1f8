/* SPDX-License-Identifier: MIT */
/* FNV-1a: a hash of 64 bits for tables and for telling texts apart.  It is no secret how
 * two of them are made to collide, unless the start is one. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define FNV_START UINT64_C(0xcbf29ce484222325)

/* `hash` is FNV_START, a secret of the caller's, or what the bytes before made. */
static inline uint64_t
fnv1a(uint64_t hash, const void *bytes, size_t len)
{
	for (const uint8_t *p = bytes, *end = p + len; p < end; p++)
		hash = (hash ^ *p) * UINT64_C(0x100000001b3);
	return hash;
}
