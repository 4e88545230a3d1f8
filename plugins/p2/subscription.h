/* SPDX-License-Identifier: MIT */
/*
 * One client's subscription: the area it watches, and which blocks of it it has missed.
 *
 * A client that keeps up gets what everybody gets.  One that falls behind, or has just
 * subscribed, has a bit for each block of 15 x 8 pixels of its area; when it can take
 * more, it gets those blocks as they are then.  So it costs bits, never a backlog.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "p2/shadow.h"

/* Starts as zeros: no subscription. */
struct subscription {
	struct mural_rect area; /* on the shadow, clipped; width 0: watches nothing */
	uint32_t blocks_x, blocks_y;
	uint64_t *missed; /* a bit a block */
	size_t words;
	size_t next;     /* word to go on with, so that all parts get their turn */
	size_t n_missed; /* blocks */
};

/* Watches p²'s x1,y1 to x2,y2, both included, clipped to the shadow; nothing if they are
 * swapped.  0; or -ENOMEM, and it watches nothing. */
int subscription_set(struct subscription *subscription, const struct shadow *shadow,
	int32_t x1, int32_t y1, int32_t x2, int32_t y2);

void subscription_finish(struct subscription *subscription);

/* Marks a rectangle, or the whole area, as missed. */
void subscription_mark_missed(
	struct subscription *subscription, const struct mural_rect *rect);
void subscription_mark_all_missed(struct subscription *subscription);

/* Whether there is nothing left to mark, as of a client that reads nothing. */
bool subscription_misses_all(const struct subscription *subscription);

/* Writes missed blocks as Updates while they fit, and clears their marks; returns the
 * bytes written.  `len` is BLOCK_BYTES or more. */
size_t subscription_catch_up(struct subscription *subscription,
	const struct shadow *shadow, uint8_t *bytes, size_t len);

static inline bool
rects_intersect(const struct mural_rect *a, const struct mural_rect *b)
{
	return a->x < b->x + b->width && b->x < a->x + a->width &&
	       a->y < b->y + b->height && b->y < a->y + a->height;
}
