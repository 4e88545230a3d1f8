/* SPDX-License-Identifier: MIT */
/*
 * The host's own addresses, interfaces that are only ports of another one, and those that
 * are wires: Ethernet cards and virtual ones like them.
 *
 * Read from rtnetlink(7) at first, and again whenever the kernel announces a change, so
 * that a look-up is a search in memory.  One thread.  Needs no rights.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An address as a number; an IPv4 address is ::ffff:a.b.c.d. */
struct local_addr {
	uint64_t high, low;
};

/* An Ethernet card, or one end of a veth pair, that is no port. */
struct local_card {
	uint32_t ifindex;
	uint8_t mac[6];
	bool is_veth;
};

struct local_addrs {
	int events; /* a netlink socket, readable after changes */
	bool stale;
	uint32_t generation;          /* changes with the rest */
	struct local_addr *addresses; /* sorted */
	size_t n_addresses;
	uint32_t *ports; /* sorted interface indices */
	size_t n_ports;
	struct local_card *cards;
	size_t n_cards;
};

/* 0 or -errno, not logged. */
int local_addrs_open(struct local_addrs *addrs);

/* Applies changes; one system call when there are none.  If reading them fails, the old
 * state stays until the next call. */
void local_addrs_refresh(struct local_addrs *addrs);

/* The number of an address of 4 bytes (version 4) or 16 (version 6). */
struct local_addr local_addrs_number(int version, const uint8_t *address);

/* Whether a unicast address is the host's own, as all of 127.0.0.0/8 are. */
bool local_addrs_contain(
	const struct local_addrs *addrs, int version, const uint8_t *address);

/* Whether the interface belongs to a bridge, bond, team or VRF, which sees what arrives
 * for this host once more. */
bool local_addrs_is_port(const struct local_addrs *addrs, uint32_t ifindex);

/* After local_addrs_open(), whatever that returned. */
void local_addrs_close(struct local_addrs *addrs);
