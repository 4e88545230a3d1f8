/* SPDX-License-Identifier: MIT */
/* Joins multicast groups on one interface or on all. */
#include "ingest/multicast.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#ifndef IPV6_MULTICAST_ALL
#define IPV6_MULTICAST_ALL 29
#endif

bool
multicast_is_group(const struct sockaddr *address)
{
	const struct sockaddr_in *in4 = (const void *)address;
	const struct sockaddr_in6 *in6 = (const void *)address;

	if (address->sa_family == AF_INET)
		return IN_MULTICAST(ntohl(in4->sin_addr.s_addr));
	return address->sa_family == AF_INET6 && IN6_IS_ADDR_MULTICAST(&in6->sin6_addr);
}

/* A group of the link's has to be bound to one interface; for all of them the socket is
 * bound to no address at all. */
void
multicast_prepare(int fd, struct sockaddr *address, const char *interface)
{
	const int one = 1, zero = 0;
	struct sockaddr_in6 *in6 = (void *)address;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (address->sa_family == AF_INET) {
		setsockopt(fd, IPPROTO_IP, IP_MULTICAST_ALL, &zero, sizeof(zero));
		return;
	}
	setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_ALL, &zero, sizeof(zero));
	setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	if (interface)
		in6->sin6_scope_id = if_nametoindex(interface);
	else
		in6->sin6_addr = in6addr_any;
}

static int
join_one(int fd, const struct sockaddr *group, unsigned index)
{
	struct group_req request = { .gr_interface = index };
	int level = IPPROTO_IP;

	if (group->sa_family == AF_INET) {
		*(struct sockaddr_in *)&request.gr_group =
			*(const struct sockaddr_in *)group;
	} else {
		*(struct sockaddr_in6 *)&request.gr_group =
			*(const struct sockaddr_in6 *)group;
		level = IPPROTO_IPV6;
	}
	if (setsockopt(fd, level, MCAST_JOIN_GROUP, &request, sizeof(request)) < 0)
		return -errno;
	return 0;
}

/* getifaddrs() names an interface once for each of its addresses. */
static int
join_all(int fd, const struct sockaddr *group)
{
	const unsigned wanted = IFF_UP | IFF_MULTICAST;
	struct ifaddrs *all;
	int joined = 0, ret = -ENODEV;

	if (getifaddrs(&all) < 0)
		return -errno;
	for (const struct ifaddrs *i = all; i; i = i->ifa_next) {
		if ((i->ifa_flags & wanted) != wanted || !i->ifa_addr ||
			i->ifa_addr->sa_family != group->sa_family)
			continue;
		ret = join_one(fd, group, if_nametoindex(i->ifa_name));
		joined += ret == 0 || ret == -EADDRINUSE;
	}
	freeifaddrs(all);
	return joined > 0 ? 0 : ret;
}

int
multicast_join(int fd, const struct sockaddr *group, const char *interface)
{
	unsigned index = interface ? if_nametoindex(interface) : 0;

	if (!interface)
		return join_all(fd, group);
	return index > 0 ? join_one(fd, group, index) : -ENODEV;
}
