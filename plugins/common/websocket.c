/* SPDX-License-Identifier: MIT */
/* WebSocket connections: wslay takes the frames apart, the rest is here. */
#include "common/websocket.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <resolv.h>
#include <sha1.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "common/mhd-uv.h"

/* Read from one client before the others have their turn. */
#define TURN_BYTES (64 * 1024)

/* Answers to pings that a client leaves unread, before it is read no more. */
#define UNREAD_MAX (64 * 1024)

/* How long a client may take to see that it was closed. */
#define LINGER_MS 2000

enum { OP_CONTINUE = 0, OP_CLOSE = 8, OP_PING = 9, OP_PONG = 10 };

/* ----------------------------------------------------------------- handshake */

static const char *
header(struct MHD_Connection *connection, const char *name)
{
	const char *value =
		MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);

	return value ? value : "";
}

/* Whether a comma-separated list has the word, in any case. */
static bool
has_word(const char *list, const char *word)
{
	size_t len = strlen(word);

	while (*list) {
		list += strspn(list, ", \t");
		if (strncasecmp(list, word, len) == 0 && strchr(", \t", list[len]))
			return true;
		list += strcspn(list, ",");
	}
	return false;
}

/* RFC 6455, 4.2.2: proves that the request was understood. */
static bool
accept_key(const char *key, char answer[32])
{
	static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
	uint8_t nonce[17], digest[SHA1_DIGEST_LENGTH];
	SHA1_CTX sha1;

	if (strlen(key) != 24 || b64_pton(key, nonce, sizeof(nonce)) != 16)
		return false;
	SHA1Init(&sha1);
	SHA1Update(&sha1, (const uint8_t *)key, 24);
	SHA1Update(&sha1, (const uint8_t *)guid, sizeof(guid) - 1);
	SHA1Final(digest, &sha1);
	return b64_ntop(digest, sizeof(digest), answer, 32) > 0;
}

