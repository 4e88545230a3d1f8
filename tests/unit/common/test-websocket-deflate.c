/* SPDX-License-Identifier: MIT */
/* Compressed messages of WebSocket. */
#include "common/websocket-deflate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/websocket-protocol.h"
#include "support/unit.h"

TEST(an_offer_is_taken_if_it_can_be_served)
{
	static const char *const fine[] = {
		"permessage-deflate",
		"permessage-deflate; client_max_window_bits",
		"Permessage-Deflate ;client_max_window_bits=10; "
		"server_no_context_takeover",
		"permessage-deflate; "
		"client_max_window_bits;client_no_context_takeover",
		"x-other; a=b, permessage-deflate; "
		"server_max_window_bits=9,\tpermessage-deflate",
	};
	static const char *const wrong[] = {
		"",
		",;, ;",
		"permessage-deflatf",
		"x; permessage-deflate",
		"permessage-deflate; server_max_window_bits=9",
		"permessage-deflate; server_max_window_bits=15",
		"permessage-deflate; server_max_window_bits",
		"permessage-deflate; server_no_context_takeover=1",
		"permessage-deflate; unknown",
		("permessage-deflate; server_no_context_takeover; "
		 "server_no_context_takeover"),
		"permessage-deflate;",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(fine) / sizeof(*fine); i++)
		assert_true(websocket_deflate_is_offered(fine[i]));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_false(websocket_deflate_is_offered(wrong[i]));
}

TEST(a_message_is_compressed_only_if_that_pays)
{
	uint8_t bytes[4096], back[sizeof(bytes) + 1], *deflated;
	size_t len;

	(void)state;
	memset(bytes, 7, sizeof(bytes));
	deflated = websocket_deflate(bytes, sizeof(bytes), &len);
	assert_non_null(deflated);
	assert_true(len < 64);
	assert_int_equal(
		websocket_inflate(deflated, len, back, sizeof(back)), sizeof(bytes));
	assert_memory_equal(back, bytes, sizeof(bytes));
	assert_int_equal(websocket_inflate(deflated, len, back, 100), -EMSGSIZE);
	assert_int_equal(
		websocket_inflate(deflated, len, back, sizeof(bytes)), sizeof(bytes));
	assert_int_equal(
		websocket_inflate(deflated, len, back, sizeof(bytes) - 1), -EMSGSIZE);
	assert_int_equal(websocket_inflate(deflated, len - 9, back, sizeof(back)) > 0, 0);
	free(deflated);
	srandom(1);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)random();
	assert_null(websocket_deflate(bytes, sizeof(bytes), &len));
	assert_null(websocket_deflate(bytes, 0, &len));
	assert_null(websocket_deflate(bytes, 1, &len));
}

/* RFC 7692, 7.2.3: each of its ways to compress "Hello", and two streams in a message. */
TEST(a_message_may_end_its_stream)
{
	static const struct {
		size_t len;
		uint8_t bytes[20];
	} messages[] = {
		{ 7, { 0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00 } },
		{ 11, { 0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f,
			      0x00 } },
		{ 8, { 0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00 } },
		{ 13, { 0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9,
			      0x07, 0x00 } },
		{ 18, { 0x01, 0x02, 0x00, 0xfd, 0xff, 0x48, 0x65, 0x01, 0x03, 0x00, 0xfc,
			      0xff, 0x6c, 0x6c, 0x6f, 0x03, 0x00, 0x00 } },
	};
	uint8_t back[16];

	(void)state;
	for (size_t i = 0; i < sizeof(messages) / sizeof(*messages); i++)
		for (size_t room = 0; room < sizeof(back); room++) {
			int len = websocket_inflate(
				messages[i].bytes, messages[i].len, back, room);

			assert_int_equal(len, room < 5 ? -EMSGSIZE : 5);
			if (len == 5)
				assert_memory_equal(back, "Hello", 5);
		}
}

TEST(what_is_not_deflated_is_no_message)
{
	static const uint8_t wrong[] = { 0xff, 0xff, 0xff }, empty[] = { 0x00 };
	uint8_t back[16];

	(void)state;
	assert_int_equal(
		websocket_inflate(wrong, sizeof(wrong), back, sizeof(back)), -EBADMSG);
	assert_int_equal(websocket_inflate(empty, 1, back, sizeof(back)), 0);
}

TEST(the_first_reserved_bit_is_for_who_agreed_to_it)
{
	struct wslay_frame_iocb frame = { .fin = 1, .mask = 1, .opcode = WEBSOCKET_TEXT };

	(void)state;
	assert_true(websocket_frame_is_right(&frame, 0, true));
	frame.rsv = WEBSOCKET_RSV1;
	assert_true(websocket_frame_is_right(&frame, 0, true));
	assert_false(websocket_frame_is_right(&frame, 0, false));
	frame.opcode = WEBSOCKET_PING;
	assert_false(websocket_frame_is_right(&frame, 0, true));
	frame.opcode = WEBSOCKET_CONTINUE;
	assert_false(websocket_frame_is_right(&frame, WEBSOCKET_TEXT, true));
	frame.opcode = WEBSOCKET_BINARY;
	frame.rsv = WEBSOCKET_RSV1 | 1;
	assert_false(websocket_frame_is_right(&frame, 0, true));
}
UNIT_TESTS(NULL, NULL)
