/* SPDX-License-Identifier: MIT */
/* Keeps the latest events as WebSocket frames in a ring. */
#include "http/socketio/event-ring.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/websocket.h"

static uint64_t
start_of(const struct event_ring *ring, uint64_t event)
{
	return event == ring->end ? ring->fill : ring->starts[event % EVENT_RING_EVENTS];
}

static void
append_bytes(struct event_ring *ring, const void *bytes, size_t len)
{
	size_t at = ring->fill % EVENT_RING_BYTES;
	size_t head = len < EVENT_RING_BYTES - at ? len : EVENT_RING_BYTES - at;

	memcpy(ring->bytes + at, bytes, head);
	memcpy(ring->bytes, (const uint8_t *)bytes + head, len - head);
	ring->fill += len;
}

static void
evict_events(struct event_ring *ring, size_t len)
{
	while (ring->first < ring->end &&
		(ring->end - ring->first == EVENT_RING_EVENTS ||
			ring->fill + len - start_of(ring, ring->first) >
				EVENT_RING_BYTES))
		ring->first++;
}

static int
allocate_ring(struct event_ring *ring)
{
	if (!ring->bytes)
		ring->bytes = malloc(EVENT_RING_BYTES);
	if (!ring->starts)
		ring->starts = calloc(EVENT_RING_EVENTS, sizeof(*ring->starts));
	return ring->bytes && ring->starts ? 0 : -ENOMEM;
}

int
event_ring_add(struct event_ring *ring, const char *text, size_t len)
{
	uint8_t head[WEBSOCKET_HEADER_MAX];
	size_t head_len = websocket_frame_header(head, WEBSOCKET_TEXT, len);

	if (len > EVENT_RING_EVENT_MAX)
		return -EMSGSIZE;
	if (allocate_ring(ring) < 0)
		return -ENOMEM;
	evict_events(ring, head_len + len);
	ring->starts[ring->end % EVENT_RING_EVENTS] = ring->fill;
	append_bytes(ring, head, head_len);
	append_bytes(ring, text, len);
	ring->end++;
	return 0;
}

static void
set_slice(const struct event_ring *ring, uint64_t from, size_t len,
	struct event_ring_slice *piece)
{
	size_t at = from % EVENT_RING_BYTES;

	piece->head = ring->bytes + at;
	piece->head_len = len < EVENT_RING_BYTES - at ? len : EVENT_RING_BYTES - at;
	piece->body = ring->bytes;
	piece->body_len = len - piece->head_len;
}

uint64_t
event_ring_frames(const struct event_ring *ring, uint64_t next, size_t bytes,
	struct event_ring_slice *piece)
{
	uint64_t from = start_of(ring, next), behind = next + 1;

	while (behind < ring->end && start_of(ring, behind + 1) - from <= bytes)
		behind++;
	set_slice(ring, from, start_of(ring, behind) - from, piece);
	return behind;
}

void
event_ring_text(
	const struct event_ring *ring, uint64_t next, struct event_ring_slice *piece)
{
	uint64_t from = start_of(ring, next);
	uint8_t second = ring->bytes[(from + 1) % EVENT_RING_BYTES];

	/* RFC 6455, 5.2: 126 and 127 stand for longer forms */
	from += second < 126 ? 2 : second == 126 ? 4 : 10;
	set_slice(ring, from, start_of(ring, next + 1) - from, piece);
}

void
event_ring_finish(struct event_ring *ring)
{
	free(ring->bytes);
	free(ring->starts);
	ring->bytes = NULL;
	ring->starts = NULL;
	ring->first = ring->end;
}
