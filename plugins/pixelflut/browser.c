/* SPDX-License-Identifier: MIT */
/* Serves WebSocket clients within feed(): wslay takes frames apart. */
#include "pixelflut/browser.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/websocket-protocol.h"

/* Of a request, with its cookies.  A line is no longer than a Pixelflut line. */
#define HEAD_BYTES_MAX 8192

enum phase { PHASE_HEAD, PHASE_OPEN, PHASE_CLOSED };

struct browser {
	const struct browser_stream *stream;
	wslay_frame_context_ptr frames;
	enum phase phase;
	size_t head_bytes;
	bool upgrades, connects, version, key; /* the request says so */
	char answer[WEBSOCKET_ANSWER_MAX];

	/* What wslay may read in this feed(). */
	const uint8_t *wire, *wire_end;
	bool full; /* murald asked to stop */

	uint64_t remaining;     /* of the present frame; 0: a new one begins */
	uint8_t opcode;         /* of that frame */
	uint8_t message_opcode; /* of the present message; 0: none */
	bool fin;
	uint8_t control[WEBSOCKET_CONTROL_MAX];
	uint8_t control_len;

	/* Of the stream: a command that is not complete. */
	size_t held;
	uint8_t rest[LINE_BYTES_MAX];
};

bool
browser_is_possible(void)
{
	return true;
}

static ssize_t
on_wslay_recv(uint8_t *buf, size_t len, int flags, void *arg)
{
	struct browser *browser = arg;
	size_t there = (size_t)(browser->wire_end - browser->wire);

	(void)flags;
	if (there == 0) {
		errno = EAGAIN;
		return -1;
	}
	if (len > there)
		len = there;
	memcpy(buf, browser->wire, len);
	browser->wire += len;
	return (ssize_t)len;
}

struct browser *
browser_new(const struct browser_stream *stream)
{
	static const struct wslay_frame_callbacks callbacks = {
		.recv_callback = on_wslay_recv,
	};
	struct browser *browser = calloc(1, sizeof(*browser));

	if (!browser)
		return NULL;
	browser->stream = stream;
	if (wslay_frame_context_init(&browser->frames, &callbacks, browser) == 0)
		return browser;
	free(browser);
	return NULL;
}

void
browser_free(struct browser *browser)
{
	if (!browser)
		return;
	wslay_frame_context_free(browser->frames);
	free(browser);
}

/* ------------------------------------------------------------------ sending */

static int
send_frame(struct mural_conn *conn, int opcode, const void *payload, size_t len)
{
	uint8_t head[WEBSOCKET_HEADER_MAX];
	int full = mural_reply(conn, head, websocket_frame_header(head, opcode, len));

	return full < 0 || len == 0 ? full : mural_reply(conn, payload, len);
}

int
browser_reply(
	struct browser *browser, struct mural_conn *conn, const void *text, size_t len)
{
	int full = send_frame(conn, WEBSOCKET_TEXT, text, len);

	browser->full |= full > 0;
	return full;
}

/* Says why, and ends: what comes behind it is not looked at. */
static void
browser_close(struct browser *browser, struct mural_conn *conn, uint16_t code)
{
	const uint8_t bytes[] = { (uint8_t)(code >> 8), (uint8_t)code };

	(void)send_frame(conn, WEBSOCKET_CLOSE, bytes, code ? sizeof(bytes) : 0);
	browser->phase = PHASE_CLOSED;
	mural_close(conn, false);
}

static void
browser_fail(struct browser *browser, struct mural_conn *conn, struct mural_brush *brush,
	uint16_t code)
{
	mural_discard(brush, MURAL_MALFORMED, 1);
	browser_close(browser, conn, code);
}

/* ---------------------------------------------------------------- handshake */

/* The value of a header if the line is one of that name; or NULL. */
static const char *
header_value(const char *line, const char *name)
{
	const size_t len = strlen(name);

	if (strncasecmp(line, name, len) != 0 || line[len] != ':')
		return NULL;
	return line + len + 1 + strspn(line + len + 1, " \t");
}

static void
read_header(struct browser *browser, const char *line)
{
	const char *value;

	if ((value = header_value(line, "Upgrade")))
		browser->upgrades |= websocket_list_has(value, "websocket");
	else if ((value = header_value(line, "Connection")))
		browser->connects |= websocket_list_has(value, "upgrade");
	else if ((value = header_value(line, "Sec-WebSocket-Version")))
		browser->version = strcmp(value, "13") == 0;
	else if ((value = header_value(line, "Sec-WebSocket-Key")))
		browser->key = websocket_accept_key(value, browser->answer);
}

static int
end_head(struct browser *browser, struct mural_conn *conn)
{
	static const char refused[] = "HTTP/1.1 426 Upgrade Required\r\n"
				      "Upgrade: websocket\r\n"
				      "Sec-WebSocket-Version: 13\r\n"
				      "Connection: close\r\n"
				      "Content-Type: text/plain\r\n"
				      "Content-Length: 43\r\n\r\n"
				      "This port speaks Pixelflut over WebSocket.\n";
	char accepted[160];

	if (!browser->upgrades || !browser->connects || !browser->version ||
		!browser->key) {
		(void)mural_reply(conn, refused, sizeof(refused) - 1);
		return -EPROTO;
	}
	browser->phase = PHASE_OPEN;
	return mural_reply(conn, accepted,
		(size_t)snprintf(accepted, sizeof(accepted),
			"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
			"Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
			browser->answer));
}

