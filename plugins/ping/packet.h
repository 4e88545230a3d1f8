/* SPDX-License-Identifier: MIT */
/*
 * Parses captured frames from the link layer up to ICMP, trusting none of their bytes.
 *
 * Pure functions: they allocate nothing, keep nothing and read nothing outside [frame,
 * frame + captured).  Lengths come from the IP header, never from the frame, because
 * Ethernet pads short frames.
 *
 * References: RFC 791 (IPv4), RFC 792 (ICMP), RFC 8200 (IPv6 and its extension headers),
 * RFC 4443 (ICMPv6), RFC 1071 (checksum), IEEE 802.1Q, the link types of
 * https://www.tcpdump.org/linktypes.html.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	PACKET_PROTO_ICMP = 1,
	PACKET_PROTO_ICMP6 = 58,
	PACKET_NO_VLAN = 0xffff,
};

/* The first fault found in a packet. */
enum packet_fault {
	PACKET_OK,
	PACKET_NOT_IP,     /* ARP, an unknown link type, ...; nothing else is set */
	PACKET_TRUNCATED,  /* the frame ends before a header does, or before the IP length
			    */
	PACKET_BAD_LENGTH, /* inconsistent lengths; jumbograms */
	PACKET_BAD_CHECKSUM, /* of the IPv4 header */
	PACKET_FRAGMENT,     /* any part of a fragmented packet, the first one too */
	PACKET_BAD_HEADER,   /* an extension header that is not followed: AH, ESP, too
				many of them, hop-by-hop not first, a route
				with stops left */
};

/* The kind of destination, by link layer and IP together. */
enum packet_cast {
	CAST_UNICAST, /* to one host: as far as the link layer tells, this one */
	CAST_MULTICAST,
	CAST_BROADCAST, /* of the link, or 255.255.255.255; not of a subnet */
	CAST_FOREIGN,   /* by the link layer to another host, or from this one */
};

/* Pointers point into the frame. */
struct packet {
	const uint8_t *link_source; /* 6 bytes, NULL where the link has no such address */
	uint32_t ifindex;           /* of the interface where the link type tells, or 0 */
	uint16_t vlan;   /* the outermost tag's VLAN (0..4095), PACKET_NO_VLAN */
	uint8_t version; /* 4 or 6; 0: the IP header is not all there, nothing below is
			    set */
	uint8_t cast;    /* enum packet_cast */
	uint8_t hop_limit;
	uint8_t traffic_class;
	uint8_t protocol;           /* of the payload, after extension headers */
	const uint8_t *source;      /* 4 or 16 bytes */
	const uint8_t *destination; /* 4 or 16 bytes */
	const uint8_t *payload;     /* what follows the IP headers; NULL after a fault */
	size_t payload_len;         /* by the IP header */
	size_t payload_captured;    /* less only if the capture cut the frame */
};

/* An ICMP or ICMPv6 message. */
struct packet_icmp {
	uint8_t type, code;
	uint16_t id, seq;    /* of an echo */
	const uint8_t *data; /* behind the eight header bytes */
	size_t len;
	size_t captured;
};

/* Parses a frame, and sets what it can also if it returns a fault.  `link` is a DLT_
 * number of libpcap: DLT_EN10MB, DLT_LINUX_SLL, DLT_LINUX_SLL2, DLT_RAW, DLT_NULL and
 * DLT_LOOP are known.  `length` is how long the frame was, `captured` how much of it
 * there is: a packet cut by the capture is no fault as long as its headers are there.
 * VLAN tags, stacked ones too, are skipped and reported. */
enum packet_fault packet_parse(struct packet *packet, int link, const uint8_t *frame,
	size_t captured, size_t length);

/* Parses the header of an ICMP (version 4) or ICMPv6 (version 6) message; false if the
 * packet has another protocol or fewer than eight bytes. */
bool packet_icmp_parse(const struct packet *packet, struct packet_icmp *icmp);

/* Whether the ICMP or ICMPv6 checksum is right; false if the message was not captured
 * whole.  Not part of packet_icmp_parse(), because some protocols do not need it. */
bool packet_icmp_checksum_ok(const struct packet *packet);

/* The Internet checksum over `len` bytes, in host order, starting from `sum` (a plain sum
 * of big-endian 16-bit words, such as a pseudo header's).  Over data that includes its
 * own checksum it is 0. */
uint16_t packet_checksum(const uint8_t *data, size_t len, uint32_t sum);
