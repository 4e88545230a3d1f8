/* SPDX-License-Identifier: MIT */
/* Publishes and sums the counters of shards. */
#include "base/counters.h"

void
counters_publish(struct counters *counters, const struct mural_brush *brush,
	const struct mural_counts *counts)
{
	counter_store(&counters->painted, brush->painted);
	for (int i = 0; i < MURAL_REASONS; i++)
		counter_store(&counters->discarded[i], brush->discarded[i]);
	counter_store(&counters->counts.received_bytes, counts->received_bytes);
	counter_store(&counters->counts.kernel_drops, counts->kernel_drops);
	counter_store(&counters->counts.connections, counts->connections);
	counter_store(&counters->counts.viewers, counts->viewers);
}

void
counters_add(struct counters *sum, const struct counters *counters)
{
	sum->painted += counter_load(&counters->painted);
	for (int i = 0; i < MURAL_REASONS; i++)
		sum->discarded[i] += counter_load(&counters->discarded[i]);
	sum->counts.received_bytes += counter_load(&counters->counts.received_bytes);
	sum->counts.kernel_drops += counter_load(&counters->counts.kernel_drops);
	sum->counts.connections += counter_load(&counters->counts.connections);
	sum->counts.viewers += counter_load(&counters->counts.viewers);
}

const char *
mural_reason_label(enum mural_reason reason)
{
	static const char *const labels[MURAL_REASONS] = {
		[MURAL_OUT_OF_BOUNDS] = "out_of_bounds",
		[MURAL_MALFORMED] = "malformed",
		[MURAL_RATE_LIMITED] = "rate_limited",
		[MURAL_UNAUTHORIZED] = "unauthorized",
		[MURAL_FROZEN] = "frozen",
		[MURAL_PROTECTED] = "protected",
		[MURAL_BANNED] = "banned",
	};

	return (uint32_t)reason < MURAL_REASONS ? labels[reason] : NULL;
}
