/* SPDX-License-Identifier: MIT */
/* Tests the packet parser: link types, VLAN tags, IP options, extension headers, wrong
 * lengths, and random bytes. */
#include "ping/packet.h"

#include <pcap/dlt.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "ping/pingxelflut.h"
#include "support/unit.h"
#include "unit/ping/ping-packets.h"

static const uint8_t pixel[] = { 0xcc, 0, 16, 0, 32, 1, 2, 3 };

/* Inserts bytes into a packet. */
static void
insert(struct bytes *bytes, size_t at, const void *what, size_t len)
{
	assert_true(bytes->len + len <= sizeof(bytes->at));
	memmove(bytes->at + at + len, bytes->at + at, bytes->len - at);
	memcpy(bytes->at + at, what, len);
	bytes->len += len;
}

static enum packet_fault
parse(struct packet *packet, int link, const struct bytes *frame)
{
	return packet_parse(packet, link, frame->at, frame->len, frame->len);
}

static void
expect_pixel(int link, const struct bytes *frame)
{
	struct packet packet;
	struct ping ping;

	assert_int_equal(parse(&packet, link, frame), PACKET_OK);
	assert_int_equal(packet.cast, CAST_UNICAST);
	assert_int_equal(ping_read(&ping, &packet, PACKET_OK, false), PING_PIXEL);
	assert_int_equal(ping.x, 16);
	assert_int_equal(ping.y, 32);
	assert_int_equal(ping.argb, 0xff010203);
}

static void
expect_fault(const struct bytes *bytes, enum packet_fault fault)
{
	struct packet packet;
	struct ping ping;

	assert_int_equal(parse(&packet, DLT_RAW, bytes), fault);
	assert_null(packet.payload);
	assert_int_equal(ping_read(&ping, &packet, fault, false), PING_MALFORMED);
}

TEST(link_types_are_read)
{
	static const uint8_t sll[16] = { 0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1 };
	static const uint8_t sll2[20] = { 0, 0, 0, 0, 0, 0, 0, 9, 0, 1, 0, 6, 2, 0, 0, 0,
		0, 1 };
	static const int versions[] = { 4, 6 };

	for (int i = 0; i < 2; i++) {
		struct bytes raw = ping_packet(versions[i], pixel, sizeof(pixel));
		struct bytes frame = ethernet_frame(&raw);
		uint8_t type[2] = { frame.at[12], frame.at[13] };
		struct packet packet;

		expect_pixel(DLT_RAW, &raw);
		expect_pixel(DLT_EN10MB, &frame);
		assert_int_equal(parse(&packet, DLT_EN10MB, &frame), PACKET_OK);
		assert_ptr_equal(packet.link_source, frame.at + 6);
		assert_int_equal(packet.vlan, PACKET_NO_VLAN);

		frame = raw;
		insert(&frame, 0, "\0\0\0\0", 4);
		expect_pixel(DLT_NULL, &frame);
		expect_pixel(DLT_LOOP, &frame);

		frame = raw;
		insert(&frame, 0, sll, sizeof(sll));
		memcpy(frame.at + 14, type, 2);
		expect_pixel(DLT_LINUX_SLL, &frame);

		frame = raw;
		insert(&frame, 0, sll2, sizeof(sll2));
		memcpy(frame.at, type, 2);
		expect_pixel(DLT_LINUX_SLL2, &frame);
		assert_int_equal(parse(&packet, DLT_LINUX_SLL2, &frame), PACKET_OK);
		assert_int_equal(packet.ifindex, 9);
		assert_ptr_equal(packet.link_source, frame.at + 12);

		assert_int_equal(parse(&packet, DLT_IEEE802_11, &raw), PACKET_NOT_IP);
		assert_int_equal(packet.version, 0);
	}
}

