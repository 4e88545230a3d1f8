/* SPDX-License-Identifier: MIT */
/*
 * One instance of the p2 plugin: all on murald's main loop, because one thread must tell
 * every subscriber what changes anywhere on the canvas.  TCP clients are murald's own
 * connections; WebSocket has a server of its own.
 *
 * From the ground up: wire.h encodes numbers and colours, parser.h parses messages and
 * block.h many Puts at once; users.h and otp-replay.h keep users and their codes, login.h
 * decides who may log in; shadow.h knows what clients were shown, subscription.h what one
 * of them has missed of it, broadcast.h sends updates; peer.h is a client, the transports
 * carry its bytes, and plugin.c starts and stops it all.  Uses plugins/common and lib/;
 * must never know what other plugins paint with.
 */
#pragma once

#include <stdbool.h>
#include <uv.h>

#include <mural/plugin.h>

#include "p2/broadcast.h"
#include "p2/login.h"

enum { AUTH_OTP, AUTH_NONE };

/* A client must have authenticated after this. */
#define AUTH_TIMEOUT_MS 10000

/* When there are too many clients that have not authenticated, one in this many gives way
 * at once. */
#define UNAUTHENTICATED_PARTS 16

/* How long a closed peer may take to read what it was sent. */
#define DRAIN_TIMEOUT_MS 2000

/* What the kernel buffers for a peer: less slows down distant clients, more shows slow
 * ones an older wall. */
#define SOCKET_BYTES (128 * 1024)

/* The largest offset between p² and canvas, so that any canvas fits into p²'s plane. */
#define ORIGIN_MAX 24000

struct p2_config {
	const char *websocket, *users, *origin;
	uint32_t auth;
	int64_t put_rate, put_burst;
	uint64_t idle;
	bool snapshot;
};

struct p2_websocket;

struct p2 {
	struct mural_host *host;
	const struct p2_config *config;
	int32_t origin_x, origin_y; /* p²'s 0,0 in pixels of the region */
	struct login login;
	struct mural_rate put_rate;
	struct mural_ratelimit *puts; /* a bucket a user */
	struct broadcast broadcast;
	struct peer *peers; /* newest first */
	size_t n_unauthenticated, unauthenticated_max;
	uv_timer_t sweep;
	unsigned handles; /* open on the loop, peers and the web server among them */
	bool stopping;
	struct p2_websocket *websocket; /* NULL: none */
};

/* Called when a handle was closed; the last one ends the instance. */
void p2_release(struct p2 *p2);

/* p² over WebSocket.  0 or -errno, logged. */
int p2_websocket_start(struct p2 *p2);

/* Stops listening, and the server when its last peer is gone.  Accepts one that was not
 * started. */
void p2_websocket_stop(struct p2 *p2);
