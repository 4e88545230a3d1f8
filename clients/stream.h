/* SPDX-License-Identifier: MIT */
/* A TCP connection with a buffer each way.  Whoever fails has said why, with the server's
 * name and, when the server closed, the last thing it said. */
#ifndef STREAM_H
#define STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "target.h"

#define STREAM_BUFFER 65536
#define STREAM_TIMEOUT_MS 10000

struct stream {
	int fd;
	const char *name;    /* the target's text */
	const char *hint;    /* optional: why one that says nothing may close */
	char last_line[128]; /* the last line that was no answer, see stream_skip_line()
			      */
	bool ignores_stop;   /* who was asked to stop waits for answers all the same */
	size_t out_len;
	size_t in_start, in_end; /* what was read and not yet taken */
	/* Optional.  Called when bytes arrive while others are sent, so that two that
	 * only write do not wait for each other.  It takes what it wants from `in`. */
	int (*on_input)(struct stream *stream, void *context);
	void *context;
	uint8_t out[STREAM_BUFFER], in[STREAM_BUFFER];
};

/* The addresses of a target's host, for freeaddrinfo(). */
struct addrinfo;
int target_resolve(const struct target *target, struct addrinfo **all);

int stream_open(struct stream *stream, const struct target *target);

/* Into the buffer; when it is full, onto the wire. */
int stream_write(struct stream *stream, const void *data, size_t len);
int stream_flush(struct stream *stream);

/* Straight onto the wire, after what the buffer holds. */
int stream_send(struct stream *stream, const void *data, size_t len);

/* Waits for more bytes behind those in `in`; how many came; -EPIPE: the server closed;
 * -ETIMEDOUT, silent.  A full buffer is an error of the server. */
int stream_read(struct stream *stream, int timeout_ms);

/* The next line without its end, CR LF or LF, with a 0 instead; *line is valid until the
 * next call.  All of it must come within the time.  Errors as stream_read(). */
int stream_line(struct stream *stream, char **line, int timeout_ms);

/* Passes over a line that was no answer.  Should the server close, it may say why. */
void stream_skip_line(struct stream *stream, const char *line);

/* Says that the server closed, and what it said last or the hint; returns -EPIPE. */
int stream_closed(struct stream *stream);

void stream_close(struct stream *stream);

#endif
