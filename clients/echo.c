/* SPDX-License-Identifier: MIT */
/* Sends echo requests in batches and receives replies. */
#include "echo.h"

#include <errno.h>
#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "console.h"
#include "driver.h"

#define SEND_BUFFER (4 << 20)
#define STUCK_TIMEOUT (2 * CLOCK_SECOND) /* while the kernel accepts nothing */

/* ------------------------------------------------------------------ rights */

static int
permission_error(int err, const char *name)
{
	char program[256];
	ssize_t len = readlink("/proc/self/exe", program, sizeof(program) - 1);

	program[len > 0 ? len : 0] = '\0';
	return console_error(err,
		"%s: pings need the right CAP_NET_RAW: setcap cap_net_raw+ep %s, or, for "
		"everybody, sysctl net.ipv4.ping_group_range='0 2147483647'",
		name, program);
}

/* Has a raw socket receive echo replies, or nothing. */
static int
filter_replies(const struct echo *echo, bool pass)
{
	struct icmp_filter filter = { .data = pass ? ~(1U << ICMP_ECHOREPLY) : ~0U };
	struct icmp6_filter filter6;

	if (!echo->raw)
		return 0;
	if (echo->family == AF_INET)
		return setsockopt(
			echo->fd, SOL_RAW, ICMP_FILTER, &filter, sizeof(filter));
	ICMP6_FILTER_SETBLOCKALL(&filter6);
	if (pass)
		ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &filter6);
	return setsockopt(
		echo->fd, IPPROTO_ICMPV6, ICMP6_FILTER, &filter6, sizeof(filter6));
}

