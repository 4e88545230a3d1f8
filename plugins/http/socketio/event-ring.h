/* SPDX-License-Identifier: MIT */
/*
 * A ring of the latest events, kept once for all listeners.
 *
 * Events are numbered from 0 and kept as WebSocket frames, one behind the other, so that
 * everything a listener missed is sent with one write.  A listener only holds the number
 * of the next event it needs: a slow one costs no memory.  New events overwrite the
 * oldest; a listener that needed those must be disconnected.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* The size of the ring, in bytes and in events. */
#define EVENT_RING_BYTES (4 * 1024 * 1024)
#define EVENT_RING_EVENTS (32 * 1024)

/* A longer event is rejected. */
#define EVENT_RING_EVENT_MAX (64 * 1024)

/* Starts as zeros. */
struct event_ring {
	uint8_t *bytes;      /* a ring of EVENT_RING_BYTES; NULL: none yet */
	uint64_t *starts;    /* where event n begins, at n % EVENT_RING_EVENTS */
	uint64_t first, end; /* the numbers of the oldest event, and of the next one */
	uint64_t fill;       /* bytes ever written */
};

/* A part of the ring, which may wrap around. */
struct event_ring_slice {
	const uint8_t *head, *body;
	size_t head_len, body_len;
};

/* Adds an event.  0, -ENOMEM, or -EMSGSIZE. */
int event_ring_add(struct event_ring *ring, const char *text, size_t len);

/* The frames from event `next` on, at most `bytes` but at least one, and returns the
 * number behind the last.  Only for first <= next < end; valid until the next
 * event_ring_add(). */
uint64_t event_ring_frames(const struct event_ring *ring, uint64_t next, size_t bytes,
	struct event_ring_slice *piece);

/* The text of event `next`, as above. */
void event_ring_text(
	const struct event_ring *ring, uint64_t next, struct event_ring_slice *piece);

/* Drops all events and frees the memory; the numbers go on. */
void event_ring_finish(struct event_ring *ring);
