/* SPDX-License-Identifier: MIT */
/* Counts how many generators each source holds.  The main loop's thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define HOLDERS_BUCKETS 1024

/* A source that has generators. */
struct holder {
	uint64_t source; /* mural_source(); 0: a local socket, or of an earlier run */
	size_t n;
	struct holder *next, **link;
};

struct holders {
	struct holder *buckets[HOLDERS_BUCKETS];
};

/* NULL: it holds none. */
struct holder *holders_find(const struct holders *holders, uint64_t source);

/* The source holds one more.  NULL: out of memory. */
struct holder *holders_hold(struct holders *holders, uint64_t source);

/* It holds one less; after its last one it is freed. */
void holder_let_go(struct holder *holder);
