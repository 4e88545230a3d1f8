/* SPDX-License-Identifier: MIT */
/* Buffers what a socket does not take at once. */
#include "common/sendbuf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

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

static int
sendbuf_append(struct sendbuf *sendbuf, const uint8_t *bytes, size_t len)
{
	size_t wanted = sendbuf->len + len;

	if (wanted > sendbuf->size) {
		size_t size = sendbuf->len > len ? 2 * sendbuf->len : wanted;
		uint8_t *larger = realloc(sendbuf->bytes, size);

		if (!larger)
			return -ENOMEM;
		sendbuf->bytes = larger;
		sendbuf->size = size;
	}
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
	}
	sendbuf_finish(sendbuf);
	return 0;
}

void
sendbuf_finish(struct sendbuf *sendbuf)
{
	free(sendbuf->bytes);
	*sendbuf = (struct sendbuf){ 0 };
}
