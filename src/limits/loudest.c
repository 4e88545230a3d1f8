/* SPDX-License-Identifier: MIT */
/* Counts the loudest sources. */
#include "limits/loudest.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct loudest {
	pthread_mutex_t lock;
	struct loudest_entry sets[LOUDEST_SETS][LOUDEST_WAYS];
};

struct loudest *
loudest_new(void)
{
	struct loudest *loudest = calloc(1, sizeof(*loudest));

	if (loudest)
		pthread_mutex_init(&loudest->lock, NULL);
	return loudest;
}

void
loudest_free(struct loudest *loudest)
{
	if (!loudest)
		return;
	pthread_mutex_destroy(&loudest->lock);
	free(loudest);
}

/* The entry of the key, or else the quietest of its set, to be replaced. */
static struct loudest_entry *
entry_find(struct loudest_entry *set, uint64_t key)
{
	struct loudest_entry *least = set;

	for (int i = 0; i < LOUDEST_WAYS; i++) {
		if (set[i].key == key)
			return &set[i];
		if (set[i].pixels < least->pixels ||
			(set[i].pixels == least->pixels && set[i].bytes < least->bytes))
			least = &set[i];
	}
	return least;
}

/* A source that takes another's place may have painted as much as that one meanwhile. */
void
loudest_count(struct loudest *loudest, uint64_t key, const struct loudest_who *who,
	uint64_t pixels, uint64_t bytes)
{
	uint64_t hash = key * UINT64_C(0x9e3779b97f4a7c15) >> 32;
	struct loudest_entry *entry;

	pthread_mutex_lock(&loudest->lock);
	entry = entry_find(loudest->sets[hash % LOUDEST_SETS], key);
	if (entry->key != key)
		*entry = (struct loudest_entry){ .key = key,
			.pixels = entry->pixels,
			.over = entry->pixels,
			.who = *who };
	entry->pixels += pixels;
	entry->bytes += bytes;
	pthread_mutex_unlock(&loudest->lock);
}

size_t
loudest_take(struct loudest *loudest, struct loudest_entry *entries)
{
	const struct loudest_entry *all = &loudest->sets[0][0];
	size_t n = 0;

	pthread_mutex_lock(&loudest->lock);
	for (size_t i = 0; i < LOUDEST_MAX; i++)
		if (all[i].pixels > 0 || all[i].bytes > 0)
			entries[n++] = all[i];
	memset(loudest->sets, 0, sizeof(loudest->sets));
	pthread_mutex_unlock(&loudest->lock);
	return n;
}