/* Takes whole lines of the request.  Returns how many bytes, or -errno. */
static ssize_t
feed_head(
	struct browser *browser, struct mural_conn *conn, const uint8_t *data, size_t len)
{
	const uint8_t *p = data, *end = data + len, *feed;
	char line[LINE_BYTES_MAX + 1];

	while (browser->phase == PHASE_HEAD && (feed = memchr(p, '\n', end - p))) {
		size_t n = (size_t)(feed - p);

		browser->head_bytes += n + 1;
		if (n >= sizeof(line) || browser->head_bytes > HEAD_BYTES_MAX)
			return -EMSGSIZE;
		memcpy(line, p, n);
		n -= n > 0 && line[n - 1] == '\r';
		line[n] = '\0';
		p = feed + 1;
		if (n > 0)
			read_header(browser, line);
		else if (end_head(browser, conn) < 0)
			return -EPROTO;
	}
	return p - data;
}

/* ------------------------------------------------------------------- frames */

/* Executes a part of the stream, which begins with what is held; keeps a command that is
 * not complete. */
static void
run_stream(struct browser *browser, struct mural_conn *conn, struct mural_brush *brush,
	const uint8_t *text, size_t len, bool over)
{
	ssize_t used = browser->stream->run(conn, brush, text, len, over);

	if (used < 0) {
		browser_fail(browser, conn, brush, WEBSOCKET_TOO_BIG);
		return;
	}
	browser->held = len - (size_t)used;
	memmove(browser->rest, text + used, browser->held);
}

static void
end_control(struct browser *browser, struct mural_conn *conn, struct mural_brush *brush)
{
	bool wrong = false;
	uint16_t code;

	if (browser->opcode == WEBSOCKET_PING)
		browser->full |= send_frame(conn, WEBSOCKET_PONG, browser->control,
					 browser->control_len) > 0;
	if (browser->opcode != WEBSOCKET_CLOSE)
		return;
	code = websocket_close_code(browser->control, browser->control_len, &wrong);
	if (wrong)
		mural_discard(brush, MURAL_MALFORMED, 1);
	else
		run_stream(browser, conn, brush, browser->rest, browser->held, true);
	if (browser->phase == PHASE_OPEN)
		browser_close(browser, conn, code);
}

static void
handle_payload(struct browser *browser, struct mural_conn *conn,
	struct mural_brush *brush, const struct wslay_frame_iocb *frame)
{
	uint8_t text[LINE_BYTES_MAX + BROWSER_PIECE];

	browser->remaining -= frame->data_length;
	if (browser->opcode & WEBSOCKET_CONTROL) {
		memcpy(browser->control + browser->control_len, frame->data,
			frame->data_length);
		browser->control_len += (uint8_t)frame->data_length;
		if (browser->remaining == 0)
			end_control(browser, conn, brush);
		return;
	}
	if (browser->remaining == 0 && browser->fin)
		browser->message_opcode = 0;
	for (size_t done = 0;
		done < frame->data_length && browser->phase == PHASE_OPEN;) {
		size_t n = frame->data_length - done, held = browser->held;

		if (n > sizeof(text) - held)
			n = sizeof(text) - held;
		memcpy(text, browser->rest, held);
		memcpy(text + held, frame->data + done, n);
		done += n;
		run_stream(browser, conn, brush, text, held + n, false);
	}
}

static void
begin_frame(struct browser *browser, const struct wslay_frame_iocb *frame)
{
	browser->opcode = frame->opcode;
	browser->fin = frame->fin;
	browser->remaining = frame->payload_length;
	browser->control_len = 0;
	if (frame->opcode == WEBSOCKET_TEXT || frame->opcode == WEBSOCKET_BINARY)
		browser->message_opcode = frame->opcode;
}

/* Takes frames until the input is used up. */
static void
feed_frames(struct browser *browser, struct mural_conn *conn, struct mural_brush *brush)
{
	while (browser->phase == PHASE_OPEN) {
		struct wslay_frame_iocb frame = { 0 };
		ssize_t got = wslay_frame_recv(browser->frames, &frame);

		if (got == WSLAY_ERR_WANT_READ)
			return;
		if (got < 0 || (browser->remaining == 0 &&
				       !websocket_frame_is_right(
					       &frame, browser->message_opcode, false))) {
			browser_fail(browser, conn, brush, WEBSOCKET_PROTOCOL_ERROR);
			return;
		}
		if (browser->remaining == 0)
			begin_frame(browser, &frame);
		handle_payload(browser, conn, brush, &frame);
	}
}

/* wslay keeps what it has read, so its input is what will be executed in any case: a
 * piece, whose replies fit. */
ssize_t
browser_feed(struct browser *browser, struct mural_conn *conn, struct mural_brush *brush,
	const uint8_t *data, size_t len)
{
	ssize_t head = 0;

	browser->full = false;
	if (browser->phase == PHASE_HEAD) {
		head = feed_head(browser, conn, data, len);
		if (head < 0 || browser->phase == PHASE_HEAD)
			return head;
	}
	browser->wire = data + head;
	while (browser->wire < data + len && !browser->full) {
		const size_t left = (size_t)(data + len - browser->wire);

		browser->wire_end =
			browser->wire + (left < BROWSER_PIECE ? left : BROWSER_PIECE);
		feed_frames(browser, conn, brush);
		if (browser->phase == PHASE_CLOSED)
			return (ssize_t)len;
	}
	return browser->wire - data;
}
