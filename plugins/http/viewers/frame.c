/* SPDX-License-Identifier: MIT */
/* Counts the holders of frames, and keeps the latest deltas in a ring. */
#include "http/viewers/frame.h"

#include <errno.h>
#include <stdlib.h>

#include "common/websocket-deflate.h"

#define DEFLATE_BYTES_MAX (64 * 1024)

struct frame *
frame_new(uint32_t number)
{
	struct frame *frame = calloc(1, sizeof(*frame));

	if (frame)
		*frame = (struct frame){ .holders = 1, .number = number };
	return frame;
}

int
frame_add(struct frame *frame, uint8_t *bytes, size_t len)
{
	struct message *messages =
		realloc(frame->messages, (frame->n + 1) * sizeof(*messages));

	if (!messages) {
		free(bytes);
		return -ENOMEM;
	}
	frame->messages = messages;
	messages[frame->n++] = (struct message){ .bytes = bytes, .len = len };
	frame->bytes += len;
	return 0;
}

void
frame_deflate(struct frame *frame)
{
	frame->deflated = true;
	for (size_t i = 0; i < frame->n; i++) {
		struct message *message = &frame->messages[i];

		if (message->len > DEFLATE_BYTES_MAX)
			continue;
		message->deflated = websocket_deflate(
			message->bytes, message->len, &message->deflated_len);
		if (message->deflated)
			frame->bytes += message->deflated_len;
	}
}

void
frame_count(struct frame *frame, size_t *sum)
{
	frame->sum = sum;
	*sum += frame->bytes;
}

struct frame *
frame_hold(struct frame *frame)
{
	frame->holders++;
	return frame;
}

void
frame_release(struct frame *frame)
{
	if (!frame || --frame->holders > 0)
		return;
	if (frame->sum)
		*frame->sum -= frame->bytes;
	for (size_t i = 0; i < frame->n; i++) {
		free(frame->messages[i].bytes);
		free(frame->messages[i].deflated);
	}
	free(frame->messages);
	free(frame);
}

/* ----------------------------------------------------------------- delta ring */

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
	/* correct also when numbers wrap around */
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