struct MHD_Response *
ws_upgrade(struct MHD_Connection *connection, MHD_UpgradeHandler handler, void *arg)
{
	struct MHD_Response *response;
	char answer[32];

	if (!has_word(header(connection, "Upgrade"), "websocket") ||
		!has_word(header(connection, "Connection"), "upgrade") ||
		strcmp(header(connection, "Sec-WebSocket-Version"), "13") != 0 ||
		!accept_key(header(connection, "Sec-WebSocket-Key"), answer))
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

/* ------------------------------------------------------------------- the end */

static void
on_handle_closed(uv_handle_t *handle)
{
	struct ws *ws = handle->data;

	if (--ws->handles > 0)
		return;
	MHD_upgrade_action(ws->upgrade, MHD_UPGRADE_ACTION_CLOSE);
	webserver_wake(ws->server);
	wslay_frame_context_free(ws->frames);
	outbox_finish(&ws->out);
	free(ws->extra);
	ws->handler->on_closed(ws, ws->broken);
}

void
ws_drop(struct ws *ws)
{
	if (ws->closed)
		return;
	ws->closed = true;
	ws->closing = true;
	uv_close((uv_handle_t *)&ws->poll, on_handle_closed);
	uv_close((uv_handle_t *)&ws->linger, on_handle_closed);
}

static void
on_linger(uv_timer_t *timer)
{
	ws_drop(timer->data);
}

/* ------------------------------------------------------------------- sending */

static void on_event(uv_poll_t *poll, int status, int events);

static void
choose_events(struct ws *ws)
{
	size_t waiting = outbox_waiting(&ws->out);
	int events = waiting > 0 ? UV_WRITABLE : 0;

	if (ws->closed)
		return;
	if (ws->closing || waiting < UNREAD_MAX)
		events |= UV_READABLE;
	uv_poll_start(&ws->poll, events, on_event);
}

static void
send_bytes(struct ws *ws, const void *head, size_t head_len, const void *body,
	size_t body_len)
{
	if (outbox_send(&ws->out, ws->fd, head, head_len, body, body_len) < 0)
		ws_drop(ws);
	else if (outbox_waiting(&ws->out) > 0)
		choose_events(ws);
}

static void
send_frame(struct ws *ws, int opcode, const void *data, size_t len, bool end)
{
	uint8_t head[WS_HEAD_MAX];
	size_t head_len = ws_head(head, opcode, len);

	if (!end)
		head[0] &= 0x7f;
	send_bytes(ws, head, head_len, data, len);
}

void
ws_send(struct ws *ws, int opcode, const void *data, size_t len)
{
	ws_send_piece(ws, opcode, data, len, true, true);
}

void
ws_send_piece(
	struct ws *ws, int opcode, const void *data, size_t len, bool begin, bool end)
{
	if (!ws->closing)
		send_frame(ws, begin ? opcode : OP_CONTINUE, data, len, end);
}

void
ws_send_frames(struct ws *ws, const void *head, size_t head_len, const void *body,
	size_t body_len)
{
	if (!ws->closing)
		send_bytes(ws, head, head_len, body, body_len);
}

void
ws_close(struct ws *ws, uint16_t code)
{
	const uint8_t bytes[] = { code >> 8, code & 0xff };

	if (ws->closing)
		return;
	send_frame(ws, OP_CLOSE, bytes, code ? sizeof(bytes) : 0, true);
	ws->closing = true;
	if (ws->closed)
		return;
	/* from here on we only listen for its end, so that what it still sends does not
	 * reset the connection under our last words */
	uv_timer_start(&ws->linger, on_linger, LINGER_MS, 0);
	if (outbox_waiting(&ws->out) == 0)
		shutdown(ws->fd, SHUT_WR);
	choose_events(ws);
}

/* ------------------------------------------------------------------- reading */

static ssize_t
on_wslay_recv(uint8_t *buf, size_t len, int flags, void *arg)
{
	struct ws *ws = arg;
	ssize_t got;

	(void)flags;
	if (len > ws->budget)
		len = ws->budget;
	if (ws->extra_done < ws->extra_len) {
		if (len > ws->extra_len - ws->extra_done)
			len = ws->extra_len - ws->extra_done;
		memcpy(buf, ws->extra + ws->extra_done, len);
		ws->extra_done += len;
		return len;
	}
	if (len == 0) {
		errno = EAGAIN;
		return -1;
	}
	do
		got = recv(ws->fd, buf, len, MSG_DONTWAIT);
	while (got < 0 && errno == EINTR);
	if (got > 0) {
		ws->budget -= got;
		ws->heard_ms = uv_now(ws->poll.loop);
	} else if (got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK)) {
		ws_drop(ws);
		got = -1;
	}
	return got;
}

static void
fail(struct ws *ws, uint16_t code)
{
	ws->broken = true;
	ws_close(ws, code);
}

/* The rules between frames; those inside one are wslay's. */
static void
begin_frame(struct ws *ws, const struct wslay_frame_iocb *frame)
{
	bool control = frame->opcode & 8;
	bool known = frame->opcode <= WS_BINARY ||
		     (frame->opcode >= OP_CLOSE && frame->opcode <= OP_PONG);
	bool in_order = control || (frame->opcode == OP_CONTINUE) == (ws->message != 0);

	if (!frame->mask || frame->rsv || !known || !in_order) {
		fail(ws, WS_PROTOCOL_ERROR);
		return;
	}
	if (frame->payload_length > ws->frame_max) {
		fail(ws, WS_TOO_BIG);
		return;
	}
	ws->opcode = frame->opcode;
	ws->fin = frame->fin;
	ws->left = frame->payload_length;
	ws->control_len = 0;
	if (!control && frame->opcode != OP_CONTINUE)
		ws->message = frame->opcode;
}

static bool
is_close_code(uint16_t code)
{
	return (code >= 1000 && code <= 1011 && code != 1004 && code != 1005 &&
		       code != 1006) ||
	       (code >= 3000 && code <= 4999);
}

static void
end_control(struct ws *ws)
{
	uint16_t code = ws->control[0] << 8 | ws->control[1];

	if (ws->opcode == OP_PING)
		send_frame(ws, OP_PONG, ws->control, ws->control_len, true);
	if (ws->opcode != OP_CLOSE)
		return;
	if (ws->control_len == 0)
		ws_close(ws, 0);
	else if (ws->control_len == 1 || !is_close_code(code))
		fail(ws, WS_PROTOCOL_ERROR);
	else
		ws_close(ws, code);
}

