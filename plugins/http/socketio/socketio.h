/* SPDX-License-Identifier: MIT */
/*
 * socket.io's server: sessions (session.h) on murald's loop, by polling
 * (transport-polling.c) and by WebSocket (transport-websocket.c).
 *
 * All of it on the main loop's thread.
 */
#ifndef HTTP_SOCKETIO_SOCKETIO_H
#define HTTP_SOCKETIO_SOCKETIO_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "common/websocket.h"
#include "http/socketio/session.h"

struct http;

/* A WebSocket.  It stands for a session, or for none any more. */
struct session_socket {
	struct websocket ws;
	struct socketio *io;
	struct session_socket *next, **link;
	uintptr_t session;              /* its handle; 0: none */
	char text[ENGINEIO_PACKET_MAX]; /* how the message at hand begins */
	size_t len;                     /* of it, whole */
};

struct socketio {
	struct http *http;
	struct sessions sessions;
	struct session_socket *sockets;
	uv_timer_t sweep, flush;
	uint64_t flushed_ms;
	unsigned handles; /* that the loop still has */
	bool stopping;
};

/* ---- socketio.c */

/* NULL: no place, or no memory. */
struct session *socketio_open(struct socketio *io);

/* Ends the session: its parked GET is answered, its WebSocket closed, the struct freed.
 * END_NONE does nothing; true when it is over. */
bool socketio_end(struct socketio *io, struct session *session, enum session_end end);

/* Brings what is to be told on its way, as far as it goes now.  May end the session. */
void socketio_pump(struct socketio *io, struct session *session);

/* A probe began: it has to be looked after soon. */
void socketio_sweep_soon(struct socketio *io);

/* A handle or a socket is gone; the last one ends it all. */
void socketio_release(struct socketio *io);

/* ---- transport-polling.c */

/* Has the parked GET answered, with what there is to be told. */
void polling_respond(struct session *session);

/* ---- transport-websocket.c */

/* Sends it what it is to be told. */
void session_socket_pump(struct socketio *io, struct session *session);

/* Closes the WebSocket, which stands for no session any more. */
void session_socket_detach(struct socketio *io, struct session *session, uint16_t code);

/* The handler of an upgrade; its argument is the struct http, its request's data the
 * handle of the session that is probed, or 0 for a new one. */
void session_socket_opened(void *arg, struct MHD_Connection *connection, void *request,
	const char *extra, size_t extra_len, MHD_socket fd,
	struct MHD_UpgradeResponseHandle *upgrade);

#endif
