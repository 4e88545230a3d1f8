/* SPDX-License-Identifier: MIT */
/* Bytes on their way into a socket. */
#include "common/sendbuf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

/* What the socket took; 0 when it is full. */
static ssize_t
write_some(int fd, struct iovec *parts, size_t n)
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
keep(struct outbox *outbox, const uint8_t *bytes, size_t len)
{
	size_t wanted = outbox->len + len;

	if (wanted > outbox->size) {
		size_t size = outbox->len > len ? 2 * outbox->len : wanted;
		uint8_t *larger = realloc(outbox->bytes, size);

		if (!larger)
			return -ENOMEM;
		outbox->bytes = larger;
		outbox->size = size;
	}
	memcpy(outbox->bytes + outbox->len, bytes, len);
	outbox->len += len;
	return 0;
}

int
outbox_send(struct outbox *outbox, int fd, const void *head, size_t head_len,
	const void *body, size_t body_len)
{
	struct iovec parts[] = { { (void *)head, head_len }, { (void *)body, body_len } };
	ssize_t written = 0;
	size_t head_done, body_done;
	int ret = 0;

	if (outbox_waiting(outbox) == 0)
		written = write_some(fd, parts, 2);
	if (written < 0)
		return written;
	head_done = (size_t)written < head_len ? (size_t)written : head_len;
	body_done = written - head_done;
	if (head_done < head_len)
		ret = keep(
			outbox, (const uint8_t *)head + head_done, head_len - head_done);
	if (ret == 0 && body_done < body_len)
		ret = keep(
			outbox, (const uint8_t *)body + body_done, body_len - body_done);
	return ret;
}

int
outbox_flush(struct outbox *outbox, int fd)
{
	while (outbox_waiting(outbox) > 0) {
		struct iovec part = { outbox->bytes + outbox->done,
			outbox_waiting(outbox) };
		ssize_t written = write_some(fd, &part, 1);

		if (written < 0)
			return written;
		if (written == 0)
			return 0;
		outbox->done += written;
	}
	outbox_finish(outbox);
	return 0;
}

void
outbox_finish(struct outbox *outbox)
{
	free(outbox->bytes);
	*outbox = (struct outbox){ 0 };
}
