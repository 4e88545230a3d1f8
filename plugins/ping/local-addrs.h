/* SPDX-License-Identifier: MIT */
/*
 * Hostnet: what the kernel says of this host's network, for plugins that capture: which
 * addresses are the host's own, and which interfaces are only ports of another one.
 *
 * Asked over rtnetlink once, and again whenever the kernel says that something changed,
 * so that a look-up is a search in memory.  One thread.  Needs no rights.
 *
 * Source: rtnetlink(7).
 */
#ifndef PING_LOCAL_ADDRS_H
#define PING_LOCAL_ADDRS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An address as a number; an IPv4 address is ::ffff:a.b.c.d. */
struct hostnet_address {
	uint64_t high, low;
};

struct hostnet {
	int events; /* a netlink socket that tells of changes */
	bool stale;
	uint32_t generation; /* another one, and everything may have changed */
	struct hostnet_address *addresses; /* sorted */
	size_t n_addresses;
	uint32_t *ports; /* sorted interface indices */
	size_t n_ports;
};

/* 0 or -errno, not logged. */
int hostnet_open(struct hostnet *net);

/* Catches up with changes; one system call when there are none.  What cannot be asked
 * again stays as it was known, and is asked the next time. */
void hostnet_refresh(struct hostnet *net);

/* The number of an address of 4 bytes (version 4) or 16 (version 6). */
struct hostnet_address hostnet_number(int version, const uint8_t *address);

/* Whether a unicast address is assigned to this host; all of 127.0.0.0/8 is. */
bool hostnet_is_own(const struct hostnet *net, int version, const uint8_t *address);

/* Whether the interface belongs to a bridge, a bond, a team or a VRF: what arrives on it
 * for this host is seen once more on that. */
bool hostnet_is_port(const struct hostnet *net, uint32_t ifindex);

/* Only after hostnet_open(), whatever that returned. */
void hostnet_close(struct hostnet *net);

#endif
