/* SPDX-License-Identifier: MIT */
/*
 * Compressed messages of WebSocket: permessage-deflate (RFC 7692), each message by
 * itself, so that one which many clients are sent is compressed once.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* To be added to the opcode of a compressed message. */
#define WEBSOCKET_DEFLATED 0x40

/* What is answered in Sec-WebSocket-Extensions to one who offers it. */
#define WEBSOCKET_DEFLATE_ANSWER                                                         \
	"permessage-deflate; server_no_context_takeover; client_no_context_takeover"

/* Whether one of the offers in Sec-WebSocket-Extensions can be answered with that. */
bool websocket_deflate_is_offered(const char *offers);

/* Compresses a message; *deflated_len bytes, to be freed.  NULL: it would not be shorter
 * by a quarter, or memory is short, and it is to be sent as it is. */
uint8_t *websocket_deflate(const uint8_t *bytes, size_t len, size_t *deflated_len);

/* The length of a client's message when it is inflated to `to`.  -EBADMSG: it is wrong;
 * -EMSGSIZE: longer than `room`; -ENOMEM. */
int websocket_inflate(const uint8_t *bytes, size_t len, uint8_t *to, size_t room);
