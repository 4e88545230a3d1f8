/* SPDX-License-Identifier: MIT */
/*
 * The protocol of WebSocket (RFC 6455) without sockets: what a server must answer to a
 * handshake, which frames are right, how its own begin.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wslay/wslay.h>

/* Close codes of RFC 6455, 7.4.1. */
enum {
	WEBSOCKET_NORMAL = 1000,
	WEBSOCKET_GOING_AWAY = 1001,
	WEBSOCKET_PROTOCOL_ERROR = 1002,
	WEBSOCKET_POLICY = 1008,
	WEBSOCKET_TOO_BIG = 1009,
};

/* Opcodes; with eight in them of control frames. */
enum {
	WEBSOCKET_CONTINUE = 0,
	WEBSOCKET_TEXT = 1,
	WEBSOCKET_BINARY = 2,
	WEBSOCKET_CONTROL = 8,
	WEBSOCKET_CLOSE = 8,
	WEBSOCKET_PING = 9,
	WEBSOCKET_PONG = 10,
};

/* The longest payload of a control frame. */
#define WEBSOCKET_CONTROL_MAX 125

/* The room for Sec-WebSocket-Accept, with its end. */
#define WEBSOCKET_ANSWER_MAX 32

/* Section 4.2.2: proves that the request was understood.  False: it is no key. */
bool websocket_accept_key(const char *key, char answer[WEBSOCKET_ANSWER_MAX]);

/* Whether a comma-separated list has the word, in upper or lower case. */
bool websocket_list_has(const char *list, const char *word);

/* The rules between frames of a client (wslay checks those within one): `message_opcode`
 * of the message that has begun, or 0; `deflate`: messages may be compressed. */
bool websocket_frame_is_right(
	const struct wslay_frame_iocb *frame, uint8_t message_opcode, bool deflate);

/* What a close frame with this payload is to be answered with: its code, 0: none, or
 * WEBSOCKET_PROTOCOL_ERROR, if it is `wrong`. */
uint16_t websocket_close_code(const uint8_t *payload, size_t len, bool *wrong);

/* The length of the header of a client's frame, which is masked, in its shortest form:
 * the only one that wslay takes. */
static inline size_t
websocket_frame_header_len(uint64_t payload_len)
{
	return 6 + (payload_len < 126 ? 0 : payload_len < 65536 ? 2 : 8);
}

/* The first reserved bit of a frame: its message is compressed. */
#define WEBSOCKET_RSV1 4

/* For one message to many clients: writes the header of a frame with a whole message of
 * `len` bytes.  Returns its length. */
#define WEBSOCKET_HEADER_MAX 10
static inline size_t
websocket_frame_header(uint8_t head[WEBSOCKET_HEADER_MAX], int opcode, size_t len)
{
	size_t head_len = 2;

	head[0] = 0x80 | opcode;
	if (len < 126) {
		head[1] = len;
	} else if (len < 65536) {
		head[1] = 126;
		head_len = 4;
	} else {
		head[1] = 127;
		head_len = 10;
	}
	for (size_t i = head_len, n = len; i > 2; n >>= 8)
		head[--i] = n;
	return head_len;
}
