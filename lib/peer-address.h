/* SPDX-License-Identifier: MIT */
/* The socket address of a peer, small enough to keep one for each client. */
#ifndef LIB_PEER_ADDRESS_H
#define LIB_PEER_ADDRESS_H

#include <netinet/in.h>
#include <sys/socket.h>

/* Of a local socket only the family: there is no room for its path. */
union peer_address {
	struct sockaddr any;
	struct sockaddr_in in4;
	struct sockaddr_in6 in6;
};

#endif
