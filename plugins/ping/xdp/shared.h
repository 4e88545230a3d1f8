/* SPDX-License-Identifier: MIT */
/*
 * What the XDP program and the process have in common: the memory of its maps.
 *
 * The program decodes pings that are certainly pixels and appends them to a log of the
 * processor that it runs on; the process reads the logs and paints.  All else is passed
 * on to the network stack, where libpcap sees it.
 */
#pragma once

#include <linux/types.h>

/* Who reads a log: the icmp plugin or the ipv6 plugin. */
enum xdp_role {
	XDP_PINGS,     /* pingxelflut to this host's addresses */
	XDP_ADDRESSES, /* the destination is the pixel */
	XDP_ROLES,
};

#define XDP_PORTS_MAX 8 /* interfaces */
#define XDP_OWN_MAX 8   /* addresses of each family; pings to others are passed on */

/* As enum template_letter. */
#define XDP_FIELDS 7

/* As the ipv6 plugin's option. */
enum { XDP_ACCEPT_ICMP6, XDP_ACCEPT_ECHO, XDP_ACCEPT_ANY };

/* A number in the address: `shift` bits from its right, below 128. */
struct xdp_field {
	__u32 shift, mask, scale, add;
};

/* Addresses are as they lie in a packet. */
struct xdp_own {
	__u32 n4, n6;
	__u32 four[XDP_OWN_MAX];
	__u64 six[XDP_OWN_MAX][2];
};

struct xdp_template {
	__u64 mask[2], value[2];
	struct xdp_field fields[XDP_FIELDS];
	__u32 accept, decimal;
};

/* An interface with this program; a bit for each role that reads its pixels. */
struct xdp_port {
	__u32 ifindex, roles;
	__u32 mac_low; /* its address, bytes 0 to 3 and 4 to 5 */
	__u32 mac_high;
};

/* Only the process writes it, but for `armed`. */
struct xdp_control {
	struct xdp_port ports[XDP_PORTS_MAX];
	/* of XDP_PINGS: pings to them are taken; of XDP_ADDRESSES: what comes to them is
	 * left to the host, and all is while n6 is above XDP_OWN_MAX */
	struct xdp_own own[XDP_ROLES];
	struct xdp_template template;
	/* who sleeps sets it, and who wakes them clears it; a cache line each */
	struct {
		__u32 is_set, pad[15];
	} armed[XDP_ROLES];
};

/* A pixel.  `word` is written last, at once and with a barrier: its lap says that the
 * entry is new. */
struct xdp_entry {
	__u64 word;      /* lap:16 x:16 y:16 bytes:13 0:1 square:1 v4:1 */
	__u64 paint;     /* ifindex:32 argb:32 */
	__u64 source[2]; /* as in the packet; of IPv4 the first half of source[0] */
};

#define XDP_V4 1u
#define XDP_SQUARE 2u /* 2x2 pixels */
#define XDP_BYTES_SHIFT 3
#define XDP_BYTES_MAX 0x1fffu
#define XDP_Y_SHIFT 16
#define XDP_X_SHIFT 32
#define XDP_LAP_SHIFT 48

/* The log of a processor.  It is a power of two entries long. */
struct xdp_log {
	__u64 head; /* the program's */
	__u64 pad0[7];
	__u64 tail; /* the reader's */
	__u64 pad1[7];
	__u64 packets, bytes; /* taken; frames with their headers */
	__u64 lost;           /* of them, because the log was full */
	__u64 pad2[5];
	struct xdp_entry at[];
};
