/* SPDX-License-Identifier: MIT */
/* Serves WebSocket connections: the handshake, sending and closing. */
#include "common/websocket.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/mhd-uv.h"
#include "common/websocket-reader.h"
#include "lib/macros.h"

/* How long a client may take to answer a close. */
#define LINGER_MS 2000

/* ----------------------------------------------------------------- handshake */

const char *
websocket_header(struct MHD_Connection *connection, const char *name)
{
	const char *value =
		MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);

	return value ? value : "";
}

struct MHD_Response *
websocket_upgrade(
	struct MHD_Connection *connection, MHD_UpgradeHandler handler, void *arg)
{
	struct MHD_Response *response;
	char answer[WEBSOCKET_ANSWER_MAX];

	if (!websocket_list_has(websocket_header(connection, "Upgrade"), "websocket") ||
		!websocket_list_has(
			websocket_header(connection, "Connection"), "upgrade") ||
		strcmp(websocket_header(connection, "Sec-WebSocket-Version"), "13") !=
			0 ||
		!websocket_accept_key(
			websocket_header(connection, "Sec-WebSocket-Key"), answer))
		return NULL;
	response = MHD_create_response_for_upgrade(handler, arg);
	if (response &&
		(MHD_add_response_header(response, "Upgrade", "websocket") == MHD_NO ||
			MHD_add_response_header(
				response, "Sec-WebSocket-Accept", answer) == MHD_NO)) {
		MHD_destroy_response(response);
		return NULL;
	}
	return response;
}

/* ------------------------------------------------------------------- closing */

static void
on_handle_closed(uv_handle_t *handle)
{
	struct websocket *ws = handle->data;

	if (--ws->handles > 0)
		return;
	MHD_upgrade_action(ws->upgrade, MHD_UPGRADE_ACTION_CLOSE);
	mhd_uv_wake(ws->server);
	websocket_decoder_free(ws->decoder);
	sendbuf_finish(&ws->out);
	free(ws->extra);
	ws->handler->on_closed(ws, ws->broken);
}

void
websocket_drop(struct websocket *ws)
{
	if (ws->closed)
		return;
	ws->closed = true;
	ws->closing = true;
	fair_queue_remove(&ws->server->readers, &ws->reader);
	uv_close((uv_handle_t *)&ws->poll, on_handle_closed);
	uv_close((uv_handle_t *)&ws->linger, on_handle_closed);
}

/* Other clients need the memory of what it does not read. */
static void
drop_for_others(struct sendbuf *sendbuf)
{
	websocket_drop(container_of(sendbuf, struct websocket, out));
}

static void
on_linger(uv_timer_t *timer)
{
	websocket_drop(timer->data);
}

/* ------------------------------------------------------------------- sending */

static void on_event(uv_poll_t *poll, int status, int events);

static void
choose_events(struct websocket *ws)
{
	size_t pending = sendbuf_pending(&ws->out);
	int events = pending > 0 ? UV_WRITABLE : 0;

	if (ws->closed)
		return;
	/* one that waits for its turn is read then, and need not be reported again */
	if (ws->closing || (!ws->reader.source && pending < WEBSOCKET_PENDING_MAX))
		events |= UV_READABLE;
	uv_poll_start(&ws->poll, events, on_event);
}

static void
send_bytes(struct websocket *ws, const void *head, size_t head_len, const void *body,
	size_t body_len)
{
	if (sendbuf_send(&ws->out, ws->fd, head, head_len, body, body_len) < 0)
		websocket_drop(ws);
	else if (sendbuf_pending(&ws->out) > 0)
		choose_events(ws);
}

static void
send_frame(struct websocket *ws, int opcode, const void *data, size_t len, bool end)
{
	uint8_t head[WEBSOCKET_HEADER_MAX];
	size_t head_len = websocket_frame_header(head, opcode, len);

	if (!end)
		head[0] &= 0x7f;
	send_bytes(ws, head, head_len, data, len);
}

void
websocket_send(struct websocket *ws, int opcode, const void *data, size_t len)
{
	websocket_send_fragment(ws, opcode, data, len, true, true);
}

