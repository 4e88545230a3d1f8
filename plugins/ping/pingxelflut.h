/* SPDX-License-Identifier: MIT */
/*
 * Pingxelflut: pixels in the data of ICMP and ICMPv6 echo requests.
 *
 * The first data byte says what a message is; numbers are big-endian:
 *
 *     aa                          size request
 *     bb width:2 height:2         size response, from server to client
 *     cc x:2 y:2 r g b [alpha]    set a pixel
 *
 * Lengths are exact, to exclude ordinary pings, whose data may begin with any byte.
 * Identifier and sequence number are echoed and otherwise ignored.
 *
 * Pure functions, like packet.h's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ping/packet.h"

enum ping_kind {
	PING_NONE,      /* no echo request */
	PING_MALFORMED, /* an echo request without a message, or a malformed packet */
	PING_SIZE,
	PING_PIXEL,
};

struct ping {
	uint16_t id, seq; /* of a size request */
	uint16_t x, y;    /* of a pixel */
	uint32_t argb;    /* 0xaarrggbb; alpha 0xff where the message has none */
};

/* Parses a packet for which packet_parse() returned `fault`.  Checks the checksum, and
 * that the packet is not for a VLAN that the interface does not know.  The destination is
 * not checked.  `ping` is set for PING_SIZE and PING_PIXEL.  `bsd_time`: a pixel may
 * also follow eight bytes of anything, where BSD's and Apple's ping write the time. */
enum ping_kind ping_read(struct ping *ping, const struct packet *packet,
	enum packet_fault fault, bool bsd_time);

/* Writes the data of a ping that sets a pixel. */
void ping_pixel_write(uint8_t data[8], uint32_t x, uint32_t y, uint32_t rgb);

/* A command for Python that sends a ping with that data, by a socket that needs no rights
 * where the system lets everybody ping.  As snprintf(). */
int ping_python_command(
	char *text, size_t size, const char *address, const uint8_t *data, size_t len);

#define PING_REPLY_LEN 13

/* Writes the whole ICMP (version 4) or ICMPv6 (version 6) message that answers a size
 * request.  ICMPv6 gets its checksum from the kernel. */
void ping_size_reply(uint8_t reply[PING_REPLY_LEN], const struct ping *ping, int version,
	uint16_t width, uint16_t height);