int
echo_open(struct echo *echo, int family, const char *name)
{
	int protocol = family == AF_INET ? (int)IPPROTO_ICMP : (int)IPPROTO_ICMPV6;
	int buffer = SEND_BUFFER, err;

	echo->name = name;
	echo->family = family;
	echo->raw = true;
	echo->fd = socket(family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
	if (echo->fd < 0 && (errno == EPERM || errno == EACCES)) {
		echo->raw = false;
		echo->fd = socket(
			family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
	}
	if (echo->fd < 0) {
		err = -errno;
		if (err == -EACCES || err == -EPERM)
			return permission_error(err, name);
		return console_error(
			err, "%s: no socket for pings: %s", name, strerror(-err));
	}
	if (setsockopt(echo->fd, SOL_SOCKET, SO_SNDBUFFORCE, &buffer, sizeof(buffer)) < 0)
		setsockopt(echo->fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof(buffer));
	(void)filter_replies(echo, false); /* painting ignores them */
	return 0;
}

/* ------------------------------------------------------------------ sending */

static int
send_error(const struct echo *echo, int err)
{
	const char *next = "";

	if (err == -ENETUNREACH || err == -EHOSTUNREACH)
		next = "; a route is missing, or a neighbour does not answer: see ip "
		       "route get";
	else if (err == -EPERM || err == -EACCES)
		next = "; a firewall of this machine forbids it, or it is a broadcast "
		       "address";
	else if (err == -EINVAL && strstr(echo->name, "fe80") && !strchr(echo->name, '%'))
		next = "; a link-local address needs %INTERFACE after it";
	else if (err == -EINVAL)
		next = "; each pixel is a neighbour, and the kernel's table of them is "
		       "full: raise net.ipv6.neigh.default.gc_thresh3, or route the "
		       "prefix to the wall";
	return console_error(err, "%s: sending: %s%s", echo->name, strerror(-err), next);
}

int
echo_connect(struct echo *echo, const struct sockaddr *peer, socklen_t len)
{
	if (connect(echo->fd, peer, len) < 0)
		return send_error(echo, -errno);
	return 0;
}

static uint16_t
checksum(const uint8_t *data, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum += i % 2 ? data[i] : (uint32_t)data[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

int
echo_send(struct echo *echo, const uint8_t to[16], const uint8_t *data, size_t len)
{
	unsigned i = echo->waiting;
	struct echo_packet *packet = &echo->packets[i];
	uint16_t sequence = echo->sequence++, sum;

	*packet = (struct echo_packet){
		.header = { echo->family == AF_INET ? ICMP_ECHO : ICMP6_ECHO_REQUEST, 0,
			0, 0, 0x6d, 0x75, (uint8_t)(sequence >> 8), (uint8_t)sequence },
	};
	if (len)
		memcpy(packet->data, data, len);
	if (echo->family == AF_INET) { /* the kernel fills in ICMPv6's */
		sum = checksum(packet->header, sizeof(packet->header) + len);
		packet->header[2] = (uint8_t)(sum >> 8);
		packet->header[3] = (uint8_t)sum;
	}
	echo->parts[i] = (struct iovec){ packet, sizeof(packet->header) + len };
	echo->messages[i].msg_hdr = (struct msghdr){
		.msg_iov = &echo->parts[i],
		.msg_iovlen = 1,
	};
	if (to) {
		echo->addresses[i] = (struct sockaddr_in6){
			.sin6_family = AF_INET6,
			.sin6_scope_id = echo->interface,
		};
		memcpy(&echo->addresses[i].sin6_addr, to, 16);
		echo->messages[i].msg_hdr.msg_name = &echo->addresses[i];
		echo->messages[i].msg_hdr.msg_namelen = sizeof(echo->addresses[i]);
	}
	return ++echo->waiting == ECHO_BATCH ? echo_flush(echo) : 0;
}

/* The queue of the interface is full. */
static int
wait_for_room(const struct echo *echo, int err, int64_t since)
{
	struct pollfd poller = { .fd = echo->fd, .events = POLLOUT };

	if (clock_now() - since > STUCK_TIMEOUT)
		return console_error(err,
			"%s: the kernel accepts no more pings: %s; if each address is a "
			"neighbour on this link, route the network to the server "
			"instead, or lower --rate",
			echo->name, strerror(-err));
	if (err == -EAGAIN)
		poll(&poller, 1, 100);
	else
		clock_sleep_until(clock_now() + CLOCK_MS);
	return 0;
}

int
echo_flush(struct echo *echo)
{
	unsigned sent = 0, n = echo->waiting;
	int64_t since = 0;
	int ret;

	echo->waiting = 0;
	while (sent < n) {
		ret = sendmmsg(echo->fd, echo->messages + sent, n - sent, 0);
		if (ret > 0) {
			sent += (unsigned)ret;
			since = 0;
			continue;
		}
		ret = -errno;
		if (ret == -EINTR)
			continue;
		/* the error of an earlier ping, reported once */
		if (ret == -ECONNREFUSED || ret == -EPROTO)
			continue;
		if (ret != -EAGAIN && ret != -ENOBUFS && ret != -ENOMEM)
			return send_error(echo, ret);
		if (since == 0)
			since = clock_now();
		if ((ret = wait_for_room(echo, ret, since)) < 0)
			return ret;
	}
	return 0;
}

/* ------------------------------------------------------------------ receiving */

int
echo_allow_replies(struct echo *echo)
{
	if (filter_replies(echo, true) < 0)
		return console_error(
			-errno, "%s: filtering pings: %s", echo->name, strerror(errno));
	return 0;
}

/* The offset of a reply's data, 0: not a reply.  A raw IPv4 socket delivers the IP
 * header, too. */
static size_t
find_data(const struct echo *echo, const uint8_t *packet, size_t len)
{
	size_t header = 0;

	if (echo->raw && echo->family == AF_INET) {
		header = len ? (packet[0] & 15) * 4U : 0;
		if (header < 20)
			return 0;
	}
	if (len < header + 8)
		return 0;
	if (packet[header] !=
		(echo->family == AF_INET ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY))
		return 0;
	return header + 8;
}

int
echo_receive(struct echo *echo, uint8_t *data, size_t len, int timeout_ms)
{
	struct pollfd poller = { .fd = echo->fd, .events = POLLIN };
	int64_t end = clock_now() + timeout_ms * CLOCK_MS, left;
	uint8_t packet[256];

	for (;;) {
		ssize_t n;
		size_t start;

		left = (end - clock_now()) / CLOCK_MS + 1;
		if (left <= 0 || stop_requested())
			return -ETIMEDOUT;
		n = recv(echo->fd, packet, sizeof(packet), 0);
		start = n > 0 ? find_data(echo, packet, (size_t)n) : 0;
		if (start) {
			n -= (ssize_t)start;
			memcpy(data, packet + start, (size_t)n < len ? (size_t)n : len);
			return (int)n;
		}
		if (n >= 0)
			continue;
		if (errno != EAGAIN && errno != EINTR)
			return send_error(echo, -errno);
		poll(&poller, 1, (int)left);
	}
}

int
echo_driver_flush(struct connection *connection)
{
	return echo_flush(connection->state);
}

void
echo_driver_close(struct connection *connection)
{
	struct echo *echo = connection->state;

	if (echo->fd > 0)
		close(echo->fd);
	echo->fd = -1;
}