void
websocket_send_fragment(struct websocket *ws, int opcode, const void *data, size_t len,
	bool begin, bool end)
{
	if (!ws->closing)
		send_frame(ws, begin ? opcode : WEBSOCKET_CONTINUE, data, len, end);
}

void
websocket_send_frames(struct websocket *ws, const void *head, size_t head_len,
	const void *body, size_t body_len)
{
	if (!ws->closing)
		send_bytes(ws, head, head_len, body, body_len);
}

void
websocket_close(struct websocket *ws, uint16_t code)
{
	const uint8_t bytes[] = { code >> 8, code & 0xff };

	if (ws->closing)
		return;
	send_frame(ws, WEBSOCKET_CLOSE, bytes, code ? sizeof(bytes) : 0, true);
	ws->closing = true;
	if (ws->closed)
		return;
	/* from here on input is only discarded: unread, it would reset the connection
	 * before the client has read the close */
	uv_timer_start(&ws->linger, on_linger, LINGER_MS, 0);
	if (sendbuf_pending(&ws->out) == 0)
		shutdown(ws->fd, SHUT_WR);
	choose_events(ws);
}

/* ------------------------------------------------------------------- reading */

/* After the close only the end of the input matters. */
static void
discard_input(struct websocket *ws)
{
	uint8_t bytes[16384];
	ssize_t got = recv(ws->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
		websocket_drop(ws);
}

static void
flush_pending(struct websocket *ws)
{
	if (sendbuf_pending(&ws->out) == 0)
		return;
	if (sendbuf_flush(&ws->out, ws->fd) < 0) {
		websocket_drop(ws);
		return;
	}
	if (sendbuf_pending(&ws->out) > 0)
		return;
	if (ws->closing)
		shutdown(ws->fd, SHUT_WR);
	else
		ws->handler->on_drained(ws);
}

static void
on_event(uv_poll_t *poll, int status, int events)
{
	struct websocket *ws = poll->data;

	if (status < 0) {
		websocket_drop(ws);
		return;
	}
	if (events & UV_WRITABLE)
		flush_pending(ws);
	/* after a flush, too: wslay may hold input that had to wait for room */
	if (!ws->closing)
		fair_queue_add(&ws->server->readers, &ws->reader, ws->source);
	else if (!ws->closed && events & UV_READABLE)
		discard_input(ws);
	choose_events(ws);
}

void
websocket_serve(struct fair_member *reader)
{
	struct websocket *ws = container_of(reader, struct websocket, reader);

	if (!ws->closing)
		websocket_read(ws);
	if (!ws->closing && ws->budget == 0)
		fair_queue_add(&ws->server->readers, &ws->reader, ws->source);
	choose_events(ws);
}

int
websocket_open(struct websocket *ws, struct mhd_uv *server,
	const struct websocket_handler *handler,
	struct MHD_UpgradeResponseHandle *upgrade, int fd, const void *extra,
	size_t extra_len, uint64_t frame_max)
{
	uv_loop_t *loop = server->poll.loop;
	const int one = 1;

	ws->extra = extra_len > 0 ? malloc(extra_len) : NULL;
	if (extra_len > 0 && !ws->extra) {
		MHD_upgrade_action(upgrade, MHD_UPGRADE_ACTION_CLOSE);
		return -ENOMEM;
	}
	if (extra_len > 0)
		memcpy(ws->extra, extra, extra_len);
	ws->extra_len = extra_len;
	ws->server = server;
	ws->out.pool = &server->unsent;
	ws->out.source = ws->source;
	ws->out.drop = drop_for_others;
	ws->handler = handler;
	ws->upgrade = upgrade;
	ws->fd = fd;
	ws->frame_max = frame_max;
	ws->last_received_ms = uv_now(loop);
	/* without it small frames wait for the client's delayed acknowledgements */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	uv_poll_init(loop, &ws->poll, fd);
	uv_timer_init(loop, &ws->linger);
	ws->poll.data = ws;
	ws->linger.data = ws;
	ws->handles = 2;
	/* not at once: the caller is not ready before */
	if (extra_len > 0)
		fair_queue_add(&server->readers, &ws->reader, ws->source);
	choose_events(ws);
	return 0;
}
