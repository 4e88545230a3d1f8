/* SPDX-License-Identifier: MIT */
/* Sessions by WebSocket: from the start, or probed and then taken over from polling. */
#include <stdlib.h>
#include <string.h>

#include "http/http.h"
#include "http/socketio/socketio.h"

/* Sent to a client at once; the rest when it has taken that. */
#define CHUNK_BYTES (64 * 1024)

static struct socket *
socket_of(struct ws *ws)
{
	return (struct socket *)((char *)ws - offsetof(struct socket, ws));
}

static void
send_text(struct socket *socket, const char *text, size_t len)
{
	ws_send(&socket->ws, WS_TEXT, text, len);
}

/* ------------------------------------------------------------ to the session */

void
socket_pump(struct socketio *io, struct session *session)
{
	struct ws *ws = &session->socket->ws;
	const char *said = session->said;
	size_t said_len = session->said_len;

	while (said_len > 0) {
		const char *packet = said;
		size_t len = packet_cut(&said, &said_len);

		ws_send(ws, WS_TEXT, packet, len);
	}
	session->said_len = session->said_packets = 0;
	while (!ws->closing && ws_waiting(ws) == 0 &&
		session_behind(&io->sessions, session) > 0) {
		struct news_piece piece;

		session->next = news_frames(
			&io->sessions.news, session->next, CHUNK_BYTES, &piece);
		ws_send_frames(
			ws, piece.head, piece.head_len, piece.body, piece.body_len);
	}
}

void
socket_detach(struct socketio *io, struct session *session, uint16_t code)
{
	struct socket *socket = session->socket;

	session->socket = NULL;
	session->way = WAY_POLLING;
	socket->session = 0;
	if (io->stopping)
		ws_drop(&socket->ws);
	else
		ws_close(&socket->ws, code);
}

/* ---------------------------------------------------------- from the session */

static bool
says(const struct socket *socket, const char *text)
{
	return socket->len == strlen(text) &&
	       memcmp(socket->text, text, socket->len) == 0;
}

/* While the session still polls.  The GET that is parked must come back to the client
 * before it says that it goes over; whatever it brings was taken from the queue once. */
static void
take_over(struct socketio *io, struct session *session, struct socket *socket)
{
	if (says(socket, ENGINEIO_PROBE)) {
		send_text(socket, ENGINEIO_PROBED, strlen(ENGINEIO_PROBED));
		session->way = WAY_PROBING;
		polling_release(session);
		socketio_hurry(io);
		return;
	}
	if (session->way == WAY_PROBING &&
		packet_parse(socket->text, socket->len).kind == PACKET_UPGRADE) {
		session->way = WAY_WEBSOCKET;
		polling_release(session);
		socketio_pump(io, session);
		return;
	}
	http_discard(io->http, MURAL_MALFORMED);
	socket_detach(io, session, WS_PROTOCOL_ERROR);
}

static void
take_message(struct socket *socket)
{
	struct socketio *io = socket->io;
	struct session *session = session_get(&io->sessions, socket->session);
	struct packet packet = packet_parse(socket->text, socket->len);
	enum session_end end;

	if (!session)
		return;
	if (session->way != WAY_WEBSOCKET) {
		take_over(io, session, socket);
		return;
	}
	end = session_take(&io->sessions, session, &packet, uv_now(io->sweep.loop));
	if (!socketio_end(io, session, end))
		socketio_pump(io, session);
}

/* Keeps the beginning, which is all that counts. */
static void
on_data(struct ws *ws, int opcode, const uint8_t *data, size_t len, bool end)
{
	struct socket *socket = socket_of(ws);
	size_t room = sizeof(socket->text) > socket->len
			      ? sizeof(socket->text) - socket->len
			      : 0;

	memcpy(socket->text + sizeof(socket->text) - room, data, len < room ? len : room);
	socket->len += len;
	if (socket->len > ENGINEIO_PAYLOAD_MAX) {
		ws_close(ws, WS_TOO_BIG);
		return;
	}
	if (!end)
		return;
	if (opcode != WS_TEXT)
		socket->len = 0; /* which is no packet */
	take_message(socket);
	socket->len = 0;
}

static void
on_drained(struct ws *ws)
{
	struct socket *socket = socket_of(ws);
	struct session *session = session_get(&socket->io->sessions, socket->session);

	if (session)
		socketio_pump(socket->io, session);
}

/* ------------------------------------------------------------ begin and end */

static void
on_closed(struct ws *ws, bool broken)
{
	struct socket *socket = socket_of(ws);
	struct socketio *io = socket->io;
	struct session *session = session_get(&io->sessions, socket->session);

	if (broken)
		http_discard(io->http, MURAL_MALFORMED);
	*socket->link = socket->next;
	if (socket->next)
		socket->next->link = socket->link;
	if (session) {
		session->socket = NULL;
		if (session->way == WAY_WEBSOCKET)
			(void)socketio_end(io, session, END_LOST);
		else
			session->way = WAY_POLLING; /* the probe came to nothing */
	}
	free(socket);
	socketio_release(io);
}

static const struct ws_handler handler = {
	.on_data = on_data,
	.on_drained = on_drained,
	.on_closed = on_closed,
};

static void
adopt(struct socketio *io, struct session *session, struct socket *socket)
{
	socket->io = io;
	socket->session = session->handle;
	socket->next = io->sockets;
	socket->link = &io->sockets;
	if (socket->next)
		socket->next->link = &socket->next;
	io->sockets = socket;
	io->handles++;
	session->socket = socket;
	session->probed_ms = uv_now(io->sweep.loop);
}

/* A session of its own, by WebSocket from the start. */
static struct session *
open_session(struct socketio *io)
{
	struct session *session = socketio_open(io);
	char text[ENGINEIO_PACKET_MAX];

	if (!session)
		return NULL;
	session->way = WAY_WEBSOCKET;
	(void)session_say(session, text, packet_open(text, session->id, false));
	return session;
}

void
socket_opened(void *arg, struct MHD_Connection *connection, void *context,
	const char *extra, size_t extra_len, MHD_socket fd,
	struct MHD_UpgradeResponseHandle *upgrade)
{
	struct http *http = arg;
	struct request *request = context;
	struct socketio *io = http->socketio;
	uintptr_t handle = (uintptr_t)request->data;
	struct socket *socket = calloc(1, sizeof(*socket));
	struct session *session = NULL;

	(void)connection;
	if (socket && io && !io->stopping)
		session = handle ? session_get(&io->sessions, handle) : open_session(io);
	/* it may have ended since, or somebody else has begun to probe it */
	if (!session || session->socket) {
		free(socket);
		MHD_upgrade_action(upgrade, MHD_UPGRADE_ACTION_CLOSE);
		return;
	}
	if (ws_open(&socket->ws, &http->server, &handler, upgrade, fd, extra, extra_len,
		    ENGINEIO_PAYLOAD_MAX) < 0) {
		free(socket);
		if (!handle)
			session_free(&io->sessions, session);
		return;
	}
	adopt(io, session, socket);
	if (!handle)
		socketio_pump(io, session);
}
