/* SPDX-License-Identifier: MIT */
/* The parser of what p² clients send. */
#include "p2/parser.h"

#include <stdbool.h>
#include <string.h>

#include "p2/utf8.h"
#include "p2/wire.h"

enum phase {
	PHASE_AUTH,
	PHASE_BETWEEN, /* a message ended; only an ff may follow */
	PHASE_SKIP,    /* what follows means nothing, up to the next ff */
	PHASE_TYPE,    /* after an ff */
	PHASE_BODY,    /* inside a Put or a Sub; bytes[0] is its type */
	PHASE_OVER,
};

enum {
	TYPE_DISCONNECT = 0x00,
	TYPE_AUTH = 0xa0,
	TYPE_SUB = 0xaf,
	TYPE_PUT = 0xd0,
	START = 0xff,
};

enum { PUT_BODY = 6, SUB_BODY = 8 };

/* ff, a0, length - 1 */
#define AUTH_HEAD 3

static bool
are_digits(const uint8_t *otp)
{
	for (int i = 0; i < P2_OTP_BYTES; i++)
		if (otp[i] >> 4 > 9 || (otp[i] & 15) > 9)
			return false;
	return true;
}

struct stream_auth
stream_auth(const struct stream *stream)
{
	size_t len = stream->bytes[2] + 1u;

	return (struct stream_auth){
		.name = (const char *)stream->bytes + AUTH_HEAD,
		.len = len,
		.otp = stream->bytes + AUTH_HEAD + len,
	};
}

static size_t
auth_length(const struct stream *stream)
{
	if (stream->held < AUTH_HEAD)
		return AUTH_HEAD;
	return AUTH_HEAD + stream->bytes[2] + 1u + P2_OTP_BYTES;
}

/* Whether it can still become an Authentication, judged as early as possible. */
static bool
auth_is_wrong(const struct stream *stream)
{
	static const uint8_t head[] = { START, TYPE_AUTH };
	size_t given = stream->held < sizeof(head) ? stream->held : sizeof(head);

	return memcmp(stream->bytes, head, given) != 0 ||
	       (stream->held >= AUTH_HEAD && stream->bytes[2] == 0xff);
}

static size_t
take_auth(struct stream *stream, const uint8_t *data, size_t len,
	struct stream_event *event)
{
	size_t wanted = auth_length(stream) - stream->held;

	if (wanted > len)
		wanted = len;
	memcpy(stream->bytes + stream->held, data, wanted);
	stream->held += wanted;
	if (auth_is_wrong(stream)) {
		event->kind = STREAM_REFUSED;
		stream->phase = PHASE_OVER;
	} else if (stream->held == auth_length(stream)) {
		struct stream_auth auth = stream_auth(stream);
		bool right = utf8_is_valid(auth.name, auth.len) && are_digits(auth.otp);

		event->kind = right ? STREAM_AUTH : STREAM_REFUSED;
		stream->phase = right ? PHASE_BETWEEN : PHASE_OVER;
	}
	return wanted;
}

static void
begin_body(struct stream *stream, uint8_t type, uint8_t length)
{
	stream->phase = PHASE_BODY;
	stream->body = length;
	stream->bytes[0] = type;
	stream->held = 1;
}

static void
take_type(struct stream *stream, uint8_t type, struct stream_event *event)
{
	switch (type) {
	case START:
		event->kind = STREAM_HEARTBEAT;
		break;
	case TYPE_PUT:
		begin_body(stream, type, PUT_BODY);
		break;
	case TYPE_SUB:
		begin_body(stream, type, SUB_BODY);
		break;
	case TYPE_DISCONNECT:
		event->kind = STREAM_DISCONNECT;
		stream->phase = PHASE_OVER;
		break;
	default:
		event->kind = STREAM_UNKNOWN;
		event->type = type;
		stream->phase = PHASE_SKIP;
	}
}

