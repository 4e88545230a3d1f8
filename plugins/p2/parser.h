/* SPDX-License-Identifier: MIT */
/*
 * Parses what p² clients send, bytes to events, without I/O.
 *
 * Authentication is framed by its length, everything after it by ff, which always begins
 * a message: one that is cut short is dropped, and other bytes before the next ff are
 * skipped.  However the stream is cut, the events are the same.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct p2_block;

#define P2_NAME_MAX 255
#define P2_OTP_BYTES 4

enum p2_event_kind {
	P2_EVENT_NONE,       /* the bytes are used up */
	P2_EVENT_AUTH,       /* once, first; p2_parser_auth() has it */
	P2_EVENT_BAD_AUTH,   /* no Authentication, or a malformed one; the last event */
	P2_EVENT_PUT,        /* x1, y1, argb */
	P2_EVENT_SUB,        /* x1, y1, x2, y2 as they were sent, in any order */
	P2_EVENT_HEARTBEAT,  /* an ff that was followed by another */
	P2_EVENT_DISCONNECT, /* the last event */
	P2_EVENT_MALFORMED,  /* `type`, cut short by an ff or without a colour */
	P2_EVENT_UNKNOWN,    /* `type` */
	P2_EVENT_GARBAGE,    /* bytes where an ff should be; once for all of them */
};

struct p2_event {
	enum p2_event_kind kind;
	uint8_t type;
	int32_t x1, y1, x2, y2;
	uint32_t argb;
};

/* Starts as zeros. */
struct p2_parser {
	uint8_t phase;
	uint8_t body;  /* bytes of the present message after ff and type */
	uint16_t held; /* of `bytes` */
	uint8_t bytes[3 + P2_NAME_MAX + P2_OTP_BYTES];
};

/* An Authentication; valid right after P2_EVENT_AUTH. */
struct p2_auth {
	const char *name; /* `len` bytes of UTF-8, not terminated */
	size_t len;
	const uint8_t *otp; /* P2_OTP_BYTES, two digits each, the upper four bits first */
};

/* Consumes bytes up to the end of the next event, and returns how many; with
 * P2_EVENT_NONE all of them. */
size_t p2_parser_next(struct p2_parser *parser, const uint8_t *data, size_t len,
	struct p2_event *event);

/* Decodes a block of Puts (block.h), which the caller then consumes.  False: the next
 * messages are not as many Puts, whole and valid; p2_parser_next() takes them. */
bool p2_parser_block(const struct p2_parser *parser, const uint8_t *data, size_t len,
	struct p2_block *block);

struct p2_auth p2_parser_auth(const struct p2_parser *parser);
