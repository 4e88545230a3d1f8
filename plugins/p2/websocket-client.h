/* SPDX-License-Identifier: MIT */
/*
 * The connections of p²'s WebSocket port, from accept to close: murald's limits for each,
 * and a deadline until it has become a WebSocket, because libmicrohttpd's own time-out
 * only sees silence.
 *
 * All of it on the main loop's thread.
 */
#pragma once

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "common/mhd-uv.h"

struct p2;
struct websocket_client;

struct websocket_clients {
	struct p2 *p2;
	struct websocket_client *waiting; /* not yet WebSockets, newest first */
	size_t n_waiting;
	bool admitting; /* one is being accepted right now */
	uv_timer_t sweep;
};

void websocket_clients_start(struct websocket_clients *clients, struct p2 *p2);

/* Once the server has stopped; `on_closed` gets the timer, with data for its data. */
void websocket_clients_stop(
	struct websocket_clients *clients, void *data, uv_close_cb on_closed);

/* Takes over a connected socket.  One that the limits refuse gets a 403 or 429. */
void websocket_client_accept(
	struct websocket_clients *clients, struct mhd_uv *server, int fd);

/* libmicrohttpd's callback; `arg` is the struct websocket_clients. */
void websocket_client_changed(void *arg, struct MHD_Connection *connection,
	void **context, enum MHD_ConnectionNotificationCode what);

/* It has become a WebSocket: no deadline any more. */
void websocket_client_upgraded(
	struct websocket_clients *clients, struct MHD_Connection *connection);
