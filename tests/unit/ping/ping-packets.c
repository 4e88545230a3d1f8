/* SPDX-License-Identifier: MIT */
/* Builds echo requests, for the tests of the ping plugins. */
#include "unit/ping/ping-packets.h"

#include <string.h>

#include "ping/packet.h"

static const uint8_t head4[28] = { 0x45, 0x20, 0, 0, 0, 0, 0, 0, 64, 1, 0, 0, 192, 0, 2,
	1, 192, 0, 2, 2, 8, 0, 0, 0, 0x12, 0x34, 0, 7 };
static const uint8_t head6[48] = { 0x62, 0, 0, 0, 0, 0, 58, 64, 0x20, 1, 0x0d, 0xb8, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 2, 128, 0, 0, 0, 0x12, 0x34, 0, 7 };

static void
put16(uint8_t *p, unsigned value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

void
fix_checksum(struct bytes *packet, size_t at)
{
	uint32_t sum = 0;

	if (packet->at[0] >> 4 == 6) {
		for (int i = 8; i < 40; i += 2)
			sum += (uint32_t)(packet->at[i] << 8 | packet->at[i + 1]);
		sum += (uint32_t)(packet->len - at) + PACKET_PROTO_ICMP6;
	}
	put16(packet->at + at + 2, 0);
	put16(packet->at + at + 2,
		packet_checksum(packet->at + at, packet->len - at, sum));
}

void
fix_header(struct bytes *packet, size_t header_len)
{
	put16(packet->at + 10, 0);
	put16(packet->at + 10, packet_checksum(packet->at, header_len, 0));
}

struct bytes
ping_packet(int version, const uint8_t *data, size_t len)
{
	struct bytes packet = { 0 };
	size_t head = version == 4 ? sizeof(head4) : sizeof(head6);

	memcpy(packet.at, version == 4 ? head4 : head6, head);
	if (len > 0)
		memcpy(packet.at + head, data, len);
	packet.len = head + len;
	if (version == 4) {
		put16(packet.at + 2, (unsigned)packet.len);
		fix_header(&packet, 20);
		fix_checksum(&packet, 20);
	} else {
		put16(packet.at + 4, (unsigned)packet.len - 40);
		fix_checksum(&packet, 40);
	}
	return packet;
}

struct bytes
ethernet_frame(const struct bytes *packet)
{
	struct bytes frame = { .at = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1 } };

	put16(frame.at + 12, packet->at[0] >> 4 == 6 ? 0x86dd : 0x0800);
	memcpy(frame.at + 14, packet->at, packet->len);
	frame.len = 14 + packet->len;
	return frame;
}
