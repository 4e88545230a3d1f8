/* SPDX-License-Identifier: MIT */
/* Chooses which generators give way: of the source that holds most, those that were idle
 * longest. */
#include <stdlib.h>

#include "http/board/generators.h"

/* How many at once: finding them takes a look at all. */
#define OWN_MAX 16
#define FULL_MAX 256

/* One that holds fewer never gives way before all that are idle longer. */
#define FEW (GENERATORS_MAX / 64)

static int
by_idleness(const void *a, const void *b)
{
	const struct generator *left = *(struct generator *const *)a;
	const struct generator *right = *(struct generator *const *)b;

	if (left->used_ns != right->used_ns)
		return left->used_ns < right->used_ns ? -1 : 1;
	if (left->pixels != right->pixels)
		return left->pixels < right->pixels ? -1 : 1;
	return left->number < right->number ? -1 : 1;
}

/* Removes the `most` that were idle longest, of the holder's, or with NULL of all. */
static void
holder_evict(struct generators *generators, const struct holder *holder, size_t most)
{
	struct generator **list = calloc(GENERATORS_MAX, sizeof(struct generator *));
	size_t n = 0;

	if (!list)
		return;
	for (struct generator *g = generators_first(generators); g; g = g->next)
		if (n < GENERATORS_MAX && g->holder && (!holder || g->holder == holder))
			list[n++] = g;
	qsort(list, n, sizeof(struct generator *), by_idleness);
	for (size_t i = 0; i < n && i < most; i++)
		generators_remove(generators, list[i]);
	free(list);
}

static const struct holder *
largest_holder(const struct generators *generators)
{
	const struct holder *largest = NULL;

	for (struct generator *g = generators_first(generators); g; g = g->next)
		if (g->holder && (!largest || g->holder->n > largest->n))
			largest = g->holder;
	return largest && largest->n > FEW ? largest : NULL;
}

void
generators_make_room(struct generators *generators, uint64_t source)
{
	const struct holder *holder = generators_holder(generators, source);

	/* behind a local socket is a proxy, and behind that are many */
	if (source != 0 && holder && holder->n >= GENERATORS_SHARE)
		holder_evict(generators, holder, OWN_MAX);
	if (generators_count(generators) >= GENERATORS_MAX)
		holder_evict(generators, largest_holder(generators), FULL_MAX);
}
