/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes an address template and a frame for it: a flag, a text that ends with a zero,
 * and a frame whose last sixteen bytes are also used as an address.
 * tests/unit/ping/test-address-template runs it on mutations of valid input.
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
	text = fuzz_copy(data + 1, end - data);
	rest_len = data + len - (end + 1);
	rest = fuzz_copy(end + 1, rest_len);
	if (template_compile(&template, (char *)text, data[0] & 1, why, sizeof(why)) < 0)
		assert(strstr(why, " at character "));
	else if (rest_len >= 16)
		check_address(&template, rest + rest_len - 16);
	check_frame(rest, rest_len);
	free(text);
	free(rest);
	return 0;
}
