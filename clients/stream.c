/* SPDX-License-Identifier: MIT */
/* A TCP connection, or one to a socket of this machine, with a buffer each way. */
#include "stream.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock.h"
#include "console.h"

#define STOP_TIMEOUT_MS 1000 /* for an answer, once stop was requested */
#define POLL_INTERVAL_MS 100 /* a signal wakes the first thread only */

static int64_t
deadline_in(int timeout_ms)
{
	return clock_now() + timeout_ms * CLOCK_MS;
}

/* The end of a wait, sooner once stop was requested. */
static int64_t
wait_deadline(const struct stream *stream, int64_t end)
{
	int64_t soon = deadline_in(STOP_TIMEOUT_MS);

	return stop_requested() && !stream->ignores_stop && end > soon ? soon : end;
}

/* The end of a wait for an answer: later while the server takes what was sent before. */
static int64_t
answer_deadline(struct stream *stream, int64_t end, int timeout_ms)
{
	int64_t later;
	int unsent = 0;

	if (stop_requested() && !stream->ignores_stop)
		return wait_deadline(stream, end);
	(void)ioctl(stream->fd, SIOCOUTQ, &unsent);
	if (unsent < stream->unsent)
		stream->taken = clock_now();
	stream->unsent = unsent;
	later = stream->taken + timeout_ms * CLOCK_MS;
	return later > end ? later : end;
}

static int
fd_wait(int fd, short events, int timeout_ms)
{
	struct pollfd poller = { .fd = fd, .events = events };
	int ret = poll(&poller, 1, timeout_ms);

	if (ret > 0)
		return poller.revents;
	return ret == 0 ? -ETIMEDOUT : -errno;
}

/* One address; a descriptor or -errno. */
static int
try_address(const struct sockaddr *address, socklen_t address_len)
{
	int fd =
		socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int error, one = 1, ret;
	socklen_t len = sizeof(error);

	if (fd < 0)
		return -errno;
	if (address->sa_family != AF_UNIX)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	ret = connect(fd, address, address_len) < 0 ? -errno : 0;
	if (ret == -EINPROGRESS) {
		ret = fd_wait(fd, POLLOUT, STREAM_TIMEOUT_MS);
		if (ret > 0)
			ret = getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0
				      ? -errno
				      : -error;
	}
	if (ret == 0)
		return fd;
	close(fd);
	return ret;
}

static const char *
connect_advice(int err)
{
	switch (-err) {
	case ECONNREFUSED:
		return "; nobody listens there: is the port right, and is the "
		       "server running?";
	case ENOENT:
		return "; is the server running?";
	case ETIMEDOUT:
		return "; is the host up, and is there a firewall?";
	case ENETUNREACH:
	case EHOSTUNREACH:
		return "; is the network up?";
	case EINVAL:
		return "; a link-local address needs %INTERFACE after it";
	case EMFILE:
		return "; raise the limit with ulimit -n, or use fewer --connections";
	default:
		return "";
	}
}

int
target_resolve(const struct target *target, struct addrinfo **all)
{
	/* with a type each address is listed once */
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	int ret = getaddrinfo(
		target->host, *target->port ? target->port : NULL, &hints, all);

	if (ret != 0)
		return console_error(-EHOSTUNREACH, "%s: the host has no address: %s",
			target->host, gai_strerror(ret));
	return 0;
}

static int
open_path(struct stream *stream, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int ret;

	memcpy(address.sun_path, path, strnlen(path, sizeof(address.sun_path) - 1));
	ret = try_address((const struct sockaddr *)&address, sizeof(address));
	if (ret < 0)
		return console_error(
			ret, "%s: %s%s", path, strerror(-ret), connect_advice(ret));
	stream->fd = ret;
	return 0;
}

int
stream_open(struct stream *stream, const struct target *target)
{
	struct addrinfo *all;
	int ret;

	stream->fd = -1;
	stream->name = target->text;
	if (target->is_path)
		return open_path(stream, target->host);
	ret = target_resolve(target, &all);
	if (ret < 0)
		return ret;
	ret = -EHOSTUNREACH;
	for (struct addrinfo *one = all; one && stream->fd < 0 && !stop_requested();
		one = one->ai_next)
		if ((ret = try_address(one->ai_addr, one->ai_addrlen)) >= 0)
			stream->fd = ret;
	freeaddrinfo(all);
	if (stream->fd < 0 && stop_requested())
		return console_error(-EINTR, "%s port %s: interrupted before it answered",
			target->host, target->port);
	if (stream->fd < 0)
		return console_error(ret, "%s port %s: %s%s", target->host, target->port,
			strerror(-ret), connect_advice(ret));
	return 0;
}

void
stream_skip_line(struct stream *stream, const char *line)
{
	size_t len = 0;

	for (; line[len] >= ' ' && line[len] <= '~' &&
		len < sizeof(stream->last_line) - 1;
		len++)
		stream->last_line[len] = line[len];
	stream->last_line[len] = '\0';
}

int
stream_closed(struct stream *stream)
{
	const char *hint = stream->hint ? stream->hint : "", *last = stream->last_line;

	if (stream->in_start < stream->in_end) {
		if (stream->in_end == sizeof(stream->in))
			stream->in_end--;
		stream->in[stream->in_end] = '\0';
		stream_skip_line(stream, (const char *)stream->in + stream->in_start);
	}
	if (*last)
		return console_error(-EPIPE, "%s closed the connection, saying: %s",
			stream->name, last);
	return console_error(-EPIPE, "%s closed the connection%s%s", stream->name,
		*hint ? "; " : "", hint);
}

