/* SPDX-License-Identifier: MIT */
/* Replies to pings through raw sockets. */
#include "ping/raw-reply.h"

#include <assert.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* DSCP CS1, lower effort: the traffic class that pingxelflut asks for. */
#define TRAFFIC_CLASS 0x20

/* raw(7).  <linux/icmp.h>, which has it, conflicts with <netinet/in.h>. */
#ifndef ICMP_FILTER
#define ICMP_FILTER 1
#endif

/* Opens a socket that receives nothing, or the kernel would copy every ICMP message into
 * it.  -1: IPv4 or IPv6 is switched off, since the capture had the rights. */
static int
open_raw(int family)
{
	int protocol = family == AF_INET ? (int)IPPROTO_ICMP : (int)IPPROTO_ICMPV6;
	int fd = socket(family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
	int class = TRAFFIC_CLASS;

	if (fd < 0)
		return -1;
	if (family == AF_INET) {
		uint32_t none = ~UINT32_C(0); /* a bit a type: struct icmp_filter */

		(void)setsockopt(fd, SOL_RAW, ICMP_FILTER, &none, sizeof(none));
		(void)setsockopt(fd, IPPROTO_IP, IP_TOS, &class, sizeof(class));
	} else {
		struct icmp6_filter none;

		ICMP6_FILTER_SETBLOCKALL(&none);
		(void)setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &none, sizeof(none));
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &class, sizeof(class));
	}
	return fd;
}

/* Sends from the address that the request went to, whatever the routes would choose:
 * `from` is an in_pktinfo or in6_pktinfo.  What the kernel refuses is lost, as any packet
 * may be. */
static void
send_from(int fd, void *to, socklen_t to_len, int level, int type, const void *from,
	size_t from_len, const uint8_t *reply, size_t len)
{
	union {
		char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))]; /* the larger one */
		struct cmsghdr align;
	} control = { 0 };
	struct iovec data = { (void *)reply, len };
	struct msghdr message = {
		.msg_name = to,
		.msg_namelen = to_len,
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = CMSG_SPACE(from_len),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	assert(header); /* `control` has room for it */
	header->cmsg_level = level;
	header->cmsg_type = type;
	header->cmsg_len = CMSG_LEN(from_len);
	memcpy(CMSG_DATA(header), from, from_len);
	(void)sendmsg(fd, &message, 0);
}

static void
send_reply4(int fd, const struct packet *packet, const uint8_t *reply, size_t len)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	struct in_pktinfo from = { 0 };

	memcpy(&to.sin_addr, packet->source, sizeof(to.sin_addr));
	memcpy(&from.ipi_spec_dst, packet->destination, sizeof(from.ipi_spec_dst));
	send_from(fd, &to, sizeof(to), IPPROTO_IP, IP_PKTINFO, &from, sizeof(from), reply,
		len);
}

static void
send_reply6(int fd, const struct packet *packet, const uint8_t *reply, size_t len)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6 };
	struct in6_pktinfo from = { 0 };

	memcpy(&to.sin6_addr, packet->source, sizeof(to.sin6_addr));
	memcpy(&from.ipi6_addr, packet->destination, sizeof(from.ipi6_addr));
	if (IN6_IS_ADDR_LINKLOCAL(&to.sin6_addr) ||
		IN6_IS_ADDR_LINKLOCAL(&from.ipi6_addr))
		from.ipi6_ifindex = to.sin6_scope_id = packet->ifindex;
	send_from(fd, &to, sizeof(to), IPPROTO_IPV6, IPV6_PKTINFO, &from, sizeof(from),
		reply, len);
}

void
raw_reply_open(struct raw_reply *raw)
{
	raw->v4 = open_raw(AF_INET);
	raw->v6 = open_raw(AF_INET6);
}

void
raw_reply_send(const struct raw_reply *raw, const struct packet *packet,
	const uint8_t *reply, size_t len)
{
	if (packet->version == 4)
		send_reply4(raw->v4, packet, reply, len);
	else
		send_reply6(raw->v6, packet, reply, len);
}

void
raw_reply_close(struct raw_reply *raw)
{
	if (raw->v4 >= 0)
		close(raw->v4);
	if (raw->v6 >= 0)
		close(raw->v6);
}
