/* SPDX-License-Identifier: MIT */
/* Tests p²'s numbers, colours and parser: the whole range, the vectors, any cut. */
#include <stdio.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "lib/utf8.h"
#include "p2/block.h"
#include "p2/parser.h"
#include "p2/wire.h"
#include "support/vectors.h"

#define STREAM_BYTES 1024
#define EVENTS_TEXT 4096

/* [r, g, b] of five bits each. */
static uint32_t
get_rgb15(const json_t *vector)
{
	uint32_t rgb15 = 0;
	json_t *item;
	size_t i;

	json_array_foreach(json_object_get(vector, "rgb5"), i, item)
	{
		rgb15 = rgb15 << 5 | json_integer_value(item);
	}
	return rgb15;
}

/* ------------------------------------------------------------------- numbers */

TEST(every_coordinate_round_trips)
{
	static uint8_t seen[65536];
	unsigned n = 0;

	for (int32_t c = -P2_COORDINATE_MAX; c <= P2_COORDINATE_MAX; c++) {
		uint8_t bytes[2];

		p2_coordinate_encode(c, bytes);
		assert_true(bytes[0] != 0xff && bytes[1] != 0xff);
		assert_false(seen[bytes[0] << 8 | bytes[1]]++);
		assert_int_equal(p2_coordinate_decode(bytes), c);
		n++;
	}
	assert_int_equal(n, 65025);
}

TEST(every_colour_round_trips)
{
	static uint8_t seen[65536];

	for (uint32_t rgb15 = 0; rgb15 < P2_COLOURS; rgb15++) {
		uint32_t back = 0, argb = p2_argb_from_rgb15(rgb15);
		uint8_t bytes[2];

		p2_colour_encode(rgb15, bytes);
		assert_true(bytes[0] != 0xff && bytes[1] != 0xff);
		assert_true(bytes[0] != 0 || bytes[1] != 0);
		assert_false(seen[bytes[0] << 8 | bytes[1]]++);
		assert_true(p2_colour_decode(bytes, &back));
		assert_int_equal(back, rgb15);
		assert_int_equal(p2_rgb15_from_argb(argb), rgb15);
		for (int shift = 0; shift < 3; shift++) {
			uint32_t five = rgb15 >> 5 * shift & 31;

			assert_int_equal(argb >> 8 * shift & 255, five << 3 | five >> 2);
		}
	}
}

