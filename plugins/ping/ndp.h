/* SPDX-License-Identifier: MIT */
/*
 * Neighbour discovery: a proxy that answers solicitations for every address of a
 * template.
 *
 * A host that has a /64 on its own link solicits each address by itself, and nobody can
 * assign 2^64 of them; so murald answers for them, with the hardware address of the
 * interface that the solicitation arrived on.  It needs CAP_NET_RAW and no more.
 *
 * Not answered: targets outside the template, addresses of this host, duplicate address
 * detection (a host may have any of the addresses), and solicitations that RFC 4861
 * section 7.1.1 calls invalid.
 *
 * The advertisement is solicited and does not override (RFC 4861, section 7.2.4), so that
 * a host that really has the address wins.
 *
 * Solicitations arrive through the caller's capture.  They go to solicited-node multicast
 * groups, 2^24 of them, too many to join: the interfaces are in all-multicast mode while
 * this is open.
 *
 * References: RFC 4861, RFC 4291 section 2.7.1, RFC 8200.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <mural/plugin.h>

#include "ping/answer-share.h"
#include "ping/local-addrs.h"
#include "ping/packet.h"

enum {
	NDP_SOLICITATION = 135, /* ICMPv6 types */
	NDP_ADVERTISEMENT = 136,
	NDP_FRAME_LEN = 86, /* Ethernet, IPv6, advertisement, one option */
	NDP_RATE = 10000,   /* answers a second to one station */
	NDP_TOTAL = 100000, /* to all together */
};

/* What became of a solicitation. */
enum ndp_verdict {
	NDP_ANSWERED,
	NDP_IGNORED,      /* valid, and not ours to answer */
	NDP_MALFORMED,    /* RFC 4861 says to drop it */
	NDP_RATE_LIMITED, /* beyond NDP_RATE or NDP_TOTAL, or what the link takes */
};

/* Belongs to one thread.  All but `answered` is ndp.c's own. */
struct ndp {
	bool is_open;
	int link;            /* a packet socket: sends, and holds all-multicast mode */
	bool any;            /* on all interfaces, new ones too */
	uint32_t generation; /* of local_addrs at the last update */
	uint32_t near;       /* the interface whose address `mac` is; 0: unknown */
	uint8_t mac[6];
	struct answer_share *share;
	uint64_t answered; /* since it was opened */
};

/* Opens the socket; `ifindex` 0: any interface.  0 or -errno, logged, and there is
 * nothing to close. */
int ndp_open(struct ndp *ndp, const struct mural_host *host, uint32_t ifindex);

/* Accepts a zeroed one. */
void ndp_close(struct ndp *ndp);

/* Includes new interfaces, and forgets what may have changed.  After each batch of
 * packets. */
void ndp_update_interfaces(
	struct ndp *ndp, const struct local_addrs *addrs, const struct mural_host *host);

/* Answers a solicitation for an address in `claim` that is not the host's own.  `packet`
 * has no fault and no VLAN, and `icmp` is its message, of type NDP_SOLICITATION. */
enum ndp_verdict ndp_answer(struct ndp *ndp, const struct local_addrs *addrs,
	const struct mural_claim *claim, const struct packet *packet,
	const struct packet_icmp *icmp);

/* The two halves of ndp_answer() without I/O. */

/* Checks a solicitation: NDP_ANSWERED: to be answered, *target points into the packet. */
enum ndp_verdict ndp_parse(const struct packet *packet, const struct packet_icmp *icmp,
	const uint8_t **target);

/* Writes the advertisement of `target` at `mac` to the sender of `packet`. */
void ndp_build(uint8_t frame[NDP_FRAME_LEN], const struct packet *packet,
	const uint8_t target[16], const uint8_t mac[6]);
