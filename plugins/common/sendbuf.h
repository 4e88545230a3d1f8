/* SPDX-License-Identifier: MIT */
/*
 * A send buffer: what a socket did not take yet, because its reader is slow.
 *
 * Nothing is allocated while the socket takes everything.  The caller bounds the buffer
 * by looking at sendbuf_pending() before it sends.  All of a pool together have a bound,
 * too: when it is reached, the source that holds most gives way (claims.h).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

/* Of all send buffers of a pool. */
#define SENDBUFS_BYTES_MAX (32 * 1024 * 1024)

struct sendbuf;

/* Buffers that have something pending.  To be initialized with TAILQ_INIT(). */
struct sendbuf_pool {
	TAILQ_HEAD(sendbuf_list, sendbuf)
	waiting;      /* the one without progress for longest first */
	size_t bytes; /* allocated for them */
};

/* Starts as zeros, but for the first three. */
struct sendbuf {
	struct sendbuf_pool *pool;
	uint64_t source; /* mural_source() of the client */
	/* Disconnects the client soon: others need the room. */
	void (*drop)(struct sendbuf *sendbuf);

	uint8_t *bytes;
	size_t len, done, size;
	TAILQ_ENTRY(sendbuf) in_pool; /* while size > 0 */
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

/* Drops what is pending; it may be used again. */
void sendbuf_finish(struct sendbuf *sendbuf);
