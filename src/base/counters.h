/* SPDX-License-Identifier: MIT */
/*
 * Counters that one thread writes and any thread reads.  A writer stores totals and never
 * adds to shared memory, so that counting does not slow down painting; readers sum the
 * writers' totals.  Each writer's counters have cache lines of their own.
 */
#pragma once

#include <stdint.h>

#include <mural/plugin.h>

#include "base/util.h"

/* The totals of one instance on one thread (struct shard), or a sum of those. */
struct counters {
	_Alignas(CACHE_LINE) uint64_t painted;
	uint64_t discarded[MURAL_REASONS];
	struct mural_counts counts;
};

static inline uint64_t
counter_load(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

static inline void
counter_store(uint64_t *counter, uint64_t value)
{
	__atomic_store_n(counter, value, __ATOMIC_RELAXED);
}

/* For a counter with several writers, who each write seldom. */
static inline void
counter_add(uint64_t *counter, uint64_t n)
{
	__atomic_fetch_add(counter, n, __ATOMIC_RELAXED);
}

/* Publishes the totals of a brush and its shard.  The shard's thread. */
void counters_publish(struct counters *counters, const struct mural_brush *brush,
	const struct mural_counts *counts);

/* Adds the totals that another thread published last. */
void counters_add(struct counters *sum, const struct counters *counters);
