/* SPDX-License-Identifier: MIT */
/*
 * Captures the packets that a filter in the kernel chose, for the icmp and ipv6 plugins.
 *
 * plugins/ping paints by ping, out of captured packets.  Its files use <mural/...> and
 * libpcap; none knows the canvas or another protocol.
 *
 * Frames gather in a ring shared with the kernel for up to CAPTURE_TIMEOUT_MS before the
 * descriptor becomes readable, and then cost no system call each.  Immediate mode would
 * cost eighteen times the CPU a packet.
 *
 * Every frame is handed over once, parsed.  Left out are frames that this host sent,
 * broadcasts, and unless asked for multicasts and what an interface in promiscuous mode
 * sees for other hosts.  The interface "any" sees a frame again on each layer it climbs,
 * and only the topmost counts: dropped are a frame on a port of a bridge, bond, team or
 * VRF, and one with a VLAN tag, which comes again, untagged, on the VLAN's interface.  On
 * a named Ethernet interface tagged frames are handed over with packet->vlan set: those
 * that pass the filter behind one tag, and all that have several.  Frames that arrived
 * before the filter are handed over as well: it saves work, it proves nothing.
 *
 * One thread: that of attach, drain and detach.
 */
#pragma once

#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdint.h>

#include <mural/plugin.h>

#include "ping/local-addrs.h"
#include "ping/packet.h"

#define CAPTURE_TIMEOUT_MS 10
#define CAPTURE_SNAPLEN 256 /* link, IP and extension headers, and 64 bytes or more */
#define CAPTURE_BATCH 4096  /* frames a capture_drain() */

/* The frames that a capture takes besides those addressed to this host. */
enum capture_also {
	CAPTURE_NO_OTHERS,
	CAPTURE_GROUPS,      /* multicasts */
	CAPTURE_OTHER_HOSTS, /* a named interface becomes promiscuous */
};

struct capture {
	pcap_t *pcap; /* for pcap_inject(); NULL: not open */
	int link;     /* DLT_ number of its frames */
	bool any;     /* on all interfaces */
	enum capture_also also;
	uint32_t ifindex;      /* of the interface, 0 on "any" */
	const char *interface; /* its name; the config's */
	int epoll_fd;          /* readable for frames and changes of interfaces; or -1 */
	struct local_addrs local_addrs; /* as of the last capture_drain() */
	uint32_t generation;            /* of local_addrs at the last look at the name */
	uint64_t drops;
};

/* Called for each frame that passed the filter; the packet is valid until it returns.
 * packet->ifindex is that of the capture where the frame does not tell. */
typedef void capture_handler(
	void *user, const struct packet *packet, enum packet_fault fault);

/* For mural_plugin.check: rejects an `interface` that is no possible name of one. */
void capture_check(const char *interface, struct mural_check *check);

/* For mural_plugin.capabilities: what a capture needs; `sysctls`: to write sysctls too.
 */
uint64_t capture_capabilities(bool sysctls);

/* Opens `interface` ("any" for all), a text borrowed until it is closed.  `filter` is
 * pcap-filter(7) text about IP and what is in it, not about the link.  Returns the
 * descriptor to poll; or -errno, logged, and there is nothing to close. */
int capture_open(struct capture *capture, const struct mural_host *host,
	const char *interface, const char *filter, enum capture_also also);

/* Hands over what arrived, at most CAPTURE_BATCH frames, and updates host->counts->
 * Returns like mural_plugin.drain: 0, 1, or -errno, logged. */
int capture_drain(struct capture *capture, struct mural_host *host,
	capture_handler *handler, void *user);

/* capture_consume() where there are limits. */
bool capture_consume_limited(struct mural_host *host, struct mural_brush *brush,
	const struct packet *packet, uint64_t pixels);

/* Whether murald's limits let the packet's source paint that many pixels now; else they
 * are counted as discarded. */
static inline bool
capture_consume(struct mural_host *host, struct mural_brush *brush,
	const struct packet *packet, uint64_t pixels)
{
	return !mural_is_limited(host) ||
	       capture_consume_limited(host, brush, packet, pixels);
}

/* Updates host->counts->kernel_drops and closes.  Accepts a zeroed capture. */
void capture_close(struct capture *capture, struct mural_host *host);
