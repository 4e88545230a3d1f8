/* SPDX-License-Identifier: MIT */
/*
 * One instance of the p2 plugin: a server of its own on murald's main loop, because what
 * changes anywhere on the canvas must be told to every subscriber from one thread.
 *
 * wire.h knows the wire's numbers, parser.h what a client says, users.h who may,
 * shadow.h what everybody has been shown, subscription.h what one has missed of it,
 * peer.h what a client may do, broadcast.h when it is told what, transport-tcp.c and
 * transport-websocket.c how the bytes come and go.
 */
#ifndef P2_P2_H
#define P2_P2_H

#include <stdbool.h>
#include <uv.h>

#include <mural/plugin.h>

#include "p2/broadcast.h"
#include "p2/users.h"

enum { AUTH_OTP, AUTH_NONE };

enum { ATTEMPTS_BOTH, ATTEMPTS_SOURCE, ATTEMPTS_NAME, ATTEMPT_LIMITS };

/* An Authentication must be there after this. */
#define AUTH_TIMEOUT_MS 10000

/* A peer that is sent away may take so long to go. */
#define DRAIN_TIMEOUT_MS 2000

/* What the kernel may keep for a peer: less is a slower wall far away, more is older
 * news for whom is slow. */
#define SOCKET_BYTES (128 * 1024)

/* From p² to canvas at most this far apart, so that any canvas fits into p²'s plane. */
#define ORIGIN_MAX 24000

struct p2_config {
	const char *listen, *websocket, *users, *origin;
	uint32_t auth;
	int64_t put_rate, put_burst;
	uint64_t idle;
	bool snapshot;
};

struct p2_websocket;

struct p2 {
	struct mural_host *host;
	const struct p2_config *config;
	int32_t origin_x, origin_y; /* p²'s 0,0 in the region's pixels */
	struct users users;
	char *otp_replay_path;                            /* NULL: no users file */
	bool otp_replay_failed;                           /* it was said */
	struct mural_ratelimit *attempts[ATTEMPT_LIMITS]; /* failed logins */
	struct mural_rate put_rate;
	struct mural_ratelimit *puts; /* a bucket a user */
	uint64_t seed; /* of keys, so that nobody can choose which ones collide */
	struct broadcast broadcast;
	struct peer *peers; /* newest first */
	size_t n_unauthenticated, unauthenticated_max;
	uv_timer_t sweep;
	unsigned handles; /* that the loop still has: of this struct, and a peer each */
	bool stopping;
	struct mural_listener *tcp_listener;
	struct p2_websocket *websocket; /* NULL: none */
	uint8_t buf[64 * 1024];         /* what one read brings */
};

/* A handle or a peer is gone; the last one ends the instance. */
void p2_release(struct p2 *p2);

/* p² over TCP: a client that the listener took in. */
void tcp_accept(struct mural_host *host, int fd);

/* p² over WebSocket.  0 or -errno, logged.  p2_websocket_stop() when its peers are gone;
 * it calls p2_release() once when it is done. */
int p2_websocket_start(struct p2 *p2);
void p2_websocket_unlisten(struct p2 *p2);
void p2_websocket_stop(struct p2 *p2);

#endif
