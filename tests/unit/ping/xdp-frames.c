/* SPDX-License-Identifier: MIT */
/* Builds echo requests at random, and changes them in each layer. */
#include "unit/ping/xdp-frames.h"

#include <pcap/dlt.h>
#include <stdlib.h>
#include <string.h>

#include "ping/packet.h"

static uint32_t
below(uint32_t n)
{
	return (uint32_t)random() % n;
}

static bool
one_in(uint32_t n)
{
	return below(n) == 0;
}

static void
insert(struct bytes *frame, size_t at, const uint8_t *what, size_t len)
{
	if (frame->len + len > sizeof(frame->at))
		return;
	memmove(frame->at + at + len, frame->at + at, frame->len - at);
	memcpy(frame->at + at, what, len);
	frame->len += len;
}

static void
add16(uint8_t *at, size_t n)
{
	size_t value = (at[0] << 8 | at[1]) + n;

	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* Options of IPv4, or extension headers, and their lengths. */
static void
lengthen(struct bytes *packet, int version)
{
	static const uint8_t next[] = { 0, 43, 60, 60, 60, 44, 51 };
	uint8_t what[40];

	for (size_t i = 0; i < sizeof(what); i++)
		what[i] = (uint8_t)below(256);
	if (version == 4) {
		uint32_t words = 1 + below(10);

		insert(packet, 20, what, 4 * words);
		packet->at[0] += (uint8_t)words;
		add16(packet->at + 2, 4 * words);
		return;
	}
	for (uint32_t n = 1 + below(6); n > 0; n--) {
		size_t len = 8 * (1 + below(3));

		what[0] = packet->at[6];
		what[1] = (uint8_t)(len / 8 - 1);
		what[3] = one_in(5);
		insert(packet, 40, what, len);
		packet->at[6] = next[below(n == 1 ? 7 : 5)];
		add16(packet->at + 4, len);
	}
}

static void
claim_destination(const struct address_template *template, uint8_t *destination)
{
	struct template_pixel pixel = { below(1400), below(800), 1 + below(2),
		below(1 << 24) | 0xff000000 };

	for (int i = 0; i < 16; i++)
		destination[i] = (uint8_t)((below(256) & ~template->claim.mask[i]) |
					   template->claim.value[i]);
	if (!one_in(4))
		(void)template_encode(template, &pixel, destination);
}

/* Makes checksums right again, as far as the packet has them at their places. */
static void
repair(struct bytes *packet, int version)
{
	struct packet parsed;

	if (version == 4 && packet->len >= 20u &&
		packet->len >= (packet->at[0] & 15) * 4u)
		fix_header(packet, (packet->at[0] & 15) * 4u);
	if (packet_parse(&parsed, DLT_RAW, packet->at, packet->len, packet->len) ==
			PACKET_OK &&
		parsed.payload_len >= 8 &&
		packet->at + packet->len == parsed.payload + parsed.payload_len)
		fix_checksum(packet, (size_t)(parsed.payload - packet->at));
}

/* Spoils some of what is in [from, len). */
static void
spoil(struct bytes *bytes, size_t from)
{
	for (uint32_t n = 1 + below(3); n > 0; n--)
		bytes->at[from + below((uint32_t)(bytes->len - from))] ^=
			(uint8_t)(1 << below(8));
}

/* Before the Ethernet type. */
static void
tag(struct bytes *frame)
{
	for (uint32_t n = 1 + below(3); n > 0; n--) {
		const uint8_t what[4] = { one_in(3) ? 0x88 : 0x81,
			what[0] == 0x88 ? 0xa8 : 0, (uint8_t)(below(8) << 5),
			(uint8_t)(one_in(4) ? below(256) : 0) };

		insert(frame, 12, what, sizeof(what));
	}
}

struct bytes
random_frame(const struct address_template *template, const uint8_t mac[6], bool *plain)
{
	uint8_t data[32];
	int version = one_in(3) ? 4 : 6;
	struct bytes packet, frame;

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)below(256);
	if (!one_in(20))
		data[0] = 0xcc;
	packet = ping_packet(version, data, one_in(10) ? below(32) : 8 + below(2));
	*plain = true;
	if (version == 6 && one_in(2)) {
		claim_destination(template, packet.at + 24);
		if (one_in(6))
			packet.at[6] = one_in(2) ? 17 : (uint8_t)below(256);
		if (one_in(6))
			packet.at[40] = (uint8_t)below(256);
		*plain = packet.at[6] == 58 || packet.at[6] == 17;
	}
	if (one_in(4)) {
		lengthen(&packet, version);
		*plain = false;
	}
	if (one_in(4)) {
		spoil(&packet, 0);
		*plain = false;
	}
	if (!one_in(4))
		repair(&packet, version);
	frame = ethernet_frame(&packet);
	memcpy(frame.at, mac, 6);
	if (one_in(6)) {
		tag(&frame);
		*plain = false;
	}
	if (one_in(20)) {
		spoil(&frame, 0);
		*plain = false;
	}
	if (one_in(8)) {
		frame.len = 14 + below((uint32_t)frame.len - 13);
		*plain = false;
	}
	return frame;
}
