/* SPDX-License-Identifier: MIT */
/* Neighbour discovery: which solicitations are valid, and what an advertisement says. */
#include "ping/ndp.h"

#include <pcap/dlt.h>
#include <string.h>

#include "base/util.h"
#include "support/unit.h"

enum { ETHERNET = 14, IP = 40, SOLICITATION = 24, OPTION = 8 };
enum { WHOLE = ETHERNET + IP + SOLICITATION + OPTION };

/* A host at fe80::aa solicits 2001:db8::5:1, RFC 4861 section 4.3. */
static const uint8_t asked[WHOLE] = {
	0x33, 0x33, 0xff, 0x05, 0, 1, 0x02, 0, 0, 0, 0, 0xaa, 0x86, 0xdd, /* Ethernet */
	0x60, 0, 0, 0, 0, SOLICITATION + OPTION, 58, 255,                 /* IPv6 */
	0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xaa,          /* from */
	0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 5, 0, 1,          /* to */
	135, 0, 0, 0, 0, 0, 0, 0,                                         /* ICMPv6 */
	0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 1,          /* target */
	1, 1, 0x02, 0, 0, 0, 0, 0xaa, /* source link-layer address */
};

enum { SOURCE = ETHERNET + 8, DESTINATION = ETHERNET + 24, HOP_LIMIT = ETHERNET + 7 };
enum { LENGTH = ETHERNET + 5, ICMP = ETHERNET + IP, TARGET = ICMP + 8 };
enum { OPTIONS = TARGET + 16 };

static void
fill_checksum(uint8_t *frame, size_t message_len)
{
	uint8_t *sum = frame + ICMP + 2;
	uint16_t right;

	sum[0] = sum[1] = 0;
	right = packet_checksum(frame + SOURCE, 32 + message_len, message_len + 58);
	sum[0] = right >> 8;
	sum[1] = right & 0xff;
}

/* The verdict of ndp_parse(); `target` may be NULL. */
static enum ndp_verdict
read_frame(const uint8_t *frame, size_t len, const uint8_t **target)
{
	struct packet packet;
	struct packet_icmp icmp;
	const uint8_t *found = NULL;
	enum ndp_verdict verdict;

	assert_int_equal(packet_parse(&packet, DLT_EN10MB, frame, len, len), PACKET_OK);
	assert_true(packet_icmp_parse(&packet, &icmp));
	verdict = ndp_parse(&packet, &icmp, &found);
	if (target)
		*target = found;
	return verdict;
}

/* The frame with one thing changed; the checksum is right again unless told. */
struct change {
	const char *what;
	size_t at;
	uint8_t to;
	bool keep_checksum;
	enum ndp_verdict verdict;
};

TEST(tells_valid_solicitations)
{
	static const struct change changes[] = {
		{ "nothing", ICMP + 4, 0, false, NDP_ANSWERED },
		{ "reserved bits are ignored", ICMP + 7, 1, false, NDP_ANSWERED },
		{ "to the target itself", DESTINATION, 0x20, false, NDP_ANSWERED },
		{ "another option", OPTIONS, 14, false, NDP_ANSWERED },
		{ "hop limit 254", HOP_LIMIT, 254, false, NDP_MALFORMED },
		{ "hop limit 0", HOP_LIMIT, 0, false, NDP_MALFORMED },
		{ "wrong checksum", ICMP + 2, 0x12, true, NDP_MALFORMED },
		{ "a bit of the target", TARGET + 15, 2, true, NDP_MALFORMED },
		{ "a code", ICMP + 1, 1, false, NDP_MALFORMED },
		{ "a group as target", TARGET, 0xff, false, NDP_MALFORMED },
		{ "a group as source", SOURCE, 0xff, false, NDP_MALFORMED },
		{ "an option of length 0", OPTIONS + 1, 0, false, NDP_MALFORMED },
		{ "an option beyond the end", OPTIONS + 1, 2, false, NDP_MALFORMED },
	};

	for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
		uint8_t frame[WHOLE];

		memcpy(frame, asked, WHOLE);
		fill_checksum(frame, SOLICITATION + OPTION);
		frame[changes[i].at] = changes[i].to;
		if (!changes[i].keep_checksum)
			fill_checksum(frame, SOLICITATION + OPTION);
		if (read_frame(frame, WHOLE, NULL) != changes[i].verdict)
			fail_msg("%s", changes[i].what);
	}
}

