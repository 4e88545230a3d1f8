/* SPDX-License-Identifier: MIT */
/*
 * A frame: encoded messages that belong together, made once and sent to many viewers, and
 * a ring of the latest deltas.
 *
 * A viewer holds the frame that it is being sent; the last one to release it frees it.
 * One thread at a time: the encoder's, and then the loop's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct message {
	uint8_t *bytes;
	size_t len;
	uint8_t *deflated; /* the same by permessage-deflate; or NULL */
	size_t deflated_len;
};

struct frame {
	unsigned holders;
	uint32_t number;  /* of the capture it shows, struct framediff's */
	uint64_t made_ms; /* a delta: when */
	size_t n, bytes;  /* messages, and the sum of their bytes */
	struct message *messages;
	bool deflated; /* frame_deflate() was called */
	size_t *sum;   /* where its bytes are counted; NULL: nowhere */
};

/* Held once, without messages.  NULL: out of memory. */
struct frame *frame_new(uint32_t number);

/* Appends a message and takes over its bytes, from malloc(), also on failure.  0 or
 * -ENOMEM. */
int frame_add(struct frame *frame, uint8_t *bytes, size_t len);

/* Compresses its messages, unless they are long: pictures of noise, whose time it is not
 * worth. */
void frame_deflate(struct frame *frame);

/* Adds its bytes to *sum until it is freed. */
void frame_count(struct frame *frame, size_t *sum);

struct frame *frame_hold(struct frame *frame);

/* NULL is accepted. */
void frame_release(struct frame *frame);

/* ---- the latest deltas, for viewers that are a little late
 *
 * They are worth keeping while they are shorter than a key frame; a viewer that is
 * further behind is better sent that. */

#define DELTA_RING_MAX 256

/* Starts as zeros; of frames with consecutive numbers. */
struct delta_ring {
	struct frame *frames[DELTA_RING_MAX]; /* by number modulo DELTA_RING_MAX */
	uint32_t first, n;
	size_t bytes;
};

/* Holds the next frame, and releases the oldest ones while all together exceed that many
 * bytes; the new one is kept in any case. */
void delta_ring_add(struct delta_ring *ring, struct frame *frame, size_t bytes_max);

/* The frame with this number; NULL: not in the ring. */
struct frame *delta_ring_find(const struct delta_ring *ring, uint32_t number);

/* Whether the ring has all deltas from frame `known` to frame `number`, the latest. */
bool delta_ring_reaches(const struct delta_ring *ring, uint32_t known, uint32_t number);

void delta_ring_clear(struct delta_ring *ring);