TEST(others_addresses_are_told_apart)
{
	struct bytes raw = ping_packet(4, pixel, sizeof(pixel));
	struct bytes frame = ethernet_frame(&raw);
	struct packet packet;

	frame.at[0] = 0x33;
	parse(&packet, DLT_EN10MB, &frame);
	assert_int_equal(packet.cast, CAST_MULTICAST);
	memset(frame.at, 0xff, 6);
	parse(&packet, DLT_EN10MB, &frame);
	assert_int_equal(packet.cast, CAST_BROADCAST);

	raw.at[16] = 224;
	fix_header(&raw, 20);
	parse(&packet, DLT_RAW, &raw);
	assert_int_equal(packet.cast, CAST_MULTICAST);
	memset(raw.at + 16, 255, 4);
	fix_header(&raw, 20);
	parse(&packet, DLT_RAW, &raw);
	assert_int_equal(packet.cast, CAST_BROADCAST);

	raw = ping_packet(6, pixel, sizeof(pixel));
	raw.at[24] = 0xff;
	parse(&packet, DLT_RAW, &raw);
	assert_int_equal(packet.cast, CAST_MULTICAST);

	for (uint8_t type = 1; type <= 5; type++) { /* cooked: to others, or outgoing */
		static const uint8_t casts[] = { 0, CAST_BROADCAST, CAST_MULTICAST,
			CAST_FOREIGN, CAST_FOREIGN, CAST_FOREIGN };
		uint8_t head[20] = { 0x08, 0, 0, 0, 0, 0, 0, 1, 0, 1, type };

		frame = ping_packet(4, pixel, sizeof(pixel));
		insert(&frame, 0, head, sizeof(head));
		parse(&packet, DLT_LINUX_SLL2, &frame);
		assert_int_equal(packet.cast, casts[type]);
	}
}

TEST(vlan_tags_are_passed_over)
{
	struct bytes raw = ping_packet(4, pixel, sizeof(pixel));
	struct bytes frame = ethernet_frame(&raw);
	struct packet packet;
	struct ping ping;

	insert(&frame, 12, "\x81\0\xa0\0", 4); /* only a priority */
	expect_pixel(DLT_EN10MB, &frame);
	insert(&frame, 12, "\x81\0\x20\x05", 4);
	assert_int_equal(parse(&packet, DLT_EN10MB, &frame), PACKET_OK);
	assert_int_equal(packet.vlan, 5);
	assert_int_equal(ping_read(&ping, &packet, PACKET_OK, false), PING_MALFORMED);
	insert(&frame, 12, "\x88\xa8\0\x07", 4);
	assert_int_equal(parse(&packet, DLT_EN10MB, &frame), PACKET_OK);
	assert_int_equal(packet.vlan, 7);
	for (int i = 0; i < 4; i++)
		insert(&frame, 12, "\x81\0\0\x01", 4);
	assert_int_equal(parse(&packet, DLT_EN10MB, &frame), PACKET_NOT_IP);
}

TEST(ip4_options_and_padding_are_passed_over)
{
	struct bytes raw = ping_packet(4, pixel, sizeof(pixel)), longest;

	insert(&raw, 20, "\1\1\1\0", 4);
	raw.at[0] = 0x46;
	raw.at[3] += 4;
	fix_header(&raw, 24);
	expect_pixel(DLT_RAW, &raw);

	longest = ping_packet(4, pixel, sizeof(pixel));
	insert(&longest, 20, "\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1", 20);
	insert(&longest, 20, "\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1", 20);
	longest.at[0] = 0x4f;
	longest.at[3] += 40;
	fix_header(&longest, 60);
	expect_pixel(DLT_RAW, &longest);

	insert(&raw, raw.len, "\xcc\xaa\0\0\0\0\0\0\0\0\0\0", 12);
	expect_pixel(DLT_RAW, &raw);
	raw = ping_packet(6, pixel, sizeof(pixel));
	insert(&raw, raw.len, "\xcc\xaa", 2);
	expect_pixel(DLT_RAW, &raw);
}

TEST(ip4_headers_that_lie_are_refused)
{
	const struct bytes good = ping_packet(4, pixel, sizeof(pixel));
	struct bytes raw;

	for (uint8_t ihl = 0; ihl < 5; ihl++) {
		raw = good;
		raw.at[0] = 0x40 | ihl;
		expect_fault(&raw, PACKET_BAD_LENGTH);
	}
	raw = good;
	raw.at[0] = 0x4f; /* ends inside its own options */
	expect_fault(&raw, PACKET_BAD_LENGTH);
	raw.at[3] = 60;
	expect_fault(&raw, PACKET_TRUNCATED);
	raw = good;
	raw.at[3] = 19;
	expect_fault(&raw, PACKET_BAD_LENGTH);
	raw = good;
	raw.at[3]++;
	fix_header(&raw, 20);
	expect_fault(&raw, PACKET_TRUNCATED);
	raw = good;
	raw.at[8]--; /* another TTL, the same checksum */
	expect_fault(&raw, PACKET_BAD_CHECKSUM);
	raw = good;
	raw.at[6] = 0x20; /* the first fragment */
	fix_header(&raw, 20);
	expect_fault(&raw, PACKET_FRAGMENT);
	raw.at[6] = 0; /* the last one */
	raw.at[7] = 1;
	fix_header(&raw, 20);
	expect_fault(&raw, PACKET_FRAGMENT);
	raw = good;
	raw.at[6] = 0x40; /* must not be fragmented: is not */
	fix_header(&raw, 20);
	expect_pixel(DLT_RAW, &raw);
}

