/* SPDX-License-Identifier: MIT */
/*
 * A peer: one client of p², over either transport.
 *
 * The transports (transport-stream.c, transport-websocket.c) carry bytes in and whole
 * messages out; what these mean is the same for both and handled here: login, painting,
 * and when a peer is closed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mural/ratelimit.h>

#include "common/fair-queue.h"
#include "p2/parser.h"
#include "p2/subscription.h"

struct p2;
struct peer;

/* Why a peer is closed. */
enum peer_close_reason {
	PEER_CLOSE_NORMAL,   /* by its own request, idle, or its user connected again */
	PEER_CLOSE_REFUSED,  /* not authenticated, not authorized, or beyond a limit */
	PEER_CLOSE_SHUTDOWN, /* the instance stops */
};

/* What a transport does for a peer.  None of them frees it. */
struct peer_transport {
	/* Sends whole p² messages, as one message of the transport if it has any. */
	void (*send)(struct peer *peer, const void *bytes, size_t len);
	/* Bytes not handed to the kernel yet. */
	size_t (*pending)(const struct peer *peer);
	/* Closes it when all that was sent is out; peer_finish() comes later. */
	void (*close)(struct peer *peer, enum peer_close_reason reason);
	/* Closes it now; peer_finish() comes later.  Does nothing the second time. */
	void (*drop)(struct peer *peer);
};

enum peer_state { PEER_UNAUTHENTICATED, PEER_OPEN, PEER_CLOSING };

struct peer {
	struct p2 *p2;
	struct peer *next, *previous;
	const struct peer_transport *transport;
	enum peer_state state;
	uint64_t state_since_ms;
	const uint64_t *last_received_ms; /* the transport's, by uv_now() */
	const struct sockaddr *address;   /* the transport's */
	uint64_t source;                  /* mural_source() */
	bool unauthenticated;             /* counted in n_unauthenticated */
	struct p2_parser parser;
	char *name; /* PEER_OPEN: name_len bytes */
	size_t name_len;
	struct mural_bucket puts;
	struct subscription subscription;
	struct fair_member catching_up;
	bool sub_came; /* in this peer_read(); `sub` is the last one */
	struct p2_event sub;
};

/* Starts with address and last_received_ms set, the rest zeroed.  murald's limits have
 * admitted it. */
void peer_init(struct peer *peer, struct p2 *p2, const struct peer_transport *transport);

/* Handles what it sent.  It may be closing afterwards. */
void peer_read(struct peer *peer, const uint8_t *data, size_t len);

/* Sends ff 00 and has the transport close it.  Does nothing the second time. */
void peer_close(struct peer *peer, enum peer_close_reason reason);

/* Called when the transport is done with it, and its memory about to be freed. */
void peer_finish(struct peer *peer);
