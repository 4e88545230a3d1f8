/* SPDX-License-Identifier: MIT */
/*
 * Figures: one thread writes, any thread reads.  A writer stores totals, it never adds to
 * shared memory, so that counting costs the paint nothing; readers add the writers'
 * totals up.  Each writer's figures lie on cache lines of their own.
 */
#ifndef BASE_COUNTERS_H
#define BASE_COUNTERS_H

#include <stdint.h>

#include <mural/plugin.h>

#include "base/util.h"

/* The totals of one instance on one thread (struct shard), or a sum of such. */
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

/* Shows what the brush and the shard counted so far.  The shard's thread. */
void counters_publish(struct counters *counters, const struct mural_brush *brush,
	const struct mural_counts *counts);

/* Adds what another thread shows at the moment. */
void counters_add(struct counters *sum, const struct counters *counters);

#endif