TEST(names_are_utf8)
{
	static const struct {
		const char *text;
		bool valid;
	} cases[] = {
		{ "x", true },
		{ "\xc3\xa9", true },
		{ "\xe2\x82\xac", true },
		{ "\xf0\x9f\x8e\xa8", true },
		{ "\xf4\x8f\xbf\xbf", true },
		{ "\xc3", false },
		{ "\xc3(", false },
		{ "\x80", false },
		{ "\xc0\x80", false },
		{ "\xe0\x80\x80", false },
		{ "\xe0\x9f\xbf", false },
		{ "\xed\xa0\x80", false },
		{ "\xf0\x8f\xbf\xbf", false },
		{ "\xf4\x90\x80\x80", false },
		{ "\xf5\x80\x80\x80", false },
		{ "\xe2\x82", false },
		{ "\xff", false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(utf8_is_valid(cases[i].text, strlen(cases[i].text)),
			cases[i].valid);
}

/* ------------------------------------------------------------------- vectors */

static void
check_coordinate(const json_t *vector)
{
	const json_t *value = vector_get(vector, "value");
	uint8_t want[STREAM_BYTES], bytes[2];

	if (!vector_get(vector, "hex")) {
		assert_true(llabs(json_integer_value(value)) > P2_COORDINATE_MAX);
		return;
	}
	assert_int_equal(vector_bytes(vector, "hex", want), 2);
	if (!value) {
		assert_true(want[0] == 0xff || want[1] == 0xff);
		return;
	}
	p2_coordinate_encode(json_integer_value(value), bytes);
	assert_memory_equal(bytes, want, 2);
	assert_int_equal(p2_coordinate_decode(want), json_integer_value(value));
}

static void
check_colour(const json_t *vector, bool encodes)
{
	uint32_t rgb15 = get_rgb15(vector), back = 0;
	uint8_t want[STREAM_BYTES], bytes[2];

	assert_int_equal(vector_bytes(vector, "hex", want), 2);
	assert_true(p2_colour_decode(want, &back));
	assert_int_equal(back, rgb15);
	assert_int_equal(p2_coordinate_decode(want), vector_number(vector, "value"));
	if (!encodes)
		return;
	p2_colour_encode(rgb15, bytes);
	assert_memory_equal(bytes, want, 2);
	assert_int_equal(
		p2_argb_from_rgb15(rgb15), (0xff000000 | vector_hex(vector, "rgb8")));
}

static void
check_rgb8(const json_t *vector)
{
	uint32_t rgb15 = p2_rgb15_from_argb((0xff000000 | vector_hex(vector, "rgb8")));
	uint8_t want[STREAM_BYTES], bytes[2];

	assert_int_equal(rgb15, get_rgb15(vector));
	assert_int_equal(vector_bytes(vector, "hex", want), 2);
	p2_colour_encode(rgb15, bytes);
	assert_memory_equal(bytes, want, 2);
	assert_int_equal(p2_argb_from_rgb15(rgb15),
		(0xff000000 | vector_hex(vector, "back_to_rgb8")));
}

/* An event as one line of text, from the parser or from a vector. */
static void
print_event(char *text, const struct p2_parser *parser, const struct p2_event *event)
{
	struct p2_auth auth = p2_parser_auth(parser);

	switch (event->kind) {
	case P2_EVENT_AUTH:
		sprintf(text, "auth %.*s %02x%02x%02x%02x\n", (int)auth.len, auth.name,
			auth.otp[0], auth.otp[1], auth.otp[2], auth.otp[3]);
		break;
	case P2_EVENT_BAD_AUTH:
		sprintf(text, "auth-error\n");
		break;
	case P2_EVENT_PUT:
		sprintf(text, "put %d %d %08x\n", event->x1, event->y1, event->argb);
		break;
	case P2_EVENT_SUB:
		sprintf(text, "sub %d %d %d %d\n", event->x1, event->y1, event->x2,
			event->y2);
		break;
	case P2_EVENT_HEARTBEAT:
		sprintf(text, "heartbeat\n");
		break;
	case P2_EVENT_DISCONNECT:
		sprintf(text, "disconnect\n");
		break;
	case P2_EVENT_MALFORMED:
		sprintf(text, "broken %02x\n", event->type);
		break;
	case P2_EVENT_UNKNOWN:
		sprintf(text, "unknown %02x\n", event->type);
		break;
	default:
		*text = '\0';
	}
}

static void
print_expected(char *text, const json_t *vector)
{
	const char *kind = vector_text(vector, "ev");

	if (strcmp(kind, "auth") == 0) {
		sprintf(text, "auth %s %s\n", vector_text(vector, "user"),
			vector_text(vector, "otp"));
	} else if (strcmp(kind, "put") == 0) {
		sprintf(text, "put %ld %ld %08x\n", vector_number(vector, "x"),
			vector_number(vector, "y"),
			(0xff000000 | vector_hex(vector, "rgb8")));
	} else if (strcmp(kind, "sub") == 0) {
		long x1 = vector_number(vector, "x1");
		long x2 = vector_number(vector, "x2");

		assert_int_equal(json_is_true(vector_get(vector, "valid")), x1 <= x2);
		sprintf(text, "sub %ld %ld %ld %ld\n", x1, vector_number(vector, "y1"),
			x2, vector_number(vector, "y2"));
	} else if (vector_get(vector, "type")) {
		sprintf(text, "%s %s\n", kind, vector_text(vector, "type"));
	} else {
		sprintf(text, "%s\n", kind);
	}
}

/* Feeds pieces of `step` bytes and prints the events.  A last ff may yet begin a message
 * or be a heartbeat; another ff tells. */
static void
run_stream(const uint8_t *bytes, size_t len, size_t step, char *text)
{
	struct p2_parser parser = { 0 };

	*text = '\0';
	for (size_t at = 0; at < len;) {
		size_t piece = len - at < step ? len - at : step, used = 0;

		while (used < piece) {
			struct p2_event event;

			used += p2_parser_next(
				&parser, bytes + at + used, piece - used, &event);
			print_event(text + strlen(text), &parser, &event);
			assert_true(strlen(text) < EVENTS_TEXT / 2);
		}
		at += piece;
	}
}

static void
check_stream(const json_t *vector)
{
	char want[EVENTS_TEXT] = "", got[EVENTS_TEXT];
	uint8_t bytes[STREAM_BYTES];
	size_t len = vector_bytes(vector, "hex", bytes), i;
	json_t *event;

	json_array_foreach(json_object_get(vector, "events"), i, event)
	{
		print_expected(want + strlen(want), event);
	}
	if (len >= 2 && bytes[len - 1] == 0xff)
		bytes[len++] = 0xff;
	for (size_t step = 1; step <= len; step++) {
		run_stream(bytes, len, step, got);
		if (strcmp(got, want) != 0)
			print_message("%s, in steps of %zu:\n%s",
				vector_text(vector, "name"), step, got);
		assert_string_equal(got, want);
	}
}

TEST(vectors_hold)
{
	json_t *file = vectors_load("p2.json"), *v;
	size_t n;

	json_array_foreach(json_object_get(file, "vectors"), n, v)
	{
		const char *kind = vector_text(v, "kind");

		if (strcmp(kind, "coordinate") == 0)
			check_coordinate(v);
		else if (strcmp(kind, "colour") == 0)
			check_colour(v, true);
		else if (strcmp(kind, "colour-decode") == 0)
			check_colour(v, false);
		else if (strcmp(kind, "client-stream") == 0)
			check_stream(v);
		else if (strcmp(kind, "rgb8-to-p2") == 0)
			check_rgb8(v);
		else
			assert_string_equal(kind, "server-update"); /* test-p2-shadow's */
	}
	json_decref(file);
	assert_int_equal(n, 60);
}

/* ------------------------------------------------------------------- streams */

static const char honest[] = "ffa0027079310000"
			     "1234ffd000000000bb3dff12ffaf00bf00a300400024ffffd0000112"
			     "34ffd0000100010426ff00ffd00001000104260a";

TEST(bad_messages_cost_only_themselves)
{
	static const struct {
		const char *hex, *events;
	} cases[] = {
		{ "ffa1", "auth-error\n" },
		{ "00", "auth-error\n" },
		{ "ffa0ff", "auth-error\n" },
		{ "ffa000780000a000", "auth-error\n" },
		{ "ffa00078000f0000", "auth-error\n" },
		{ "ffa00078ff000000", "auth-error\n" },
		{ "ffa0007800000000ffd0000000000000ffd0000000000001",
			"auth x 00000000\nbroken d0\nput 0 0 ff000000\n" },
		{ "ffa0007800000000ffd0ffd0ffd0000000000001",
			"auth x 00000000\nbroken d0\nbroken d0\nput 0 0 ff000000\n" },
		{ "ffa0007800000000ffaf00000000000000ffd0000000000001",
			"auth x 00000000\nbroken af\nput 0 0 ff000000\n" },
		{ "ffa0007800000000ffd000000000ff00", "auth x 00000000\nbroken d0\n"
						      "disconnect\n" },
		{ "ffa0007800000000ffa000780000000000ffff",
			"auth x 00000000\nunknown a0\nheartbeat\n" },
		/* without its ff there is no message */
		{ "ffa0007800000000ffd0000000000001d0000000000001ffd0000100000001",
			"auth x 00000000\nput 0 0 ff000000\nput 1 0 ff000000\n" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t bytes[STREAM_BYTES];
		char got[EVENTS_TEXT];
		size_t len = bytes_of_hex(cases[i].hex, bytes);

		for (size_t step = 1; step <= len; step++) {
			run_stream(bytes, len, step, got);
			assert_string_equal(got, cases[i].events);
		}
	}
}

TEST(any_bytes_are_taken)
{
	uint8_t bytes[STREAM_BYTES], changed[STREAM_BYTES];
	size_t len = bytes_of_hex(honest, bytes + 1) + 1;

	srandom(7);
	for (int round = 0; round < 20000; round++) {
		size_t changes = random() % 6, cut = 2 + random() % (len - 1);

		memcpy(changed, bytes, len);
		changed[0] = random();
		for (size_t i = 0; i < changes; i++)
			changed[1 + random() % (len - 1)] =
				random() % 3 ? random() : 0xff;
		LLVMFuzzerTestOneInput(changed, cut);
	}
}

/* What `make fuzz` found worth keeping. */
/* -------------------------------------------------------------------- blocks */

/* A stream that is not fed yet, its login and `n` Puts of any bytes but ff. */
static size_t
make_puts(uint8_t *stream, unsigned n)
{
	static const uint8_t login[] = { 0xff, 0xa0, 0, 'b', 0, 0, 0, 0 };
	uint8_t *p = stream + sizeof(login);

	memcpy(stream, login, sizeof(login));
	for (unsigned i = 0; i < n; i++, p += P2_PUT_BYTES) {
		p[0] = 0xff;
		p[1] = 0xd0;
		for (unsigned k = 2; k < P2_PUT_BYTES; k++)
			p[k] = (uint8_t)(random() % 255);
		if (p[6] == 0 && p[7] == 0)
			p[7] = 1;
	}
	return (size_t)(p - stream);
}

/* By the parser alone. */
static void
assert_block_is(const struct p2_block *block, struct p2_parser *parser, const uint8_t *p)
{
	for (unsigned i = 0; i < P2_BLOCK; i++, p += P2_PUT_BYTES) {
		struct p2_event event;

		assert_int_equal(p2_parser_next(parser, p, P2_PUT_BYTES, &event), 8);
		assert_int_equal(event.kind, P2_EVENT_PUT);
		assert_int_equal(block->x[i], event.x1);
		assert_int_equal(block->y[i], event.y1);
		assert_int_equal(block->argb[i], event.argb);
	}
}

TEST(a_block_is_its_puts)
{
	uint8_t stream[8 + P2_BLOCK_BYTES];

	for (int round = 0; round < 3000; round++) {
		struct p2_parser parser = { 0 };
		struct p2_event event;
		struct p2_block block;

		make_puts(stream, P2_BLOCK);
		p2_parser_next(&parser, stream, 8, &event);
		assert_true(
			p2_parser_block(&parser, stream + 8, sizeof(stream) - 8, &block));
		assert_block_is(&block, &parser, stream + 8);
	}
}

/* Every byte of one wrong, by turns, and every length that is too short. */
TEST(what_is_no_block_is_left)
{
	uint8_t stream[8 + P2_BLOCK_BYTES];
	struct p2_parser parser = { 0 };
	struct p2_event event;
	struct p2_block block;

	make_puts(stream, P2_BLOCK);
	assert_false(p2_parser_block(&parser, stream + 8, P2_BLOCK_BYTES, &block));
	p2_parser_next(&parser, stream, 8, &event);
	for (size_t len = 0; len < P2_BLOCK_BYTES; len += 7)
		assert_false(p2_parser_block(&parser, stream + 8, len, &block));
	for (size_t at = 8; at < sizeof(stream); at++) {
		const uint8_t kept = stream[at];

		stream[at] = at % P2_PUT_BYTES == 0 ? 0xfe : 0xff;
		assert_false(
			p2_parser_block(&parser, stream + 8, P2_BLOCK_BYTES, &block));
		stream[at] = kept;
	}
	for (size_t at = 8; at < sizeof(stream); at += P2_PUT_BYTES) {
		const uint8_t kept[] = { stream[at + 6], stream[at + 7] };

		stream[at + 6] = stream[at + 7] = 0;
		assert_false(
			p2_parser_block(&parser, stream + 8, P2_BLOCK_BYTES, &block));
		memcpy(stream + at + 6, kept, sizeof(kept));
	}
	assert_true(p2_parser_block(&parser, stream + 8, P2_BLOCK_BYTES, &block));
}

TEST(the_corpus_does_no_harm)
{
	assert_true(fuzz_replay("p2") > 10);
}

UNIT_TESTS(NULL, NULL)
