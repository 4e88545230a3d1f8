/* SPDX-License-Identifier: MIT */
/*
 * The boards of other walls of the same picture, with server.limits = shared: a generator
 * that registers on one has a token for all, and one that is removed from one is removed
 * from all.
 *
 * Each board has all generators in a database of its own, and the removals, here and
 * elsewhere.  What others may not know yet is published again whenever the walls are
 * linked anew, until it comes back from the engine; a wall that publishes a generator
 * which was removed is told so.
 *
 * The main loop's thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <mural/plugin.h>

#include "http/store/store.h"

struct board;
struct generator;
struct generators;

/* Removals, here and elsewhere; of more the oldest are forgotten. */
#define FELLOWS_REMOVED_MAX 4096

/* Generators and removals that the engine keeps for walls that are linked later. */
#define FELLOWS_KEPT 65536

struct fellows_removed {
	TAILQ_ENTRY(fellows_removed) next;
	bool is_told; /* kept, since a wall that does not know of it may publish the
			 generator */
	char id[STORE_ID_LEN + 1];
};

struct fellows {
	struct mural_host *host; /* NULL: nothing is shared now */
	struct store *store;
	struct generators *generators;
	uint32_t told; /* generators up to that number are known to all */
	TAILQ_HEAD(fellows_removals, fellows_removed) removed;
	unsigned n_removed;
	bool is_hearing; /* a removal, which is not told again */
};

/* `heard` passes on to fellows_heard(). */
void fellows_start(struct fellows *fellows, struct mural_host *host, struct store *store,
	struct generators *generators,
	void (*heard)(struct mural_host *host, const struct mural_parcel *parcel));

/* Accepts a zeroed struct. */
void fellows_stop(struct fellows *fellows);

/* False: it makes no sense. */
bool fellows_heard(struct fellows *fellows, const struct mural_parcel *parcel);