/* Puts an extension header of `len` bytes before what is there. */
static void
extend(struct bytes *raw, uint8_t type, const void *body, size_t len)
{
	insert(raw, 40, body, len);
	raw->at[40] = raw->at[6];
	raw->at[6] = type;
	raw->at[5] += (uint8_t)len;
}

TEST(ip6_extension_headers_are_followed)
{
	static const uint8_t options[16] = { 0, 1, 1, 12 }; /* padding */
	const struct bytes good = ping_packet(6, pixel, sizeof(pixel));
	struct bytes raw = good;

	extend(&raw, 60, options, sizeof(options));
	expect_pixel(DLT_RAW, &raw);
	extend(&raw, 43, "\0\0\4\0\0\0\0\0", 8); /* a route, at its end */
	expect_pixel(DLT_RAW, &raw);
	extend(&raw, 0, options, sizeof(options));
	expect_pixel(DLT_RAW, &raw);
	extend(&raw, 60, options, sizeof(options)); /* hop-by-hop comes first */
	expect_fault(&raw, PACKET_BAD_HEADER);

	raw = good;
	for (int i = 0; i < 8; i++)
		extend(&raw, 60, "\0\0\1\4\0\0\0\0", 8);
	expect_pixel(DLT_RAW, &raw);
	extend(&raw, 60, "\0\0\1\4\0\0\0\0", 8);
	expect_fault(&raw, PACKET_BAD_HEADER);

	raw = good;
	extend(&raw, 43, "\0\0\4\1\0\0\0\0", 8); /* a route, not at its end */
	expect_fault(&raw, PACKET_BAD_HEADER);
	raw = good;
	extend(&raw, 51, "\0\4\0\0\0\0\0\1\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0", 24);
	expect_fault(&raw, PACKET_BAD_HEADER);
	raw = good;
	extend(&raw, 50, "\0\0\0\1\0\0\0\1", 8);
	expect_fault(&raw, PACKET_BAD_HEADER);
	raw = good;
	extend(&raw, 44, "\0\0\0\1\0\0\0\7", 8);
	expect_fault(&raw, PACKET_FRAGMENT);
}

TEST(ip6_headers_that_lie_are_refused)
{
	const struct bytes good = ping_packet(6, pixel, sizeof(pixel));
	struct bytes raw = good;

	raw.at[5]++;
	expect_fault(&raw, PACKET_TRUNCATED);
	raw.at[4] = raw.at[5] = 0xff;
	expect_fault(&raw, PACKET_TRUNCATED);
	raw = good;
	extend(&raw, 0, "\0\0\xc2\4\0\1\0\0", 8); /* a jumbogram */
	raw.at[4] = raw.at[5] = 0;
	expect_fault(&raw, PACKET_BAD_LENGTH);
	raw = good;
	extend(&raw, 60, "\0\xff\1\4\0\0\0\0", 8);
	expect_fault(&raw, PACKET_BAD_LENGTH);
	raw = good;
	raw.at[6] = 60; /* the message itself, taken for options */
	raw.at[5] = 4;
	expect_fault(&raw, PACKET_BAD_LENGTH);
}

TEST(a_cut_capture_is_no_fault_but_no_message)
{
	static const int versions[] = { 4, 6 };

	for (int i = 0; i < 2; i++) {
		struct bytes raw = ping_packet(versions[i], pixel, sizeof(pixel));
		struct packet packet;
		struct ping ping;

		assert_int_equal(
			packet_parse(&packet, DLT_RAW, raw.at, raw.len - 1, raw.len),
			PACKET_OK);
		assert_int_equal(packet.payload_len, 16);
		assert_int_equal(packet.payload_captured, 15);
		assert_int_equal(
			ping_read(&ping, &packet, PACKET_OK, false), PING_MALFORMED);
	}
}

/* Without link, IP and ICMP headers at least there is nothing to count, and a packet that
 * ends anywhere after them paints nothing. */
