/* SPDX-License-Identifier: MIT */
/* The last deltas. */
#include "http/viewers/delta-ring.h"

#include "http/viewers/frame.h"

static void
evict_first(struct delta_ring *ring)
{
	struct frame *frame = ring->frames[ring->first % DELTA_RING_MAX];

	ring->bytes -= frame->bytes;
	ring->first++;
	ring->n--;
	frame_release(frame);
}

void
delta_ring_add(struct delta_ring *ring, struct frame *frame, size_t bytes_max)
{
	while (ring->n == DELTA_RING_MAX ||
		(ring->n > 0 && ring->bytes + frame->bytes > bytes_max))
		evict_first(ring);
	if (ring->n == 0)
		ring->first = frame->number;
	ring->frames[frame->number % DELTA_RING_MAX] = frame_hold(frame);
	ring->bytes += frame->bytes;
	ring->n++;
}

struct frame *
delta_ring_find(const struct delta_ring *ring, uint32_t number)
{
	/* numbers begin again some day, differences do not care */
	return number - ring->first < ring->n ? ring->frames[number % DELTA_RING_MAX]
					      : NULL;
}

bool
delta_ring_reaches(const struct delta_ring *ring, uint32_t known, uint32_t number)
{
	return known == number || delta_ring_find(ring, known + 1);
}

void
delta_ring_clear(struct delta_ring *ring)
{
	while (ring->n > 0)
		evict_first(ring);
}
