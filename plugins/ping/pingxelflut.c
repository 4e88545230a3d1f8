/* SPDX-License-Identifier: MIT */
/* Parses pingxelflut messages, and writes the answer to a size request. */
#include "ping/pingxelflut.h"

#include <stdio.h>
#include <string.h>

#include "lib/hex.h"

/* Of a message that ping_python_command() writes. */
#define PYTHON_DATA_MAX 16

/* What the ping of BSD and macOS writes over the first bytes, if there are as many. */
#define BSD_TIME_LEN 8

enum {
	ECHO_REPLY = 0,
	ECHO_REQUEST = 8,
	ECHO6_REQUEST = 128,
	ECHO6_REPLY = 129,
};

enum {
	KIND_SIZE_REQUEST = 0xaa,
	KIND_SIZE_RESPONSE = 0xbb,
	KIND_PIXEL = 0xcc,
};

/* Whether all 16 bytes are the time of Linux's ping: a struct timeval of 64 bits, with
 * zeros in the upper halves of its members. */
static bool
is_linux_time(const uint8_t *data)
{
	static const uint8_t zeros[5];

	return memcmp(data + 4, zeros, 4) == 0 && memcmp(data + 11, zeros, 5) == 0;
}

static enum ping_kind
read_message(struct ping *ping, const struct packet_icmp *icmp, bool bsd_time)
{
	const uint8_t *data = icmp->data;
	size_t len = icmp->len;

	if (len == 1 && data[0] == KIND_SIZE_REQUEST) {
		*ping = (struct ping){ .id = icmp->id, .seq = icmp->seq };
		return PING_SIZE;
	}
	if (bsd_time && len == BSD_TIME_LEN + 8 && !is_linux_time(data)) {
		data += BSD_TIME_LEN;
		len = 8;
	}
	if ((len != 8 && len != 9) || data[0] != KIND_PIXEL)
		return PING_MALFORMED;
	*ping = (struct ping){
		.x = (uint16_t)(data[1] << 8 | data[2]),
		.y = (uint16_t)(data[3] << 8 | data[4]),
		.argb = (len == 9 ? (uint32_t)data[8] : 0xff) << 24 |
			(uint32_t)data[5] << 16 | (uint32_t)data[6] << 8 | data[7],
	};
	return PING_PIXEL;
}

enum ping_kind
ping_read(struct ping *ping, const struct packet *packet, enum packet_fault fault,
	bool bsd_time)
{
	bool is_icmp = (packet->version == 4 && packet->protocol == PACKET_PROTO_ICMP) ||
		       (packet->version == 6 && packet->protocol == PACKET_PROTO_ICMP6);
	struct packet_icmp icmp;

	/* Nobody knows where a broken chain of extension headers leads; captures ask
	 * only for chains that may lead to ICMPv6. */
	if (packet->version == 6 && fault != PACKET_OK && fault != PACKET_FRAGMENT)
		return PING_MALFORMED;
	if (!is_icmp)
		return PING_NONE;
	if (fault != PACKET_OK || !packet_icmp_parse(packet, &icmp))
		return PING_MALFORMED;
	if (icmp.type != (packet->version == 4 ? ECHO_REQUEST : ECHO6_REQUEST))
		return PING_NONE;
	if (icmp.code != 0 || (packet->vlan != PACKET_NO_VLAN && packet->vlan != 0))
		return PING_MALFORMED;
	if (!packet_icmp_checksum_ok(packet))
		return PING_MALFORMED;
	return read_message(ping, &icmp, bsd_time);
}

void
ping_pixel_write(uint8_t data[8], uint32_t x, uint32_t y, uint32_t rgb)
{
	const uint8_t bytes[8] = { KIND_PIXEL, (uint8_t)(x >> 8), (uint8_t)x,
		(uint8_t)(y >> 8), (uint8_t)y, (uint8_t)(rgb >> 16), (uint8_t)(rgb >> 8),
		(uint8_t)rgb };

	memcpy(data, bytes, sizeof(bytes));
}

/* Linux writes identifier and checksum itself, macOS wants them written. */
int
ping_python_command(
	char *text, size_t size, const char *address, const uint8_t *data, size_t len)
{
	bool v6 = strchr(address, ':') != NULL;
	uint8_t message[8 + PYTHON_DATA_MAX] = { v6 ? ECHO6_REQUEST : ECHO_REQUEST };
	char hex[2 * sizeof(message) + 1];
	uint16_t sum;

	if (len > PYTHON_DATA_MAX)
		len = PYTHON_DATA_MAX;
	memcpy(message + 8, data, len);
	if (!v6) {
		sum = packet_checksum(message, 8 + len, 0);
		message[2] = (uint8_t)(sum >> 8);
		message[3] = (uint8_t)sum;
	}
	hex_write(hex, message, 8 + len);
	return snprintf(text, size,
		"python3 -c \"import socket as s; s.socket(s.%s, s.SOCK_DGRAM, "
		"%d).sendto("
		"bytes.fromhex('%s'), ('%s', 0))\"",
		v6 ? "AF_INET6" : "AF_INET", v6 ? PACKET_PROTO_ICMP6 : PACKET_PROTO_ICMP,
		hex, address);
}

void
ping_size_reply(uint8_t reply[PING_REPLY_LEN], const struct ping *ping, int version,
	uint16_t width, uint16_t height)
{
	uint16_t sum;

	reply[0] = version == 4 ? ECHO_REPLY : ECHO6_REPLY;
	reply[1] = 0;
	reply[2] = reply[3] = 0;
	reply[4] = (uint8_t)(ping->id >> 8);
	reply[5] = (uint8_t)ping->id;
	reply[6] = (uint8_t)(ping->seq >> 8);
	reply[7] = (uint8_t)ping->seq;
	reply[8] = KIND_SIZE_RESPONSE;
	reply[9] = (uint8_t)(width >> 8);
	reply[10] = (uint8_t)width;
	reply[11] = (uint8_t)(height >> 8);
	reply[12] = (uint8_t)height;
	if (version == 6)
		return;
	sum = packet_checksum(reply, PING_REPLY_LEN, 0);
	reply[2] = (uint8_t)(sum >> 8);
	reply[3] = (uint8_t)sum;
}
