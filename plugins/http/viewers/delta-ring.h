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

#define RECENT_MAX 256

/* Starts as zeros.  Frames of one number after the other. */
struct recent {
	struct frame *frames[RECENT_MAX]; /* by number modulo RECENT_MAX */
	uint32_t first, n;
	size_t bytes;
};

/* Holds the frame that comes after the last one, and lets go of the oldest ones while
 * there are more bytes than that; the new one stays in any case. */
void recent_add(struct recent *recent, struct frame *frame, size_t bytes_max);

/* The frame with this number; NULL: it is not there. */
struct frame *recent_find(const struct recent *recent, uint32_t number);

/* Whether who knows frame `known` finds all there that leads to frame `number`. */
bool recent_leads(const struct recent *recent, uint32_t known, uint32_t number);

void recent_clear(struct recent *recent);

#endif
