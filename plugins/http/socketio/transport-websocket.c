/* SPDX-License-Identifier: MIT */
/* Sessions over WebSocket: from the start, or upgraded from polling after a probe. */
#include <stdlib.h>
#include <string.h>

#include "common/list.h"
#include "http/socketio/socketio.h"
#include "lib/macros.h"

/* Sent at once; more when the client has read it.  What the kernel does not take is kept
 * for it, so that many listeners get shorter pieces. */
#define CHUNK_BYTES (64 * 1024)
#define CHUNK_BYTES_LEAST 1024
#define CHUNKS_BYTES (4 * 1024 * 1024) /* of all listeners */

static struct session_socket *
socket_of(struct websocket *ws)
{
	return container_of(ws, struct session_socket, ws);
}

static void
send_text(struct session_socket *socket, const char *text, size_t len)
{
	websocket_send(&socket->ws, WEBSOCKET_TEXT, text, len);
}

/* ------------------------------------------------------------ to the session */

static size_t
chunk_bytes(const struct sessions *sessions)
{
	const size_t share = CHUNKS_BYTES / sessions->n_joined;

	return MAX(MIN(share, CHUNK_BYTES), CHUNK_BYTES_LEAST);
}

void
session_socket_pump(struct socketio *io, struct session *session)
{
	struct websocket *ws = &session->socket->ws;
	const char *queue = session->queue;
	size_t queue_len = session->queue_len;

	while (queue_len > 0) {
		const char *packet = queue;
		size_t len = engineio_split(&queue, &queue_len);

		websocket_send(ws, WEBSOCKET_TEXT, packet, len);
	}
	session_clear_queue(session);
	while (!ws->closing && websocket_pending(ws) == 0 &&
		session_backlog(&io->sessions, session) > 0) {
		struct event_ring_slice piece;

		session->next = event_ring_frames(&io->sessions.events, session->next,
			chunk_bytes(&io->sessions), &piece);
		websocket_send_frames(
			ws, piece.head, piece.head_len, piece.body, piece.body_len);
	}
}

void
session_socket_detach(struct socketio *io, struct session *session, uint16_t code)
{
	struct session_socket *socket = session->socket;

	session->socket = NULL;
	session->transport = TRANSPORT_POLLING;
	socket->session = 0;
	if (io->stopping)
		websocket_drop(&socket->ws);
	else
		websocket_close(&socket->ws, code);
}

/* ---------------------------------------------------------- from the session */

static bool
message_is(const struct session_socket *socket, const char *text)
{
	return socket->len == strlen(text) &&
	       memcmp(socket->text, text, socket->len) == 0;
}

/* While the session still polls.  The suspended GET must be answered before the client
 * sends its upgrade; what it is answered with has left the queue. */
static void
upgrade_session(
	struct socketio *io, struct session *session, struct session_socket *socket)
{
	if (message_is(socket, ENGINEIO_PROBE)) {
		send_text(socket, ENGINEIO_PROBED, strlen(ENGINEIO_PROBED));
		session->transport = TRANSPORT_PROBING;
		polling_respond(session);
		socketio_sweep_soon(io);
		return;
	}
	if (session->transport == TRANSPORT_PROBING &&
		engineio_parse(socket->text, socket->len).kind == PACKET_UPGRADE) {
		session->transport = TRANSPORT_WEBSOCKET;
		polling_respond(session);
		socketio_pump(io, session);
		return;
	}
	web_discard(io->web, MURAL_MALFORMED);
	session_socket_detach(io, session, WEBSOCKET_PROTOCOL_ERROR);
}

static void
receive_message(struct session_socket *socket)
{
	struct socketio *io = socket->io;
	struct session *session = session_get(&io->sessions, socket->session);
	struct engineio_packet packet = engineio_parse(socket->text, socket->len);
	enum session_end end;

	if (!session)
		return;
	if (session->transport != TRANSPORT_WEBSOCKET) {
		upgrade_session(io, session, socket);
		return;
	}
	end = session_receive(&io->sessions, session, &packet, uv_now(io->sweep.loop));
	if (!socketio_end(io, session, end))
		socketio_pump(io, session);
}

