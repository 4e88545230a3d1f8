/* SPDX-License-Identifier: MIT */
/* This machine's own addresses, as people outside would use them. */
#ifndef ADDRESS_H
#define ADDRESS_H

#include <netinet/in.h>

#define ADDRESS_TEXT_MAX INET6_ADDRSTRLEN

/* The address that a neighbour would reach this machine by, AF_INET or AF_INET6: the
 * first of an interface that is up, the loopback only when there is no other; never
 * link-local.  0, or -ENOENT. */
int address_of_host(int family, char text[ADDRESS_TEXT_MAX]);

#endif
