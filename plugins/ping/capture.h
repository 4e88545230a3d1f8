/* SPDX-License-Identifier: MIT */
/*
 * Capture: what the `icmp` and `ipv6` plugins have in common.  A libpcap handle with a
 * large buffer that hands over, already taken apart, the frames that a filter in the
 * kernel chose; every one of them once, and none that this host sent.
 *
 * Frames gather in a ring shared with the kernel for up to CAPTURE_TIMEOUT_MS before the
 * descriptor becomes readable, and then cost no system call each.  Immediate mode would
 * cost eighteen times the CPU a packet.
 *
 * Not seen on purpose: what an interface in promiscuous mode sees for other hosts,
 * broadcasts, and multicasts unless asked for.  On the interface "any", which sees
 * a frame again on each layer it climbs, only the topmost counts: a frame on a port of a
 * bridge, bond, team or VRF is dropped, because it comes again on that; one with a VLAN
 * tag too, because it comes again, untagged, on the VLAN's interface.  On a named
 * Ethernet interface tagged frames are handed over with packet->vlan set: those that pass
 * the filter behind one tag, and all that have several.  Frames that came in before the
 * filter was in place are handed over as well: the filter saves work, it proves nothing.
 *
 * One thread: that of attach, drain and detach.
 */
#ifndef PING_CAPTURE_H
#define PING_CAPTURE_H

#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdint.h>

#include <mural/plugin.h>

#include "ping/local-addrs.h"
#include "ping/packet.h"

#define CAPTURE_TIMEOUT_MS 10
#define CAPTURE_SNAPLEN 256 /* link, IP and extension headers, and 64 bytes and more */
#define CAPTURE_BATCH 4096  /* frames in one capture_drain() */

struct capture {
	pcap_t *pcap;          /* for pcap_inject(); NULL: not open */
	int link;              /* DLT_ number of its frames */
	bool any;              /* on all interfaces */
	uint32_t ifindex;      /* of the interface, 0 on "any" */
	const char *interface; /* its name; the config's */
	int epoll_fd; /* readable for frames and for news of interfaces; -1 on "any" */
	struct local_addrs local_addrs; /* as of the last capture_drain() */
	uint32_t generation;            /* of the net, when the name was looked at last */
	uint64_t drops;
};

/* Called for each frame the filter passed.  The packet lives until it returns.  When
 * packet->ifindex was not known from the frame, it is the interface captured on. */
typedef void capture_handler(
	void *user, const struct packet *packet, enum packet_fault fault);

/* For mural_plugin.check: rejects an `interface` option that no interface can have. */
void capture_check(const char *interface, struct mural_check *check);

/* For mural_plugin.capabilities: what a capture needs, with or without a switch of the
 * kernel's. */
uint64_t capture_capabilities(bool sysctls);

/* Opens `interface` ("any" for all), a text that stays until it is closed.  `filter` is
 * pcap-filter(7) text about IP and what is in it, not about the link; that a frame is to
 * be addressed to this host, or be a multicast where `multicast` is true, need not stand
 * in it. Returns the descriptor to poll; or -errno, logged, and there is nothing to
 * close. */
int capture_open(struct capture *capture, const struct mural_host *host,
	const char *interface, const char *filter, bool multicast);

/* Hands over what has arrived, at most CAPTURE_BATCH frames, and keeps host->counts.
 * As mural_plugin.drain: 0, 1, or -errno, logged. */
int capture_drain(struct capture *capture, struct mural_host *host,
	capture_handler *handler, void *user);

/* The same as capture_consume(), when there are limits. */
bool capture_consume_limited(struct mural_host *host, struct mural_brush *brush,
	const struct packet *packet, uint64_t pixels);

/* Whether the source of a packet may paint so many pixels now, by murald's limits; what
 * it may not is counted. */
static inline bool
capture_consume(struct mural_host *host, struct mural_brush *brush,
	const struct packet *packet, uint64_t pixels)
{
	return !mural_is_limited(host) ||
	       capture_consume_limited(host, brush, packet, pixels);
}

/* Brings host->counts.kernel_drops up to date and closes.  Accepts a zeroed capture. */
void capture_close(struct capture *capture, struct mural_host *host);

#endif
