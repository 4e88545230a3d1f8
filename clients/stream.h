/* SPDX-License-Identifier: MIT */
/* A TCP connection with a buffer each way.  Errors are printed unless stated otherwise,
 * and if the server closed the connection, with the last line it sent. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "target.h"

#define STREAM_BUFFER 65536
#define STREAM_TIMEOUT_MS 10000

struct stream {
	int fd;
	const char *name;    /* the target's text */
	const char *hint;    /* optional: why the server may close without a message */
	char last_line[128]; /* see stream_skip_line() */
	bool ignores_stop;   /* waits for answers although stop was requested */
	int unsent;          /* bytes that the server's kernel had not taken, and */
	int64_t taken;       /* when it last took some */
	size_t out_len;
	size_t in_start, in_end; /* what was read and not used yet */
	/* Optional.  Called when bytes arrive while others are sent, so that two peers
	 * that only write do not block each other.  Takes what it wants from `in`. */
	int (*on_input)(struct stream *stream, void *context);
	void *context;
	uint8_t out[STREAM_BUFFER], in[STREAM_BUFFER];
};

/* The addresses of a target's host, for freeaddrinfo(). */
struct addrinfo;
int target_resolve(const struct target *target, struct addrinfo **all);

int stream_open(struct stream *stream, const struct target *target);

/* Into the buffer, which is flushed when it is full. */
int stream_write(struct stream *stream, const void *data, size_t len);
int stream_flush(struct stream *stream);

/* Flushes the buffer, and sends without it. */
int stream_send(struct stream *stream, const void *data, size_t len);

/* Waits for more bytes in `in` and returns their number; -EPIPE: the server closed;
 * -ETIMEDOUT, not printed.  The time counts from when the server last took what was sent:
 * it may be long behind.  A full buffer is an error of the server. */
int stream_read(struct stream *stream, int timeout_ms);

/* The next line without its CR LF or LF, terminated; *line is valid until the next call.
 * All of it must arrive in time.  Errors as stream_read(). */
int stream_line(struct stream *stream, char **line, int timeout_ms);

/* Keeps a line that was not an answer: if the server closes, it may say why. */
void stream_skip_line(struct stream *stream, const char *line);

/* Prints that the server closed, with its last line or the hint; returns -EPIPE. */
int stream_closed(struct stream *stream);

void stream_close(struct stream *stream);
