/* SPDX-License-Identifier: MIT */
/*
 * What waits to be written to a socket, because its reader is slow.
 *
 * Nothing is allocated while the socket takes everything.  What may wait is for the
 * caller to bound: it looks at sendbuf_pending() before it sends.
 */
#ifndef COMMON_SENDBUF_H
#define COMMON_SENDBUF_H

#include <stddef.h>
#include <stdint.h>

/* Starts as zeros. */
struct sendbuf {
	uint8_t *bytes;
	size_t len, done, size;
};

/* Writes `head` and then `body` to the socket, behind what waits already, and keeps what
 * it does not take.  0 or -errno; after an error the socket is of no more use. */
int sendbuf_send(struct sendbuf *sendbuf, int fd, const void *head, size_t head_len,
	const void *body, size_t body_len);

/* Writes what waits, as far as the socket takes it.  0 or -errno. */
int sendbuf_flush(struct sendbuf *sendbuf, int fd);

static inline size_t
sendbuf_pending(const struct sendbuf *sendbuf)
{
	return sendbuf->len - sendbuf->done;
}

void sendbuf_finish(struct sendbuf *sendbuf);

#endif
