/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes address templates and neighbour discovery: a flag, a template that ends with a
 * zero byte, and a frame whose last sixteen bytes are an address too.
 *
 * With libFuzzer:
 *   clang -g -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE -Iinclude -Isrc -Iplugins
 * \
 *       tests/fuzz/fuzz-ipv6.c plugins/ping/address-template.c plugins/ping/ndp.c
 * plugins/ping/local-addrs.c \ plugins/ping/packet.c src/base/log.c -o fuzz-ipv6 &&
 * ./fuzz-ipv6 tests/unit/ping/test-address-template runs the same function on mutations
 * of honest input.
 */
#include "fuzz/fuzz.h"

#include <assert.h>
#include <pcap/dlt.h>
#include <stdlib.h>
#include <string.h>

#include "ping/address-template.h"
#include "ping/ndp.h"
#include "ping/packet.h"

static void
check_address(const struct address_template *template, const uint8_t *address)
{
	struct template_pixel pixel, again;
	enum template_match match = template_decode(template, address, &pixel);
	uint8_t written[16];
	bool claimed = true;

	for (int i = 0; i < 16; i++)
		if ((address[i] & template->claim.mask[i]) != template->claim.value[i])
			claimed = false;
	assert(claimed == (match != TEMPLATE_OTHER));
	if (match != TEMPLATE_PIXEL)
		return;
	assert(pixel.side == 1 || pixel.side == 2);
	assert(template_encode(template, &pixel, written) == 0);
	assert(template_decode(template, written, &again) == TEMPLATE_PIXEL);
	assert(pixel.x == again.x && pixel.y == again.y && pixel.argb == again.argb &&
		pixel.side == again.side);
}

static void
check_frame(const uint8_t *frame, size_t len)
{
	static const uint8_t mac[6] = { 2 };
	uint8_t answer[NDP_FRAME_LEN];
	struct packet packet;
	struct packet_icmp icmp;
	const uint8_t *target;

	if (packet_parse(&packet, DLT_EN10MB, frame, len, len) != PACKET_OK ||
		packet.version != 6 || !packet_icmp_parse(&packet, &icmp) ||
		ndp_parse(&packet, &icmp, &target) != NDP_ANSWERED)
		return;
	assert(target >= frame && target + 16 <= frame + len);
	ndp_build(answer, &packet, target, mac);
	assert(packet_parse(&packet, DLT_EN10MB, answer, sizeof(answer),
		       sizeof(answer)) == PACKET_OK);
	assert(packet_icmp_checksum_ok(&packet));
}

/* A copy of exactly that size, so that a sanitizer sees one byte too many. */
static uint8_t *
copy_exactly(const uint8_t *data, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);

	assert(copy);
	memcpy(copy, data, len);
	return copy;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const uint8_t *end = len > 1 ? memchr(data + 1, 0, len - 1) : NULL;
	struct address_template template;
	char why[TEMPLATE_WHY_MAX] = "";
	uint8_t *text, *rest;
	size_t rest_len;

	if (!end)
		return 0;
	text = copy_exactly(data + 1, end - data);
	rest_len = data + len - (end + 1);
	rest = copy_exactly(end + 1, rest_len);
	if (template_compile(&template, (char *)text, data[0] & 1, why, sizeof(why)) < 0)
		assert(strstr(why, " at character "));
	else if (rest_len >= 16)
		check_address(&template, rest + rest_len - 16);
	check_frame(rest, rest_len);
	free(text);
	free(rest);
	return 0;
}