static void
take_piece(struct ws *ws, const struct wslay_frame_iocb *frame)
{
	bool over;

	ws->left -= frame->data_length;
	over = ws->left == 0;
	if (ws->opcode & 8) {
		memcpy(ws->control + ws->control_len, frame->data, frame->data_length);
		ws->control_len += frame->data_length;
		if (over)
			end_control(ws);
		return;
	}
	over = over && ws->fin;
	if (frame->data_length > 0 || over)
		ws->handler->on_data(
			ws, ws->message, frame->data, frame->data_length, over);
	if (over)
		ws->message = 0;
}

static void
read_frames(struct ws *ws)
{
	ws->budget = TURN_BYTES;
	while (!ws->closing && outbox_waiting(&ws->out) < UNREAD_MAX) {
		struct wslay_frame_iocb frame = { 0 };
		ssize_t got = wslay_frame_recv(ws->frames, &frame);

		if (got == WSLAY_ERR_PROTO)
			fail(ws, WS_PROTOCOL_ERROR);
		else if (got != WSLAY_ERR_WANT_READ && got < 0)
			ws_drop(ws);
		if (got < 0)
			return;
		if (ws->left == 0)
			begin_frame(ws, &frame);
		if (!ws->closing)
			take_piece(ws, &frame);
	}
}

/* After the close: nothing counts any more but the client's end. */
static void
discard(struct ws *ws)
{
	uint8_t bytes[16384];
	ssize_t got = recv(ws->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
		ws_drop(ws);
}

static void
flush(struct ws *ws)
{
	if (outbox_waiting(&ws->out) == 0)
		return;
	if (outbox_flush(&ws->out, ws->fd) < 0) {
		ws_drop(ws);
		return;
	}
	if (outbox_waiting(&ws->out) > 0)
		return;
	if (ws->closing)
		shutdown(ws->fd, SHUT_WR);
	else
		ws->handler->on_drained(ws);
}

static void
on_event(uv_poll_t *poll, int status, int events)
{
	struct ws *ws = poll->data;

	if (status < 0) {
		ws_drop(ws);
		return;
	}
	if (events & UV_WRITABLE)
		flush(ws);
	/* after a flush, too: wslay may hold what was not taken for want of room */
	if (!ws->closing)
		read_frames(ws);
	else if (!ws->closed && events & UV_READABLE)
		discard(ws);
	choose_events(ws);
}

/* What came right behind the request, in the next turn: the opener is not ready yet. */
static void
on_extra(uv_timer_t *timer)
{
	struct ws *ws = timer->data;

	read_frames(ws);
	choose_events(ws);
}

int
ws_open(struct ws *ws, struct webserver *server, const struct ws_handler *handler,
	struct MHD_UpgradeResponseHandle *upgrade, int fd, const void *extra,
	size_t extra_len, uint64_t frame_max)
{
	static const struct wslay_frame_callbacks callbacks = {
		.recv_callback = on_wslay_recv,
	};
	uv_loop_t *loop = server->poll.loop;
	const int one = 1;

	ws->extra = malloc(extra_len + 1);
	if (!ws->extra || wslay_frame_context_init(&ws->frames, &callbacks, ws) != 0) {
		free(ws->extra);
		MHD_upgrade_action(upgrade, MHD_UPGRADE_ACTION_CLOSE);
		return -ENOMEM;
	}
	if (extra_len > 0)
		memcpy(ws->extra, extra, extra_len);
	ws->extra_len = extra_len;
	ws->server = server;
	ws->handler = handler;
	ws->upgrade = upgrade;
	ws->fd = fd;
	ws->frame_max = frame_max;
	ws->heard_ms = uv_now(loop);
	/* without it small frames wait for the client's delayed acknowledgements */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	uv_poll_init(loop, &ws->poll, fd);
	uv_timer_init(loop, &ws->linger);
	ws->poll.data = ws;
	ws->linger.data = ws;
	ws->handles = 2;
	if (extra_len > 0)
		uv_timer_start(&ws->linger, on_extra, 0, 0);
	choose_events(ws);
	return 0;
}
