/* SPDX-License-Identifier: MIT */
/*
 * The loudest sources of a thread, in a table of fixed size ("space-saving" counters in
 * sets of eight): however many there are or are forged, those that paint much are in it.
 *
 * One thread counts, another takes; the lock is held for one look-up.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip-key.h"

#define LOUDEST_SETS 128
#define LOUDEST_WAYS 8
#define LOUDEST_MAX (LOUDEST_SETS * LOUDEST_WAYS)

struct loudest;

/* Zeros where it is not known who. */
struct loudest_who {
	struct ip_key address;
	bool has_address;
	char name[40];     /* "": it has none */
	char instance[32]; /* through which */
};

struct loudest_entry {
	uint64_t key;
	uint64_t pixels, bytes;
	uint64_t over; /* how many of the pixels may be others' */
	struct loudest_who who;
};

/* NULL: out of memory. */
struct loudest *loudest_new(void);

/* NULL is accepted. */
void loudest_free(struct loudest *loudest);

/* Counts what a source painted; `key` identifies the source that `who` describes. */
void loudest_count(struct loudest *loudest, uint64_t key, const struct loudest_who *who,
	uint64_t pixels, uint64_t bytes);

/* Moves what was counted since the last time to `entries`, which has room for
 * LOUDEST_MAX.  How many. */
size_t loudest_take(struct loudest *loudest, struct loudest_entry *entries);