/* Keeps the beginning of a message, which is enough to parse it. */
static void
on_data(struct websocket *ws, int opcode, const uint8_t *data, size_t len, bool end)
{
	struct session_socket *socket = socket_of(ws);
	size_t room = sizeof(socket->text) > socket->len
			      ? sizeof(socket->text) - socket->len
			      : 0;

	memcpy(socket->text + sizeof(socket->text) - room, data, len < room ? len : room);
	socket->len += len;
	if (socket->len > ENGINEIO_PAYLOAD_MAX) {
		websocket_close(ws, WEBSOCKET_TOO_BIG);
		return;
	}
	if (!end)
		return;
	if (opcode != WEBSOCKET_TEXT)
		socket->len = 0; /* an invalid packet */
	receive_message(socket);
	socket->len = 0;
}

static void
on_drained(struct websocket *ws)
{
	struct session_socket *socket = socket_of(ws);
	struct session *session = session_get(&socket->io->sessions, socket->session);

	if (session)
		socketio_pump(socket->io, session);
}

/* --------------------------------------------------------------- open, close */

static void
on_socket_closed(struct websocket *ws, bool broken)
{
	struct session_socket *socket = socket_of(ws);
	struct socketio *io = socket->io;
	struct session *session = session_get(&io->sessions, socket->session);

	if (broken)
		web_discard(io->web, MURAL_MALFORMED);
	list_remove(socket);
	if (session) {
		session->socket = NULL;
		if (session->transport == TRANSPORT_WEBSOCKET)
			(void)socketio_end(io, session, END_CONNECTION_LOST);
		else
			session->transport = TRANSPORT_POLLING; /* the probe failed */
	}
	free(socket);
	web_release(io->web);
}

static const struct websocket_handler handler = {
	.on_data = on_data,
	.on_drained = on_drained,
	.on_closed = on_socket_closed,
};

static void
attach_socket(struct socketio *io, struct session *session, struct session_socket *socket)
{
	socket->io = io;
	socket->session = session->handle;
	list_push(&io->sockets, socket);
	web_hold(io->web);
	session->socket = socket;
	session->probed_ms = uv_now(io->sweep.loop);
}

/* A new session, by WebSocket from the start. */
static struct session *
open_session(struct socketio *io, uint64_t source)
{
	struct session *session = socketio_open(io, source);
	char text[ENGINEIO_PACKET_MAX];

	if (!session)
		return NULL;
	session->transport = TRANSPORT_WEBSOCKET;
	(void)session_enqueue(session, text, engineio_open(text, session->id, false));
	return session;
}

void
session_socket_opened(void *arg, struct MHD_Connection *connection, void *context,
	const char *extra, size_t extra_len, MHD_socket fd,
	struct MHD_UpgradeResponseHandle *upgrade)
{
	struct request *request = context;
	struct socketio *io = arg;
	uintptr_t handle = (uintptr_t)request->data;
	struct session_socket *socket = calloc(1, sizeof(*socket));
	struct session *session = NULL;

	(void)connection;
	if (socket && !io->stopping)
		session = handle ? session_get(&io->sessions, handle)
				 : open_session(io, request->source->key);
	/* it may have ended since, or another WebSocket probes it */
	if (!session || session->socket) {
		free(socket);
		MHD_upgrade_action(upgrade, MHD_UPGRADE_ACTION_CLOSE);
		return;
	}
	socket->ws.source = request->source->key;
	if (websocket_open(&socket->ws, &io->web->server, &handler, upgrade, fd, extra,
		    extra_len, ENGINEIO_PAYLOAD_MAX) < 0) {
		free(socket);
		if (!handle)
			session_free(&io->sessions, session);
		return;
	}
	attach_socket(io, session, socket);
	if (!handle)
		socketio_pump(io, session);
}
