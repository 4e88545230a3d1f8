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

struct ip_key {
	uint64_t high, low; /* of the address, this machine's order; IPv4: low alone */
	bool v4;
};

/* Of an IPv6 address the first `prefix` bits, 1 to 128.  False for a peer that has no
 * such address: a local socket. */
bool ip_key_of(const struct sockaddr *peer, unsigned prefix, struct ip_key *key);

static inline bool
ip_key_equal(const struct ip_key *a, const struct ip_key *b)
{
	return a->high == b->high && a->low == b->low && a->v4 == b->v4;
}

/* `salt` keeps people from choosing where their addresses collide. */
uint64_t ip_key_hash(const struct ip_key *key, uint64_t salt);

/* All addresses from the first to the last. */
struct cidr {
	struct ip_key first, last;
};

struct cidr_list {
	struct cidr *all; /* sorted by first, none of them overlaps another */
	size_t n;
};

/* ADDRESS or ADDRESS/BITS, IPv4 or IPv6; the bits behind those are ignored. */
bool cidr_parse(const char *text, struct cidr *cidr);

/* Adds one, in no order yet.  0 or -ENOMEM. */
int cidr_list_add(struct cidr_list *list, const struct cidr *cidr);

/* After the last was added, before the first question. */
void cidr_list_sort(struct cidr_list *list);

bool cidr_list_contains(const struct cidr_list *list, const struct ip_key *address);

/* Accepts a zeroed struct. */
void cidr_list_finish(struct cidr_list *list);

#endif
