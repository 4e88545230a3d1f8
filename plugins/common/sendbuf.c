/* SPDX-License-Identifier: MIT */
/* Buffers what a socket does not take at once. */
#include "common/sendbuf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "common/claims.h"
#include "lib/memory-left.h"

/* Returns what the socket took; 0 if it is full. */
static ssize_t
socket_write(int fd, struct iovec *parts, size_t n)
{
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = n };
	ssize_t written;

	do
		written = sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (written < 0 && errno == EINTR);
	if (written < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -errno;
	return written;
}

/* Frees more than is needed, so that clients need not be ranked again for every byte
 * beyond the bound. */
static void
pool_make_room(struct sendbuf_pool *pool, const struct sendbuf *keep)
{
	size_t max = pool->bytes, n = 0, i = 0;
	struct claim *claims;
	struct sendbuf *sendbuf;

	if (max > SENDBUFS_BYTES_MAX)
		max = SENDBUFS_BYTES_MAX;
	max -= max / 8;
	TAILQ_FOREACH(sendbuf, &pool->waiting, in_pool)
	n++;
	claims = calloc(n, sizeof(*claims));
	if (!claims)
		return;
	TAILQ_FOREACH(sendbuf, &pool->waiting, in_pool)
	{
		claims[i] = (struct claim){ .who = sendbuf,
			.source = sendbuf->source,
			.age = i,
			.amount = sendbuf->size };
		i++;
	}
	claims_rank(claims, n);
	for (i = 0; i < n && pool->bytes > max; i++) {
		sendbuf = claims[i].who;
		if (sendbuf == keep)
			continue;
		sendbuf_finish(sendbuf);
		sendbuf->drop(sendbuf);
	}
	free(claims);
}

static int
sendbuf_grow(struct sendbuf *sendbuf, size_t size)
{
	struct sendbuf_pool *pool = sendbuf->pool;
	uint8_t *larger = realloc(sendbuf->bytes, size);

	if (!larger)
		return -ENOMEM;
	if (sendbuf->size == 0)
		TAILQ_INSERT_TAIL(&pool->waiting, sendbuf, in_pool);
	pool->bytes += size - sendbuf->size;
	sendbuf->bytes = larger;
	sendbuf->size = size;
	if (pool->bytes > SENDBUFS_BYTES_MAX || !memory_is_left(2 * MEMORY_RESERVE))
		pool_make_room(pool, sendbuf);
	return 0;
}

/* Forgets what was sent, if that is half of it at least: for a reader that never takes
 * all of it the memory would grow for ever. */
static void
sendbuf_compact(struct sendbuf *sendbuf)
{
	if (sendbuf->done == 0 || sendbuf->done < sendbuf->len / 2)
		return;
	sendbuf->len -= sendbuf->done;
	memmove(sendbuf->bytes, sendbuf->bytes + sendbuf->done, sendbuf->len);
	sendbuf->done = 0;
}

static int
sendbuf_append(struct sendbuf *sendbuf, const uint8_t *bytes, size_t len)
{
	size_t wanted;

	if (sendbuf->len + len > sendbuf->size)
		sendbuf_compact(sendbuf);
	wanted = sendbuf->len + len;
	if (wanted > sendbuf->size &&
		sendbuf_grow(sendbuf, sendbuf->len > len ? 2 * sendbuf->len : wanted) < 0)
		return -ENOMEM;
	memcpy(sendbuf->bytes + sendbuf->len, bytes, len);
	sendbuf->len += len;
	return 0;
}

int
sendbuf_send(struct sendbuf *sendbuf, int fd, const void *head, size_t head_len,
	const void *body, size_t body_len)
{
	struct iovec parts[] = { { (void *)head, head_len }, { (void *)body, body_len } };
	ssize_t written = 0;
	size_t head_done, body_done;
	int ret = 0;

	if (sendbuf_pending(sendbuf) == 0)
		written = socket_write(fd, parts, 2);
	if (written < 0)
		return written;
	head_done = (size_t)written < head_len ? (size_t)written : head_len;
	body_done = written - head_done;
	if (head_done < head_len)
		ret = sendbuf_append(
			sendbuf, (const uint8_t *)head + head_done, head_len - head_done);
	if (ret == 0 && body_done < body_len)
		ret = sendbuf_append(
			sendbuf, (const uint8_t *)body + body_done, body_len - body_done);
	return ret;
}

int
sendbuf_flush(struct sendbuf *sendbuf, int fd)
{
	while (sendbuf_pending(sendbuf) > 0) {
		struct iovec part = { sendbuf->bytes + sendbuf->done,
			sendbuf_pending(sendbuf) };
		ssize_t written = socket_write(fd, &part, 1);

		if (written < 0)
			return written;
		if (written == 0)
			return 0;
		sendbuf->done += written;
		TAILQ_REMOVE(&sendbuf->pool->waiting, sendbuf, in_pool);
		TAILQ_INSERT_TAIL(&sendbuf->pool->waiting, sendbuf, in_pool);
	}
	sendbuf_finish(sendbuf);
	return 0;
}

void
sendbuf_finish(struct sendbuf *sendbuf)
{
	if (sendbuf->size > 0) {
		TAILQ_REMOVE(&sendbuf->pool->waiting, sendbuf, in_pool);
		sendbuf->pool->bytes -= sendbuf->size;
	}
	free(sendbuf->bytes);
	sendbuf->bytes = NULL;
	sendbuf->len = sendbuf->done = sendbuf->size = 0;
}
