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
struct local_addr {
	uint64_t high, low;
};

struct local_addrs {
	int events; /* a netlink socket that tells of changes */
	bool stale;
	uint32_t generation;          /* another one, and everything may have changed */
	struct local_addr *addresses; /* sorted */
	size_t n_addresses;
	uint32_t *ports; /* sorted interface indices */
	size_t n_ports;
};

/* 0 or -errno, not logged. */
int local_addrs_open(struct local_addrs *addrs);

/* Catches up with changes; one system call when there are none.  What cannot be asked
 * again stays as it was known, and is asked the next time. */
void local_addrs_refresh(struct local_addrs *addrs);

/* The number of an address of 4 bytes (version 4) or 16 (version 6). */
struct local_addr local_addrs_number(int version, const uint8_t *address);

/* Whether a unicast address is assigned to this host; all of 127.0.0.0/8 is. */
bool local_addrs_contain(
	const struct local_addrs *addrs, int version, const uint8_t *address);

/* Whether the interface belongs to a bridge, a bond, a team or a VRF: what arrives on it
 * for this host is seen once more on that. */
bool local_addrs_is_port(const struct local_addrs *addrs, uint32_t ifindex);

/* Only after local_addrs_open(), whatever that returned. */
void local_addrs_close(struct local_addrs *addrs);

#endif
