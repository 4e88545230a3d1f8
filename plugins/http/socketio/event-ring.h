/* SPDX-License-Identifier: MIT */
/*
 * The news: what every listener is told, kept once for all of them.
 *
 * Events are numbered from 0 and kept as the WebSocket frames that carry them, one behind
 * the other, so that to send a listener all it missed is one write from here.  Who
 * listens holds the number of the next event it wants, and nothing else: a slow one costs
 * no memory.  The oldest events make way for new ones; who wanted them still has lost its
 * place, and must be told so.
 */
#ifndef HTTP_SOCKETIO_EVENT_RING_H
#define HTTP_SOCKETIO_EVENT_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* So many bytes are kept, and so many events. */
#define EVENT_RING_BYTES (4 * 1024 * 1024)
#define EVENT_RING_EVENTS (32 * 1024)

/* A longer event is not taken. */
#define EVENT_RING_EVENT_MAX (64 * 1024)

/* Starts as zeros. */
struct event_ring {
	uint8_t *bytes;   /* EVENT_RING_BYTES of them, round and round; NULL: none yet */
	uint64_t *starts; /* where event n begins: n % EVENT_RING_EVENTS */
	uint64_t first, end; /* the numbers of the oldest event, and of the next one */
	uint64_t fill;       /* bytes that were ever written */
};

/* A stretch of it, which may go over the end of the ring. */
struct event_ring_slice {
	const uint8_t *head, *body;
	size_t head_len, body_len;
};

/* Adds an event.  0, -ENOMEM, or -EMSGSIZE. */
int event_ring_add(struct event_ring *ring, const char *text, size_t len);

/* The frames from event `next` on, as many as `bytes` hold but at least one, and the
 * number behind the last of them.  Only for first <= next < end; valid until the next
 * event_ring_add(). */
uint64_t event_ring_frames(const struct event_ring *ring, uint64_t next, size_t bytes,
	struct event_ring_slice *piece);

/* The text of event `next`, as above. */
void event_ring_text(
	const struct event_ring *ring, uint64_t next, struct event_ring_slice *piece);

/* Forgets all events, and gives the memory back; the numbers go on. */
void event_ring_finish(struct event_ring *ring);

#endif
