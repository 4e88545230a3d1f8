/* SPDX-License-Identifier: MIT */
/*
 * What sources have spent of their budgets since the counts were last taken: what the
 * other walls are told where budgets are shared.
 *
 * A table of fixed size in sets, since sources may be forged: in a full set the source
 * that spent least is replaced.  Under its owner's lock.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip-key.h"

#define SPENT_SETS 16
#define SPENT_WAYS 8
#define SPENT_MAX (SPENT_SETS * SPENT_WAYS)
#define SPENT_KINDS 2

struct spent_entry {
	struct ip_key source;
	uint8_t sender;
	int64_t amounts[SPENT_KINDS];
};

struct spent {
	bool has_some;
	struct spent_entry sets[SPENT_SETS][SPENT_WAYS];
};

/* `hash` is the source's. */
void spent_add(struct spent *spent, uint64_t hash, const struct ip_key *source,
	uint8_t sender, const int64_t amounts[SPENT_KINDS]);

/* Moves it to `entries`, which has room for SPENT_MAX.  How many. */
size_t spent_take(struct spent *spent, struct spent_entry *entries);
