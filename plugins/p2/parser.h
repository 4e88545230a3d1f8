/* SPDX-License-Identifier: MIT */
/*
 * What a p² client says: bytes to events, without any I/O.
 *
 * Authentication is framed by its length, everything after it by ff, which always begins
 * a message: one that is cut short is dropped, and what follows up to the next ff is
 * skipped.  However the bytes are cut, the events are the same.
 */
#ifndef P2_PARSER_H
#define P2_PARSER_H

#include <stddef.h>
#include <stdint.h>

#define P2_NAME_MAX 255
#define P2_OTP_BYTES 4

enum stream_kind {
	STREAM_NOTHING,    /* the bytes are used up */
	STREAM_AUTH,       /* once, first; stream_auth() has it */
	STREAM_REFUSED,    /* no Authentication, or a wrong one; nothing comes after it */
	STREAM_PUT,        /* x1, y1, argb */
	STREAM_SUB,        /* x1, y1, x2, y2 as they were sent, in any order */
	STREAM_HEARTBEAT,  /* an ff that was followed by another */
	STREAM_DISCONNECT, /* nothing comes after it */
	STREAM_BROKEN,     /* `type`, cut short by an ff or without a colour */
	STREAM_UNKNOWN,    /* `type` */
	STREAM_GARBAGE,    /* bytes where an ff should have been; once for all of them */
};

struct stream_event {
	enum stream_kind kind;
	uint8_t type;
	int32_t x1, y1, x2, y2;
	uint32_t argb;
};

/* Starts as zeros. */
struct stream {
	uint8_t phase;
	uint8_t body;  /* bytes that the message at hand has after ff and type */
	uint16_t held; /* of `bytes` */
	uint8_t bytes[3 + P2_NAME_MAX + P2_OTP_BYTES];
};

/* Who wants in; valid right after STREAM_AUTH. */
struct stream_auth {
	const char *name; /* `len` bytes of UTF-8, not terminated */
	size_t len;
	const uint8_t *otp; /* P2_OTP_BYTES, two digits each, the upper four bits first */
};

/* Takes bytes up to and including those of the next event, and tells how many; at
 * STREAM_NOTHING these are all.  STREAM_REFUSED and STREAM_DISCONNECT are the last. */
size_t stream_next(struct stream *stream, const uint8_t *data, size_t len,
	struct stream_event *event);

struct stream_auth stream_auth(const struct stream *stream);

#endif
