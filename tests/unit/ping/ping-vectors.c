/* SPDX-License-Identifier: MIT */
/* Vectors and home-made packets for the tests of pingxelflut. */
#include "unit/ping/ping-vectors.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

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

/* ------------------------------------------------------------- the JSON file */

/* The project's copy has one key a line, which is all this understands: no value of
 * interest stands on more than one, and names are unique within a vector. */
static bool
find_key(const char *line, const char *key, const char **value)
{
	char quoted[64];
	const char *found;

	snprintf(quoted, sizeof(quoted), "\"%s\": ", key);
	if (!(found = strstr(line, quoted)))
		return false;
	*value = found + strlen(quoted);
	return true;
}

static void
read_text(const char *line, const char *key, char *text, size_t len)
{
	const char *value, *end;

	if (!find_key(line, key, &value))
		return;
	assert_int_equal(value[0], '"');
	assert_non_null(end = strchr(value + 1, '"'));
	assert_true((size_t)(end - value) <= len);
	memcpy(text, value + 1, (size_t)(end - value - 1));
	text[end - value - 1] = '\0';
}

static void
read_bytes(const char *line, const char *key, struct bytes *bytes)
{
	char text[2 * sizeof(bytes->at) + 1] = "";

	read_text(line, key, text, sizeof(text));
	for (size_t i = 0; text[i] != '\0'; i += 2) {
		unsigned byte;

		assert_int_equal(sscanf(text + i, "%2x", &byte), 1);
		bytes->at[bytes->len++] = (uint8_t)byte;
	}
}

static void
read_number(const char *line, const char *key, unsigned *number)
{
	const char *value;

	if (find_key(line, key, &value))
		assert_int_equal(sscanf(value, "%u", number), 1);
}

static void
read_colour(const char *line, const char *key, uint32_t *colour)
{
	char text[16] = "";

	read_text(line, key, text, sizeof(text));
	if (text[0] != '\0')
		*colour = (uint32_t)strtoul(text, NULL, 16);
}

static void
read_line(struct vector *vector, const char *line)
{
	read_text(line, "op", vector->op, sizeof(vector->op));
	read_text(line, "effect", vector->effect, sizeof(vector->effect));
	read_bytes(line, "ipv4_packet", &vector->ipv4);
	read_bytes(line, "ipv6_packet", &vector->ipv6);
	read_bytes(line, "reply_icmpv4", &vector->reply4);
	read_bytes(line, "reply_icmpv6", &vector->reply6);
	read_number(line, "x", &vector->x);
	read_number(line, "y", &vector->y);
	read_number(line, "id", &vector->id);
	read_number(line, "seq", &vector->seq);
	read_number(line, "alpha", &vector->alpha);
	read_colour(line, "rgb", &vector->rgb);
	read_colour(line, "over_black", &vector->over_black);
	read_colour(line, "over_white", &vector->over_white);
}

size_t
vectors_read(struct vector *vectors, size_t max)
{
	const char *top = getenv("top_srcdir");
	char path[512], line[1024];
	size_t n = 0;
	FILE *file;

	snprintf(
		path, sizeof(path), "%s/tests/vectors/pingxelflut.json", top ? top : ".");
	assert_non_null(file = fopen(path, "r"));
	while (fgets(line, sizeof(line), file)) {
		const char *name;

		if (find_key(line, "name", &name)) {
			assert_true(n < max);
			vectors[n] = (struct vector){ 0 };
			read_text(line, "name", vectors[n].name, sizeof(vectors[n].name));
			n++;
		} else if (n > 0) {
			read_line(&vectors[n - 1], line);
		}
	}
	fclose(file);
	return n;
}
