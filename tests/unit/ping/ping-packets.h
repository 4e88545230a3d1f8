/* SPDX-License-Identifier: MIT */
/* Builds echo requests, for the tests of the ping plugins. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct bytes {
	uint8_t at[256];
	size_t len;
};

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