static void
set_put(struct stream_event *event, const uint8_t *body)
{
	uint32_t rgb15;

	if (!p2_colour_decode(body + 4, &rgb15)) {
		event->kind = STREAM_BROKEN;
		event->type = TYPE_PUT;
		return;
	}
	event->kind = STREAM_PUT;
	event->x1 = p2_coordinate_decode(body);
	event->y1 = p2_coordinate_decode(body + 2);
	event->argb = p2_argb_from_rgb15(rgb15);
}

static void
set_sub(struct stream_event *event, const uint8_t *body)
{
	event->kind = STREAM_SUB;
	event->x1 = p2_coordinate_decode(body);
	event->y1 = p2_coordinate_decode(body + 2);
	event->x2 = p2_coordinate_decode(body + 4);
	event->y2 = p2_coordinate_decode(body + 6);
}

static size_t
take_body(struct stream *stream, const uint8_t *data, size_t len,
	struct stream_event *event)
{
	size_t wanted = 1u + stream->body - stream->held;

	if (wanted > len)
		wanted = len;
	for (size_t i = 0; i < wanted; i++) {
		if (data[i] == START) { /* and that one begins the next message */
			event->kind = STREAM_BROKEN;
			event->type = stream->bytes[0];
			stream->phase = PHASE_TYPE;
			return i + 1;
		}
		stream->bytes[stream->held++] = data[i];
	}
	if (stream->held == 1u + stream->body) {
		stream->phase = PHASE_BETWEEN;
		if (stream->bytes[0] == TYPE_PUT)
			set_put(event, stream->bytes + 1);
		else
			set_sub(event, stream->bytes + 1);
	}
	return wanted;
}

/* Whether an ff is among the six bytes behind the first two: a byte of the inverse is
 * zero then, and borrows. */
static bool
has_start(const uint8_t *put)
{
	static const uint8_t head[8] = { 1, 1 };
	uint64_t bytes, skip;

	memcpy(&bytes, put, sizeof(bytes));
	memcpy(&skip, head, sizeof(skip));
	bytes = ~bytes | skip;
	return (bytes - UINT64_C(0x0101010101010101)) & ~bytes &
	       UINT64_C(0x8080808080808080);
}

/* Nearly all that arrives: a Put in one piece.  A message with an ff inside takes the
 * long way. */
static bool
take_whole_put(const uint8_t *data, size_t len, struct stream_event *event)
{
	if (len < 2 + PUT_BODY || data[0] != START || data[1] != TYPE_PUT ||
		has_start(data))
		return false;
	set_put(event, data + 2);
	return true;
}

static size_t
take_start(struct stream *stream, const uint8_t *data, size_t len,
	struct stream_event *event)
{
	const uint8_t *start;

	if (take_whole_put(data, len, event)) {
		stream->phase = PHASE_BETWEEN;
		return 2 + PUT_BODY;
	}
	if (data[0] == START) {
		stream->phase = PHASE_TYPE;
		return 1;
	}
	if (stream->phase == PHASE_BETWEEN) {
		event->kind = STREAM_GARBAGE;
		stream->phase = PHASE_SKIP;
	}
	start = memchr(data, START, len);
	return start ? (size_t)(start - data) : len;
}

size_t
stream_next(struct stream *stream, const uint8_t *data, size_t len,
	struct stream_event *event)
{
	size_t used = 0;

	event->kind = STREAM_NOTHING;
	if (stream->phase == PHASE_BETWEEN && take_whole_put(data, len, event))
		return 2 + PUT_BODY;
	while (used < len && event->kind == STREAM_NOTHING) {
		switch (stream->phase) {
		case PHASE_AUTH:
			used += take_auth(stream, data + used, len - used, event);
			break;
		case PHASE_TYPE:
			take_type(stream, data[used++], event);
			break;
		case PHASE_BODY:
			used += take_body(stream, data + used, len - used, event);
			break;
		case PHASE_OVER:
			return len;
		default:
			used += take_start(stream, data + used, len - used, event);
		}
	}
	return used;
}