TEST(truncations_paint_nothing)
{
	static const int versions[] = { 4, 6 };

	for (int i = 0; i < 2; i++) {
		struct bytes raw = ping_packet(versions[i], pixel, sizeof(pixel));
		size_t ip = versions[i] == 4 ? 20 : 40;

		for (size_t len = 0; len < raw.len; len++) {
			struct bytes cut = { .len = len };
			struct packet packet;
			struct ping ping;
			enum packet_fault fault;

			memcpy(cut.at, raw.at, len);
			fault = parse(&packet, DLT_RAW, &cut);
			assert_int_equal(
				fault, len == 0 ? PACKET_NOT_IP : PACKET_TRUNCATED);
			assert_int_equal(ping_read(&ping, &packet, fault, false),
				len < ip ? PING_NONE : PING_MALFORMED);
		}
	}
}

TEST(only_exact_lengths_are_messages)
{
	static const int versions[] = { 4, 6 };
	static const uint8_t kinds[] = { 0xaa, 0xbb, 0xcc, 0x00, 0xff };

	for (int i = 0; i < 2; i++)
		for (size_t k = 0; k < sizeof(kinds); k++)
			for (size_t len = 0; len <= 64; len++) {
				uint8_t data[64] = { kinds[k] };
				struct bytes raw = ping_packet(versions[i], data, len);
				enum ping_kind expected = PING_MALFORMED;
				struct packet packet;
				struct ping ping;

				if (kinds[k] == 0xaa && len == 1)
					expected = PING_SIZE;
				if (kinds[k] == 0xcc && (len == 8 || len == 9))
					expected = PING_PIXEL;
				assert_int_equal(
					parse(&packet, DLT_RAW, &raw), PACKET_OK);
				assert_int_equal(
					ping_read(&ping, &packet, PACKET_OK, false),
					expected);
			}
}

/* One wrong byte anywhere in the ICMP message, and it is no message. */
TEST(checksums_are_verified)
{
	static const int versions[] = { 4, 6 };

	for (int i = 0; i < 2; i++) {
		const struct bytes good = ping_packet(versions[i], pixel, sizeof(pixel));
		size_t ip = versions[i] == 4 ? 20 : 40;

		for (size_t at = ip + 1; at < good.len; at++) {
			struct bytes raw = good;
			struct packet packet;
			struct ping ping;

			raw.at[at] ^= 0x10;
			assert_int_equal(parse(&packet, DLT_RAW, &raw), PACKET_OK);
			assert_false(packet_icmp_checksum_ok(&packet));
			assert_int_equal(ping_read(&ping, &packet, PACKET_OK, false),
				PING_MALFORMED);
		}
	}
}

TEST(other_messages_are_none_of_our_business)
{
	struct bytes raw = ping_packet(4, pixel, sizeof(pixel));
	struct packet packet;
	struct ping ping;

	for (unsigned type = 0; type < 256; type++) {
		raw.at[20] = (uint8_t)type;
		fix_checksum(&raw, 20);
		parse(&packet, DLT_RAW, &raw);
		assert_int_equal(ping_read(&ping, &packet, PACKET_OK, false),
			type == 8 ? PING_PIXEL : PING_NONE);
	}
	raw.at[9] = 17;
	fix_header(&raw, 20);
	assert_int_equal(parse(&packet, DLT_RAW, &raw), PACKET_OK);
	assert_int_equal(ping_read(&ping, &packet, PACKET_OK, false), PING_NONE);
	raw = ping_packet(4, pixel, sizeof(pixel));
	raw.at[9] = 58; /* ICMPv6 inside IPv4 is none */
	fix_header(&raw, 20);
	parse(&packet, DLT_RAW, &raw);
	assert_int_equal(ping_read(&ping, &packet, PACKET_OK, false), PING_NONE);
}

/* Mutations of honest packets; a sanitizer or an assertion objects. */
TEST(any_bytes_are_survived)
{
	const struct bytes seeds[] = {
		ping_packet(4, pixel, sizeof(pixel)),
		ping_packet(6, pixel, sizeof(pixel)),
	};

	srand(1);
	for (int round = 0; round < 200000; round++) {
		struct bytes input = ethernet_frame(&seeds[round & 1]);
		int changes = rand() % 6;

		insert(&input, 0, "\0\0", 2);
		if (rand() % 3 == 0) { /* as a bare packet */
			memmove(input.at + 2, input.at + 16, input.len - 16);
			input.len -= 14;
			input.at[0] = 3;
		}
		while (changes-- > 0)
			input.at[(size_t)rand() % input.len] = (uint8_t)rand();
		if (rand() % 4 == 0)
			input.len = (size_t)rand() % (input.len + 1);
		LLVMFuzzerTestOneInput(input.at, input.len);
	}
}

/* What `make fuzz` found worth keeping. */
TEST(the_corpus_does_no_harm)
{
	assert_true(fuzz_replay("packet") > 10);
}

UNIT_TESTS(NULL, NULL)
