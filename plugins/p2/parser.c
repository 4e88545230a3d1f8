/* SPDX-License-Identifier: MIT */
/* Parses messages of p² clients, however the stream is cut. */
#include "p2/parser.h"

#include <stdbool.h>
#include <string.h>

#include "lib/utf8.h"
#include "p2/block.h"
#include "p2/wire.h"

enum phase {
	PHASE_AUTH,
	PHASE_BETWEEN, /* a message ended; only an ff may follow */
	PHASE_SKIP,    /* up to the next ff */
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

struct p2_auth
p2_parser_auth(const struct p2_parser *parser)
{
	size_t len = parser->bytes[2] + 1u;

	return (struct p2_auth){
		.name = (const char *)parser->bytes + AUTH_HEAD,
		.len = len,
		.otp = parser->bytes + AUTH_HEAD + len,
	};
}

static size_t
auth_length(const struct p2_parser *parser)
{
	if (parser->held < AUTH_HEAD)
		return AUTH_HEAD;
	return AUTH_HEAD + parser->bytes[2] + 1u + P2_OTP_BYTES;
}

/* Whether it can no longer become an Authentication, as early as possible. */
static bool
auth_is_wrong(const struct p2_parser *parser)
{
	static const uint8_t head[] = { START, TYPE_AUTH };
	size_t given = parser->held < sizeof(head) ? parser->held : sizeof(head);

	return memcmp(parser->bytes, head, given) != 0 ||
	       (parser->held >= AUTH_HEAD && parser->bytes[2] == 0xff);
}

static size_t
take_auth(
	struct p2_parser *parser, const uint8_t *data, size_t len, struct p2_event *event)
{
	size_t wanted = auth_length(parser) - parser->held;

	if (wanted > len)
		wanted = len;
	memcpy(parser->bytes + parser->held, data, wanted);
	parser->held += wanted;
	if (auth_is_wrong(parser)) {
		event->kind = P2_EVENT_BAD_AUTH;
		parser->phase = PHASE_OVER;
	} else if (parser->held == auth_length(parser)) {
		struct p2_auth auth = p2_parser_auth(parser);
		bool right = utf8_is_valid(auth.name, auth.len) && are_digits(auth.otp);

		event->kind = right ? P2_EVENT_AUTH : P2_EVENT_BAD_AUTH;
		parser->phase = right ? PHASE_BETWEEN : PHASE_OVER;
	}
	return wanted;
}

static void
begin_body(struct p2_parser *parser, uint8_t type, uint8_t length)
{
	parser->phase = PHASE_BODY;
	parser->body = length;
	parser->bytes[0] = type;
	parser->held = 1;
}

static void
take_type(struct p2_parser *parser, uint8_t type, struct p2_event *event)
{
	switch (type) {
	case START:
		event->kind = P2_EVENT_HEARTBEAT;
		break;
	case TYPE_PUT:
		begin_body(parser, type, PUT_BODY);
		break;
	case TYPE_SUB:
		begin_body(parser, type, SUB_BODY);
		break;
	case TYPE_DISCONNECT:
		event->kind = P2_EVENT_DISCONNECT;
		parser->phase = PHASE_OVER;
		break;
	default:
		event->kind = P2_EVENT_UNKNOWN;
		event->type = type;
		parser->phase = PHASE_SKIP;
	}
}

static void
set_put(struct p2_event *event, const uint8_t *body)
{
	uint32_t rgb15;

	if (!p2_colour_decode(body + 4, &rgb15)) {
		event->kind = P2_EVENT_MALFORMED;
		event->type = TYPE_PUT;
		return;
	}
	event->kind = P2_EVENT_PUT;
	event->x1 = p2_coordinate_decode(body);
	event->y1 = p2_coordinate_decode(body + 2);
	event->argb = p2_argb_from_rgb15(rgb15);
}

static void
set_sub(struct p2_event *event, const uint8_t *body)
{
	event->kind = P2_EVENT_SUB;
	event->x1 = p2_coordinate_decode(body);
	event->y1 = p2_coordinate_decode(body + 2);
	event->x2 = p2_coordinate_decode(body + 4);
	event->y2 = p2_coordinate_decode(body + 6);
}

static size_t
take_body(
	struct p2_parser *parser, const uint8_t *data, size_t len, struct p2_event *event)
{
	size_t wanted = 1u + parser->body - parser->held;

	if (wanted > len)
		wanted = len;
	for (size_t i = 0; i < wanted; i++) {
		if (data[i] == START) { /* which begins the next message */
			event->kind = P2_EVENT_MALFORMED;
			event->type = parser->bytes[0];
			parser->phase = PHASE_TYPE;
			return i + 1;
		}
		parser->bytes[parser->held++] = data[i];
	}
	if (parser->held == 1u + parser->body) {
		parser->phase = PHASE_BETWEEN;
		if (parser->bytes[0] == TYPE_PUT)
			set_put(event, parser->bytes + 1);
		else
			set_sub(event, parser->bytes + 1);
	}
	return wanted;
}

/* Whether there is an ff among the six bytes behind the first two: that byte of the
 * inverse is zero, and borrows. */
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

/* The fast path: a whole Put without an ff inside. */
static bool
take_whole_put(const uint8_t *data, size_t len, struct p2_event *event)
{
	if (len < 2 + PUT_BODY || data[0] != START || data[1] != TYPE_PUT ||
		has_start(data))
		return false;
	set_put(event, data + 2);
	return true;
}

static size_t
take_start(
	struct p2_parser *parser, const uint8_t *data, size_t len, struct p2_event *event)
{
	const uint8_t *start;

	if (take_whole_put(data, len, event)) {
		parser->phase = PHASE_BETWEEN;
		return 2 + PUT_BODY;
	}
	if (data[0] == START) {
		parser->phase = PHASE_TYPE;
		return 1;
	}
	if (parser->phase == PHASE_BETWEEN) {
		event->kind = P2_EVENT_GARBAGE;
		parser->phase = PHASE_SKIP;
	}
	start = memchr(data, START, len);
	return start ? (size_t)(start - data) : len;
}

size_t
p2_parser_next(
	struct p2_parser *parser, const uint8_t *data, size_t len, struct p2_event *event)
{
	size_t used = 0;

	event->kind = P2_EVENT_NONE;
	if (parser->phase == PHASE_BETWEEN && take_whole_put(data, len, event))
		return 2 + PUT_BODY;
	while (used < len && event->kind == P2_EVENT_NONE) {
		switch (parser->phase) {
		case PHASE_AUTH:
			used += take_auth(parser, data + used, len - used, event);
			break;
		case PHASE_TYPE:
			take_type(parser, data[used++], event);
			break;
		case PHASE_BODY:
			used += take_body(parser, data + used, len - used, event);
			break;
		case PHASE_OVER:
			return len;
		default:
			used += take_start(parser, data + used, len - used, event);
		}
	}
	return used;
}

bool
p2_parser_block(const struct p2_parser *parser, const uint8_t *data, size_t len,
	struct p2_block *block)
{
	return parser->phase == PHASE_BETWEEN && len >= P2_BLOCK_BYTES &&
	       p2_block_decode(block, data);
}
