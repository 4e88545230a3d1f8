/* SPDX-License-Identifier: MIT */
/*
 * Senders: whom a client or a packet counts for.  An IPv4 address is one, also when it
 * came in over IPv6, and so are all IPv6 addresses that begin with the same bits, since
 * one household has as many as it likes.  Also networks, which are ranges of addresses.
 */
#ifndef BASE_IP_KEY_H
#define BASE_IP_KEY_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sender {
	uint64_t high, low; /* of the address, this machine's order; IPv4: low alone */
	bool v4;
};

/* Of an IPv6 address the first `prefix` bits, 1 to 128.  False for a peer that has no
 * such address: a local socket. */
bool sender_of(const struct sockaddr *peer, unsigned prefix, struct sender *sender);

static inline bool
sender_same(const struct sender *a, const struct sender *b)
{
	return a->high == b->high && a->low == b->low && a->v4 == b->v4;
}

/* `salt` keeps people from choosing where their addresses collide. */
uint64_t sender_hash(const struct sender *sender, uint64_t salt);

/* All addresses from the first to the last. */
struct network {
	struct sender first, last;
};

struct networks {
	struct network *all; /* sorted by first, none of them overlaps another */
	size_t n;
};

/* ADDRESS or ADDRESS/BITS, IPv4 or IPv6; the bits behind those are ignored. */
bool network_parse(const char *text, struct network *network);

/* Adds one, in no order yet.  0 or -ENOMEM. */
int networks_add(struct networks *networks, const struct network *network);

/* After the last was added, before the first question. */
void networks_sort(struct networks *networks);

bool networks_have(const struct networks *networks, const struct sender *address);

/* Accepts a zeroed struct. */
void networks_finish(struct networks *networks);

#endif
