/* SPDX-License-Identifier: MIT */
/*
 * A socket.io server: sessions (session.h) on murald's loop, by polling
 * (transport-polling.c) and by WebSocket (transport-websocket.c).
 *
 * The folder may use web/ and plugins/common.  It must never know what its events are
 * about: http.c has the board's changes sent.
 *
 * All of it on the main loop's thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "common/websocket.h"
#include "http/socketio/session.h"
#include "http/web/web.h"

/* A WebSocket of a session, or of none any more. */
struct session_socket {
	struct websocket ws;
	struct socketio *io;
	struct session_socket *next, **link;
	uintptr_t session;              /* handle; 0: none */
	char text[ENGINEIO_PACKET_MAX]; /* the beginning of the current message */
	size_t len;                     /* of the whole message so far */
};

struct socketio {
	struct web *web;
	struct sessions sessions;
	struct session_socket *sockets;
	uv_timer_t sweep, flush;
	uint64_t flushed_ms; /* when the last flush began */
	uint64_t flush_end;  /* the number behind its last event */
	size_t flush_next;   /* the slot with which it goes on; 0: none is under way */
	bool stopping;
};

extern const struct route socketio_routes[]; /* subject: struct socketio */

/* `io` starts as zeros; stop accepts one that never started. */
void socketio_start(struct socketio *io, struct web *web);
void socketio_stop(struct socketio *io);

static inline bool
socketio_has_listeners(const struct socketio *io)
{
	return io->sessions.n_joined > 0;
}

/* Sends an event with one argument, given as JSON text, to all listeners.  One that is
 * longer than 64 KiB disconnects them instead, to connect again and fetch the state. */
void socketio_emit(struct socketio *io, const char *event, const char *json);

/* ---- what the transports call in socketio.c */

/* For a client of that source; NULL: out of memory. */
struct session *socketio_open(struct socketio *io, uint64_t source);

/* Ends a session: answers its suspended GET, closes its WebSocket and frees it.  False,
 * and nothing is done, for END_NONE. */
bool socketio_end(struct socketio *io, struct session *session, enum session_end end);

/* Sends what is queued, as far as possible now.  May end the session. */
void socketio_pump(struct socketio *io, struct session *session);

/* A probe began: sweep at shorter intervals. */
void socketio_sweep_soon(struct socketio *io);

/* ---- transport-polling.c */

/* Resumes the suspended GET, if any, to be answered with what is queued. */
void polling_respond(struct session *session);

/* The same for a session that ends: the answer says whether by the client. */
void polling_end(struct session *session, bool by_client);

/* ---- transport-websocket.c */

/* Sends what is queued, as far as its WebSocket takes it. */
void session_socket_pump(struct socketio *io, struct session *session);

/* Closes the session's WebSocket without ending the session. */
void session_socket_detach(struct socketio *io, struct session *session, uint16_t code);

/* The handler of an upgrade; `arg` is the struct socketio, the request's data the handle
 * of the session that is probed, or 0 for a new session. */
void session_socket_opened(void *arg, struct MHD_Connection *connection, void *request,
	const char *extra, size_t extra_len, MHD_socket fd,
	struct MHD_UpgradeResponseHandle *upgrade);
