/* SPDX-License-Identifier: MIT */
/*
 * A send buffer: what a socket did not take yet, because its reader is slow.
 *
 * Nothing is allocated while the socket takes everything.  The caller bounds the buffer
 * by looking at sendbuf_pending() before it sends.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Starts as zeros. */
struct sendbuf {
	uint8_t *bytes;
	size_t len, done, size;
};

/* Sends `head` and then `body`, behind what is pending, and buffers what the socket does
 * not take.  0; or -errno, and the socket is useless. */
int sendbuf_send(struct sendbuf *sendbuf, int fd, const void *head, size_t head_len,
	const void *body, size_t body_len);

/* Sends what is pending, as far as the socket takes it.  0 or -errno. */
int sendbuf_flush(struct sendbuf *sendbuf, int fd);

static inline size_t
sendbuf_pending(const struct sendbuf *sendbuf)
{
	return sendbuf->len - sendbuf->done;
}

void sendbuf_finish(struct sendbuf *sendbuf);
