/* SPDX-License-Identifier: MIT */
/*
 * A peer: one client of p², whatever it came in by.
 *
 * The transports (transport-tcp.c, transport-websocket.c) bring bytes and take whole
 * messages; what they mean is the same for both and stands here: who it is, what it may
 * paint, when it is sent away.
 */
#ifndef P2_PEER_H
#define P2_PEER_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mural/ratelimit.h>

#include "p2/parser.h"
#include "p2/subscription.h"

struct p2;
struct peer;

/* Why a peer is sent away. */
enum peer_close_reason {
	PEER_CLOSE_NORMAL,  /* it asked for it, was idle, or its user came again */
	PEER_CLOSE_REFUSED, /* it is nobody we know, did not say who it is, or is too much
			     */
	PEER_CLOSE_SHUTDOWN, /* the wall ends */
};

/* What a transport does for a peer.  None of them frees it. */
struct peer_transport {
	/* Sends whole messages, as one where the transport has messages. */
	void (*send)(struct peer *peer, const void *bytes, size_t len);
	/* Bytes that it has not handed to the kernel yet. */
	size_t (*pending)(const struct peer *peer);
	/* Ends it when the last words are out; peer_finish() comes later. */
	void (*close)(struct peer *peer, enum peer_close_reason reason);
	/* Ends it now; peer_finish() comes later.  Does nothing the second time. */
	void (*drop)(struct peer *peer);
	/* When its last byte came, by uv_now(). */
	uint64_t (*last_received_ms)(const struct peer *peer);
};

enum peer_state { PEER_UNAUTHENTICATED, PEER_OPEN, PEER_CLOSING };

struct peer {
	struct p2 *p2;
	struct peer *next, *previous;
	const struct peer_transport *transport;
	enum peer_state state;
	uint64_t state_since_ms; /* in this state */
	union {
		struct sockaddr any;
		struct sockaddr_in in4;
		struct sockaddr_in6 in6;
	} address;
	bool admitted;        /* counted in by murald, and to be counted out */
	uint64_t source;      /* mural_source() */
	bool unauthenticated; /* counted as one that did not say who it is */
	struct p2_parser parser;
	char *name; /* PEER_OPEN: name_len bytes */
	size_t name_len;
	struct mural_bucket puts;
	struct subscription subscription;
	bool sub_came; /* in what is being read; `sub` is the last of them */
	struct p2_event sub;
};

/* The limits of what all peers may do.  0 or -ENOMEM; finished in either case. */
int peer_limits_init(struct p2 *p2);
void peer_limits_finish(struct p2 *p2);

/* Begins with a connected socket, which stays the transport's; `peer` is zeroed. */
void peer_init(
	struct peer *peer, struct p2 *p2, const struct peer_transport *transport, int fd);

/* What it said.  It may be closing afterwards. */
void peer_read(struct peer *peer, const uint8_t *data, size_t len);

/* Its send buffer is empty again. */
void peer_drained(struct peer *peer);

/* Says ff 00 and has the transport end it.  Does nothing the second time. */
void peer_close(struct peer *peer, enum peer_close_reason reason);

/* The transport is done with it; what is left is the transport's memory. */
void peer_finish(struct peer *peer);

/* Sends away whom it is time for, and arranges to be called when it is time again. */
void peers_sweep(struct p2 *p2);

#endif
