/* SPDX-License-Identifier: MIT */
/*
 * The key of a source, to which limits apply: an IPv4 address, also when it was mapped
 * into IPv6, or the leading bits of an IPv6 address, since one household has any number
 * of addresses.  Link-local addresses, whose leading bits are all the same, count as a
 * whole, with their link.  And networks (CIDR), which are ranges of keys.
 */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ip_key {
	uint64_t high, low; /* of the address, this machine's order; IPv4: low alone */
	uint32_t scope;     /* the link of a link-local address; networks ignore it */
	bool v4;
};

/* Makes the key of a peer: of an IPv6 address the first `prefix` bits, 1 to 128, or all
 * of them if it is link-local.  False for a peer without an IP address: a local socket.
 */
bool ip_key_of(const struct sockaddr *peer, unsigned prefix, struct ip_key *key);

/* Shortens the key of an IPv6 address that is not link-local to its first `prefix` bits.
 */
void ip_key_cut(struct ip_key *key, unsigned prefix);

static inline bool
ip_key_equal(const struct ip_key *a, const struct ip_key *b)
{
	return a->high == b->high && a->low == b->low && a->scope == b->scope &&
	       a->v4 == b->v4;
}

/* `salt` keeps attackers from choosing addresses that collide. */
uint64_t ip_key_hash(const struct ip_key *key, uint64_t salt);

/* Writes the key as people do: an address, or for IPv6 the prefix of that many bits, such
 * as "2001:db8::/64", unless that is the whole address. */
void ip_key_text(const struct ip_key *key, unsigned prefix, char *text, size_t len);

/* The addresses from first to last. */
struct cidr {
	struct ip_key first, last;
};

struct cidr_list {
	struct cidr *all; /* sorted, without overlaps */
	size_t n;
};

/* ADDRESS or ADDRESS/BITS, IPv4 or IPv6; the host bits are ignored. */
bool cidr_parse(const char *text, struct cidr *cidr);

/* Appends; cidr_list_sort() follows.  0 or -ENOMEM. */
int cidr_list_add(struct cidr_list *list, const struct cidr *cidr);

/* Between the last cidr_list_add() and the first cidr_list_contains(). */
void cidr_list_sort(struct cidr_list *list);

bool cidr_list_contains(const struct cidr_list *list, const struct ip_key *address);

/* Accepts a zeroed struct. */
void cidr_list_finish(struct cidr_list *list);
