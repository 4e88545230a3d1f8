/* SPDX-License-Identifier: MIT */
/* Counts how many generators each source holds, in a hash table of sources. */
#include "http/board/holders.h"

#include <stdlib.h>

#include "common/list.h"

struct holder *
holders_find(const struct holders *holders, uint64_t source)
{
	struct holder *holder = holders->buckets[source % HOLDERS_BUCKETS];

	while (holder && holder->source != source)
		holder = holder->next;
	return holder;
}

struct holder *
holders_hold(struct holders *holders, uint64_t source)
{
	struct holder *holder = holders_find(holders, source);

	if (!holder) {
		holder = calloc(1, sizeof(*holder));
		if (!holder)
			return NULL;
		holder->source = source;
		list_push(&holders->buckets[source % HOLDERS_BUCKETS], holder);
	}
	holder->n++;
	return holder;
}

void
holder_let_go(struct holder *holder)
{
	if (--holder->n > 0)
		return;
	list_remove(holder);
	free(holder);
}
