/* SPDX-License-Identifier: MIT */
/* Relaxed loads and stores of figures. */
#include "base/counters.h"

uint64_t
figure_load(const uint64_t *figure)
{
	return __atomic_load_n(figure, __ATOMIC_RELAXED);
}

void
figure_store(uint64_t *figure, uint64_t value)
{
	__atomic_store_n(figure, value, __ATOMIC_RELAXED);
}

void
counters_store(struct counters *counters, const struct mural_brush *brush,
	const struct mural_counts *counts)
{
	figure_store(&counters->painted, brush->painted);
	for (int i = 0; i < MURAL_REASONS; i++)
		figure_store(&counters->discarded[i], brush->discarded[i]);
	figure_store(&counters->counts.received_bytes, counts->received_bytes);
	figure_store(&counters->counts.kernel_drops, counts->kernel_drops);
	figure_store(&counters->counts.connections, counts->connections);
	figure_store(&counters->counts.viewers, counts->viewers);
}

void
counters_add(struct counters *sum, const struct counters *counters)
{
	sum->painted += figure_load(&counters->painted);
	for (int i = 0; i < MURAL_REASONS; i++)
		sum->discarded[i] += figure_load(&counters->discarded[i]);
	sum->counts.received_bytes += figure_load(&counters->counts.received_bytes);
	sum->counts.kernel_drops += figure_load(&counters->counts.kernel_drops);
	sum->counts.connections += figure_load(&counters->counts.connections);
	sum->counts.viewers += figure_load(&counters->counts.viewers);
}

const char *
mural_reason_label(enum mural_reason reason)
{
	static const char *const labels[MURAL_REASONS] = {
		[MURAL_OUT_OF_BOUNDS] = "out_of_bounds",
		[MURAL_MALFORMED] = "malformed",
		[MURAL_RATE_LIMITED] = "rate_limited",
		[MURAL_UNAUTHORIZED] = "unauthorized",
	};

	return labels[reason];
}
