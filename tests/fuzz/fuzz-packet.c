/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes a captured frame.  The first byte selects the link type, the second how much
 * longer the frame was than what was captured of it.  tests/unit/ping/test-packet runs it
 * on mutations of valid packets.
 */
#include "fuzz/fuzz.h"

#include <assert.h>
#include <pcap/dlt.h>
#include <stdlib.h>
#include <string.h>

#include "ping/packet.h"
#include "ping/pingxelflut.h"

static const int links[] = { DLT_EN10MB, DLT_LINUX_SLL, DLT_LINUX_SLL2, DLT_RAW, DLT_NULL,
	DLT_LOOP, DLT_IEEE802_11 };

/* The part must lie in the captured frame. */
static void
check_part(const uint8_t *frame, size_t len, const uint8_t *part, size_t part_len)
{
	assert(part >= frame && part_len <= len && part + part_len <= frame + len);
}

static void
check_frame(int link, const uint8_t *frame, size_t captured, size_t length)
{
	struct packet packet;
	struct packet_icmp icmp;
	struct ping ping;
	enum packet_fault fault = packet_parse(&packet, link, frame, captured, length);
	enum ping_kind kind = ping_read(&ping, &packet, fault, true);

	assert((fault == PACKET_OK) == (packet.payload != NULL));
	if (packet.link_source)
		check_part(frame, captured, packet.link_source, 6);
	if (packet.version != 0) {
		size_t len = packet.version == 4 ? 4 : 16;

		check_part(frame, captured, packet.source, len);
		check_part(frame, captured, packet.destination, len);
	}
	if (fault == PACKET_OK) {
		assert(packet.payload_captured <= packet.payload_len);
		assert(packet.payload_len <= length);
		check_part(frame, captured, packet.payload, packet.payload_captured);
	}
	if (packet_icmp_parse(&packet, &icmp))
		check_part(frame, captured, icmp.data, icmp.captured);
	if (kind == PING_PIXEL || kind == PING_SIZE) {
		assert(fault == PACKET_OK);
		assert(packet_icmp_checksum_ok(&packet));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t *frame;
	int link;

	if (len < 2)
		return 0;
	link = links[data[0] % (sizeof(links) / sizeof(links[0]))];
	frame = fuzz_copy(data + 2, len - 2);
	check_frame(link, frame, len - 2, len - 2 + data[1]);
	free(frame);
	return 0;
}