TEST(finds_the_target)
{
	uint8_t frame[WHOLE];
	const uint8_t *target;

	memcpy(frame, asked, WHOLE);
	fill_checksum(frame, SOLICITATION + OPTION);
	assert_int_equal(read_frame(frame, WHOLE, &target), NDP_ANSWERED);
	assert_ptr_equal(target, frame + TARGET);
}

/* Every length that the IP header can claim for the message. */
TEST(refuses_short_messages)
{
	for (uint8_t len = 8; len <= SOLICITATION + OPTION; len++) {
		bool right = len == SOLICITATION || len == SOLICITATION + OPTION;
		uint8_t frame[WHOLE];

		memcpy(frame, asked, WHOLE);
		frame[LENGTH] = len;
		fill_checksum(frame, len);
		assert_int_equal(read_frame(frame, WHOLE, NULL),
			right ? NDP_ANSWERED : NDP_MALFORMED);
	}
}

TEST(leaves_duplicate_address_detection_alone)
{
	uint8_t frame[WHOLE];
	const uint8_t *target;

	memcpy(frame, asked, WHOLE);
	memset(frame + SOURCE, 0, 16);
	frame[LENGTH] = SOLICITATION;
	fill_checksum(frame, SOLICITATION);
	assert_int_equal(read_frame(frame, WHOLE, &target), NDP_IGNORED);
	assert_null(target);

	/* with a source link-layer option, or to another group, it is not valid */
	frame[LENGTH] = SOLICITATION + OPTION;
	fill_checksum(frame, SOLICITATION + OPTION);
	assert_int_equal(read_frame(frame, WHOLE, NULL), NDP_MALFORMED);
	frame[LENGTH] = SOLICITATION;
	frame[DESTINATION + 12] = 0;
	fill_checksum(frame, SOLICITATION);
	assert_int_equal(read_frame(frame, WHOLE, NULL), NDP_MALFORMED);
}

TEST(needs_the_whole_message)
{
	uint8_t frame[WHOLE];
	struct packet packet;
	struct packet_icmp icmp;
	const uint8_t *target;

	memcpy(frame, asked, WHOLE);
	fill_checksum(frame, SOLICITATION + OPTION);
	for (size_t len = ICMP + 8; len < WHOLE; len++) {
		assert_int_equal(
			packet_parse(&packet, DLT_EN10MB, frame, len, WHOLE), PACKET_OK);
		assert_true(packet_icmp_parse(&packet, &icmp));
		assert_int_equal(ndp_parse(&packet, &icmp, &target), NDP_MALFORMED);
	}
}

TEST(advertises)
{
	static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 0xbb };
	uint8_t frame[WHOLE], answer[NDP_FRAME_LEN];
	struct packet packet;
	struct packet_icmp icmp;

	memcpy(frame, asked, WHOLE);
	packet_parse(&packet, DLT_EN10MB, frame, WHOLE, WHOLE);
	ndp_build(answer, &packet, frame + TARGET, mac);

	assert_int_equal(
		packet_parse(&packet, DLT_EN10MB, answer, sizeof(answer), sizeof(answer)),
		PACKET_OK);
	assert_memory_equal(answer, asked + 6, 6); /* back to the sender */
	assert_memory_equal(packet.link_source, mac, 6);
	assert_memory_equal(packet.source, asked + TARGET, 16);
	assert_memory_equal(packet.destination, asked + SOURCE, 16);
	assert_int_equal(packet.hop_limit, 255);
	assert_true(packet_icmp_checksum_ok(&packet));
	assert_true(packet_icmp_parse(&packet, &icmp));
	assert_int_equal(icmp.type, NDP_ADVERTISEMENT);
	assert_int_equal(icmp.code, 0);
	assert_int_equal(icmp.id, 0x4000); /* solicited, no router, no override */
	assert_int_equal(icmp.seq, 0);
	assert_int_equal(icmp.len, 16 + OPTION);
	assert_memory_equal(icmp.data, asked + TARGET, 16);
	assert_memory_equal(icmp.data + 16, ((uint8_t[]){ 2, 1 }), 2);
	assert_memory_equal(icmp.data + 18, mac, 6);
}

UNIT_TESTS(NULL, NULL)
