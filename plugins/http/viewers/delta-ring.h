/* SPDX-License-Identifier: MIT */
/*
 * The last deltas: who is a little late reads on there, at his own pace.
 *
 * They are worth keeping as long as they are shorter than the picture that comes of them;
 * who is further behind is better shown that.
 */
#ifndef HTTP_VIEWERS_DELTA_RING_H
#define HTTP_VIEWERS_DELTA_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct frame;

#define DELTA_RING_MAX 256

/* Starts as zeros.  Frames of one number after the other. */
struct delta_ring {
	struct frame *frames[DELTA_RING_MAX]; /* by number modulo DELTA_RING_MAX */
	uint32_t first, n;
	size_t bytes;
};

/* Holds the frame that comes after the last one, and lets go of the oldest ones while
 * there are more bytes than that; the new one stays in any case. */
void delta_ring_add(struct delta_ring *ring, struct frame *frame, size_t bytes_max);

/* The frame with this number; NULL: it is not there. */
struct frame *delta_ring_find(const struct delta_ring *ring, uint32_t number);

/* Whether who knows frame `known` finds all there that leads to frame `number`. */
bool delta_ring_reaches(const struct delta_ring *ring, uint32_t known, uint32_t number);

void delta_ring_clear(struct delta_ring *ring);

#endif