/* Reads what is there; 0 when nothing is, or how much. */
static int
stream_receive(struct stream *stream)
{
	ssize_t n;

	if (stream->in_start) {
		memmove(stream->in, stream->in + stream->in_start,
			stream->in_end - stream->in_start);
		stream->in_end -= stream->in_start;
		stream->in_start = 0;
	}
	if (stream->in_end == sizeof(stream->in))
		return console_error(-EMSGSIZE,
			"%s sent something that is not this protocol; is it the right "
			"server?",
			stream->name);
	n = recv(stream->fd, stream->in + stream->in_end,
		sizeof(stream->in) - stream->in_end, MSG_DONTWAIT);
	if (n > 0) {
		stream->in_end += (size_t)n;
		return (int)n;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	return stream_closed(stream);
}

int
stream_read(struct stream *stream, int timeout_ms)
{
	int64_t end = deadline_in(timeout_ms), left;
	int ret;

	do {
		if ((ret = stream_receive(stream)) != 0)
			return ret;
		end = answer_deadline(stream, end, timeout_ms);
		left = (end - clock_now()) / CLOCK_MS + 1;
		if (left <= 0)
			return -ETIMEDOUT;
		ret = fd_wait(stream->fd, POLLIN,
			(int)(left < POLL_INTERVAL_MS ? left : POLL_INTERVAL_MS));
	} while (ret > 0 || ret == -EINTR || ret == -ETIMEDOUT);
	return -ETIMEDOUT;
}

int
stream_line(struct stream *stream, char **line, int timeout_ms)
{
	int64_t deadline = deadline_in(timeout_ms), left;
	size_t scanned = 0;
	int ret;

	for (;;) {
		char *start = (char *)stream->in + stream->in_start, *end;
		size_t len = stream->in_end - stream->in_start;

		end = memchr(start + scanned, '\n', len - scanned);
		if (end) {
			stream->in_start += (size_t)(end + 1 - start);
			if (end > start && end[-1] == '\r')
				end--;
			*end = '\0';
			*line = start;
			return 0;
		}
		scanned = len;
		deadline = answer_deadline(stream, deadline, timeout_ms);
		if ((left = (deadline - clock_now()) / CLOCK_MS) <= 0)
			return -ETIMEDOUT;
		if ((ret = stream_read(stream, (int)left)) < 0)
			return ret;
	}
}

/* Handles what has arrived, without waiting. */
static int
stream_dispatch(struct stream *stream)
{
	int ret = stream_receive(stream);

	return ret > 0 ? stream->on_input(stream, stream->context) : ret;
}

/* The send buffer is full: reads meanwhile, until `end`. */
static int
wait_to_send(struct stream *stream, int64_t end)
{
	short events = POLLOUT | (stream->on_input ? POLLIN : 0);
	int64_t left = (end - clock_now()) / CLOCK_MS;
	int ret = -ETIMEDOUT;

	if (left > 0)
		ret = fd_wait(stream->fd, events,
			(int)(left < POLL_INTERVAL_MS ? left : POLL_INTERVAL_MS));
	if (ret == -EINTR || (ret == -ETIMEDOUT && left > POLL_INTERVAL_MS))
		return 0;
	if (ret == -ETIMEDOUT && stop_requested() && !stream->ignores_stop)
		return console_error(-EINTR, "interrupted before %s had read everything",
			stream->name);
	if (ret == -ETIMEDOUT)
		return console_error(ret, "%s has read nothing for %d s", stream->name,
			STREAM_TIMEOUT_MS / 1000);
	if (ret < 0)
		return console_error(ret, "%s: %s", stream->name, strerror(-ret));
	return ret & POLLIN && stream->on_input ? stream_dispatch(stream) : 0;
}

/* Past the buffer, which must be empty. */
static int
stream_send_all(struct stream *stream, const uint8_t *data, size_t len)
{
	int64_t end = deadline_in(STREAM_TIMEOUT_MS);
	ssize_t n;
	int ret;

	while (len) {
		n = send(stream->fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n >= 0) {
			data += n;
			len -= (size_t)n;
			if (!stop_requested())
				end = deadline_in(STREAM_TIMEOUT_MS);
		} else if (errno == EAGAIN) {
			end = wait_deadline(stream, end);
			if ((ret = wait_to_send(stream, end)) < 0)
				return ret;
		} else if (errno != EINTR) {
			/* the server's last message may still be unread */
			ret = stream_receive(stream);
			return ret < 0 ? ret : stream_closed(stream);
		}
	}
	return stream->on_input ? stream_dispatch(stream) : 0;
}

int
stream_flush(struct stream *stream)
{
	size_t len = stream->out_len;

	stream->out_len = 0;
	return stream_send_all(stream, stream->out, len);
}

int
stream_send(struct stream *stream, const void *data, size_t len)
{
	int ret = stream_flush(stream);

	return ret < 0 ? ret : stream_send_all(stream, data, len);
}

int
stream_write(struct stream *stream, const void *data, size_t len)
{
	int ret;

	if (stream->out_len + len > sizeof(stream->out) &&
		(ret = stream_flush(stream)) < 0)
		return ret;
	memcpy(stream->out + stream->out_len, data, len);
	stream->out_len += len;
	return 0;
}

void
stream_close(struct stream *stream)
{
	if (stream->fd > 0)
		close(stream->fd);
	stream->fd = -1;
}
