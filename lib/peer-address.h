/* SPDX-License-Identifier: MIT */
/* The socket address of a peer, small enough to keep one for each client. */
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

/* Of a local socket only the family: there is no room for its path. */
union peer_address {
	struct sockaddr any;
	struct sockaddr_in in4;
	struct sockaddr_in6 in6;
};

/* 0 when it is neither IPv4 nor IPv6. */
static inline uint16_t
peer_address_port(const union peer_address *peer)
{
	switch (peer->any.sa_family) {
	case AF_INET:
		return ntohs(peer->in4.sin_port);
	case AF_INET6:
		return ntohs(peer->in6.sin6_port);
	default:
		return 0;
	}
}
