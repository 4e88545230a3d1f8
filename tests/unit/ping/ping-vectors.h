/* SPDX-License-Identifier: MIT */
/* Reads tests/vectors/pingxelflut.json, and builds packets for tests. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct bytes {
	uint8_t at[256];
	size_t len;
};

/* One vector; missing values are empty. */
struct vector {
	char name[64], op[32], effect[16];
	struct bytes ipv4, ipv6;
	struct bytes reply4, reply6;
	unsigned x, y, id, seq;
	uint32_t rgb, alpha, over_black, over_white;
};

/* Returns how many were read, at most `max`.  Fails the calling test if the file cannot
 * be read or has a value of an unexpected form. */
size_t vectors_read(struct vector *vectors, size_t max);

/* An echo request with right lengths and checksums, from 192.0.2.1 to 192.0.2.2 or from
 * 2001:db8::1 to 2001:db8::2, identifier 0x1234, sequence 7; no link header. */
struct bytes ping_packet(int version, const uint8_t *data, size_t len);

/* A packet with an Ethernet header before it. */
struct bytes ethernet_frame(const struct bytes *packet);

/* Computes the checksum of the ICMP or ICMPv6 message that begins at `at` and ends with
 * the packet. */
void fix_checksum(struct bytes *packet, size_t at);

/* Computes the checksum of an IPv4 header of that length. */
void fix_header(struct bytes *packet, size_t header_len);
