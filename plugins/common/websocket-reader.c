/* SPDX-License-Identifier: MIT */
/* Reads frames of WebSocket clients with wslay, and answers pings and closes. */
#include "common/websocket-reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/mhd-uv.h"

/* Read from one client before others get their turn. */
#define READ_BUDGET_BYTES (16 * 1024)

/* --------------------------------------------------------------------- input */

static size_t
read_extra(struct websocket *ws, uint8_t *buf, size_t len)
{
	if (len > ws->extra_len - ws->extra_done)
		len = ws->extra_len - ws->extra_done;
	memcpy(buf, ws->extra + ws->extra_done, len);
	ws->extra_done += len;
	if (ws->extra_done == ws->extra_len) {
		free(ws->extra);
		ws->extra = NULL;
	}
	return len;
}

static ssize_t
read_socket(struct websocket *ws, uint8_t *buf, size_t len)
{
	ssize_t got;

	if (len == 0) {
		errno = EAGAIN;
		return -1;
	}
	do
		got = recv(ws->fd, buf, len, MSG_DONTWAIT);
	while (got < 0 && errno == EINTR);
	if (got > 0) {
		ws->budget -= got;
		ws->last_received_ms = uv_now(ws->poll.loop);
	} else if (got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK)) {
		websocket_drop(ws);
		got = -1;
	}
	return got;
}

/* ------------------------------------------------------------------- decoder */

struct websocket_decoder {
	wslay_frame_context_ptr frames;
	struct websocket *ws; /* whose frames they are */
};

static ssize_t
on_wslay_recv(uint8_t *buf, size_t len, int flags, void *arg)
{
	struct websocket *ws = ((struct websocket_decoder *)arg)->ws;
	ssize_t got;

	(void)flags;
	if (len > ws->budget)
		len = ws->budget;
	got = ws->extra ? (ssize_t)read_extra(ws, buf, len) : read_socket(ws, buf, len);
	if (got > 0)
		ws->undecoded += got;
	return got;
}

static struct websocket_decoder *
decoder_new(void)
{
	static const struct wslay_frame_callbacks callbacks = {
		.recv_callback = on_wslay_recv,
	};
	struct websocket_decoder *decoder = calloc(1, sizeof(*decoder));

	if (decoder &&
		wslay_frame_context_init(&decoder->frames, &callbacks, decoder) != 0) {
		free(decoder);
		return NULL;
	}
	return decoder;
}

void
websocket_decoder_free(struct websocket_decoder *decoder)
{
	if (decoder)
		wslay_frame_context_free(decoder->frames);
	free(decoder);
}

/* False: out of memory. */
static bool
take_decoder(struct websocket *ws)
{
	if (ws->decoder)
		return true;
	ws->decoder = ws->server->decoder ? ws->server->decoder : decoder_new();
	ws->server->decoder = NULL;
	if (ws->decoder)
		ws->decoder->ws = ws;
	return ws->decoder;
}

/* Unless it is in the middle of a frame. */
static void
return_decoder(struct websocket *ws)
{
	if (ws->undecoded > 0 || ws->remaining > 0)
		return;
	if (ws->server->decoder)
		websocket_decoder_free(ws->decoder);
	else
		ws->server->decoder = ws->decoder;
	ws->decoder = NULL;
}

/* -------------------------------------------------------------------- frames */

static void
websocket_fail(struct websocket *ws, uint16_t code)
{
	ws->broken = true;
	websocket_close(ws, code);
}

static void
begin_frame(struct websocket *ws, const struct wslay_frame_iocb *frame)
{
	if (!websocket_frame_is_right(frame, ws->message_opcode, ws->deflate)) {
		websocket_fail(ws, WEBSOCKET_PROTOCOL_ERROR);
		return;
	}
	if (frame->payload_length > ws->frame_max) {
		websocket_fail(ws, WEBSOCKET_TOO_BIG);
		return;
	}
	ws->undecoded -= websocket_frame_header_len(frame->payload_length);
	ws->opcode = frame->opcode;
	ws->fin = frame->fin;
	ws->remaining = frame->payload_length;
	ws->control_len = 0;
	if (frame->opcode == WEBSOCKET_TEXT || frame->opcode == WEBSOCKET_BINARY) {
		ws->message_opcode = frame->opcode;
		ws->deflated = frame->rsv == WEBSOCKET_RSV1;
	}
}

/* Of pings that come together the last one is answered (RFC 6455, 5.5.3): a flood of them
 * would take a packet each. */
static void
note_ping(struct websocket *ws)
{
	memcpy(ws->pong, ws->control, ws->control_len);
	ws->pong_len = ws->control_len;
	ws->pinged = true;
}

static void
answer_ping(struct websocket *ws)
{
	if (ws->pinged)
		websocket_send(ws, WEBSOCKET_PONG, ws->pong, ws->pong_len);
	ws->pinged = false;
}

static void
end_control(struct websocket *ws)
{
	uint16_t code;

	if (ws->opcode == WEBSOCKET_PING)
		note_ping(ws);
	if (ws->opcode != WEBSOCKET_CLOSE)
		return;
	answer_ping(ws);
	code = websocket_close_code(ws->control, ws->control_len, &ws->broken);
	websocket_close(ws, code);
}

static void
handle_payload(struct websocket *ws, const struct wslay_frame_iocb *frame)
{
	bool over;

	ws->remaining -= frame->data_length;
	ws->undecoded -= frame->data_length;
	over = ws->remaining == 0;
	if (ws->opcode & WEBSOCKET_CONTROL) {
		memcpy(ws->control + ws->control_len, frame->data, frame->data_length);
		ws->control_len += frame->data_length;
		if (over)
			end_control(ws);
		return;
	}
	over = over && ws->fin;
	if (frame->data_length > 0 || over)
		ws->handler->on_data(
			ws, ws->message_opcode, frame->data, frame->data_length, over);
	if (over)
		ws->message_opcode = 0;
}

static void
decode_frames(struct websocket *ws)
{
	while (!ws->closing && websocket_pending(ws) < WEBSOCKET_PENDING_MAX) {
		struct wslay_frame_iocb frame = { 0 };
		ssize_t got = wslay_frame_recv(ws->decoder->frames, &frame);

		if (got == WSLAY_ERR_PROTO)
			websocket_fail(ws, WEBSOCKET_PROTOCOL_ERROR);
		else if (got != WSLAY_ERR_WANT_READ && got < 0)
			websocket_drop(ws);
		if (got < 0)
			return;
		if (ws->remaining == 0)
			begin_frame(ws, &frame);
		if (!ws->closing)
			handle_payload(ws, &frame);
	}
}

void
websocket_read(struct websocket *ws)
{
	ws->budget = READ_BUDGET_BYTES;
	if (!take_decoder(ws)) {
		websocket_drop(ws);
		return;
	}
	decode_frames(ws);
	answer_ping(ws);
	return_decoder(ws);
}
