/* SPDX-License-Identifier: MIT */
/*
 * Neighbour discovery: answers "who has this address" for every address of a template.
 *
 * A host that finds a /64 on its own link asks for each address by itself, and nobody can
 * assign 2^64 of them; so murald answers in their place, with the address of the
 * interface that the question came in on.  What it needs is CAP_NET_RAW and no more.
 *
 * Never answered: a target outside the template, an address of this host, duplicate
 * address detection (whoever wants an address may have it), and a solicitation that RFC
 * 4861 section 7.1.1 calls invalid.
 *
 * The advertisement is solicited and does not override: we stand in for addresses that
 * are not ours, as a proxy does (RFC 4861, section 7.2.4), so that a host which really
 * has one of them wins.
 *
 * The questions arrive through the capture that the caller has.  They are sent to
 * solicited-node multicast groups, 2^24 of them, too many to join: the interfaces are
 * put into all-multicast mode for as long as this is open.
 *
 * Source documents: RFC 4861, RFC 4291 section 2.7.1, RFC 8200.
 */
#ifndef PING_NDP_H
#define PING_NDP_H

#include <stdbool.h>
#include <stdint.h>

#include <mural/plugin.h>

#include "ping/local-addrs.h"
#include "ping/packet.h"

enum {
	NDP_SOLICITATION = 135, /* ICMPv6 types */
	NDP_ADVERTISEMENT = 136,
	NDP_FRAME_LEN = 86, /* Ethernet, IPv6, advertisement, one option */
	NDP_RATE = 10000,   /* answers a second, and as many at once */
};

/* What became of a solicitation. */
enum ndp_verdict {
	NDP_ANSWERED,
	NDP_IGNORED,      /* right, and not ours to answer */
	NDP_MALFORMED,    /* RFC 4861 says to drop it */
	NDP_RATE_LIMITED, /* more than we answer, or than the link takes */
};

/* Belongs to one thread.  All but `answered` is ndp.c's own. */
struct ndp {
	bool is_open;
	int link;            /* packet socket: sends, and holds the multicast mode */
	bool any;            /* on every interface; each new one has to be told */
	uint32_t generation; /* of the local_addrs that was last followed */
	struct mural_bucket answers;
	uint64_t answered; /* since it was opened */
};

/* Opens the socket; `ifindex` 0: any interface.  0 or -errno, logged, and there is
 * nothing to close. */
int ndp_open(struct ndp *ndp, const struct mural_host *host, uint32_t ifindex);

/* Accepts a zeroed one. */
void ndp_close(struct ndp *ndp);

/* Listens on interfaces that are new.  Call it when `addrs` may have changed. */
void ndp_update_interfaces(
	struct ndp *ndp, const struct local_addrs *addrs, const struct mural_host *host);

/* Answers one solicitation for an address in `claim` that is none of the host's, or does
 * not.  `packet` has no fault and no VLAN, and `icmp` is its message, of type
 * NDP_SOLICITATION. */
enum ndp_verdict ndp_answer(struct ndp *ndp, const struct local_addrs *addrs,
	const struct mural_claim *claim, const struct packet *packet,
	const struct packet_icmp *icmp);

/* The two halves of it that only look at bytes. */

/* Checks a solicitation: NDP_ANSWERED when it is one to answer, *target its target in
 * the packet. */
enum ndp_verdict ndp_parse(const struct packet *packet, const struct packet_icmp *icmp,
	const uint8_t **target);

/* Writes the advertisement that `target` is at `mac`, for who sent `packet`. */
void ndp_build(uint8_t frame[NDP_FRAME_LEN], const struct packet *packet,
	const uint8_t target[16], const uint8_t mac[6]);

#endif
