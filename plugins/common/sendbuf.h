/* SPDX-License-Identifier: MIT */
/*
 * What waits to be written to a socket, because its reader is slow.
 *
 * Nothing is allocated while the socket takes everything.  What may wait is for the
 * caller to bound: it looks at outbox_waiting() before it sends.
 */
#ifndef COMMON_SENDBUF_H
#define COMMON_SENDBUF_H

#include <stddef.h>
#include <stdint.h>

/* Starts as zeros. */
struct outbox {
	uint8_t *bytes;
	size_t len, done, size;
};

/* Writes `head` and then `body` to the socket, behind what waits already, and keeps what
 * it does not take.  0 or -errno; after an error the socket is of no more use. */
int outbox_send(struct outbox *outbox, int fd, const void *head, size_t head_len,
	const void *body, size_t body_len);

/* Writes what waits, as far as the socket takes it.  0 or -errno. */
int outbox_flush(struct outbox *outbox, int fd);

static inline size_t
outbox_waiting(const struct outbox *outbox)
{
	return outbox->len - outbox->done;
}

void outbox_finish(struct outbox *outbox);

#endif
