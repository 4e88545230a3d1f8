/* SPDX-License-Identifier: MIT */
/* Art-Net: ArtDmx packets, 170 pixels of r, g, b a universe, row by row from the first.
 */
#include <string.h>

#include <mural/plugin.h>

#define PIXELS 170 /* in the 512 channels of a universe */

struct artnet_config {
	int64_t universe;
};

struct art_dmx {
	char id[8];         /* "Art-Net" */
	uint8_t opcode[2];  /* 0x5000, lower byte first */
	uint8_t version[2]; /* higher byte first, as all that follows */
	uint8_t sequence, physical;
	uint8_t sub_uni, net;
	uint8_t length[2];
	uint8_t channels[];
};

static const struct mural_option options[] = {
	MURAL_NUMBER(struct artnet_config, universe, "0", NULL, 0, 32767,
		"the universe of the first pixels"),
	{ 0 },
};

static ssize_t
artnet_feed(struct mural_conn *conn, struct mural_brush *brush, const uint8_t *data,
	size_t len)
{
	const struct artnet_config *config = conn->config;
	const struct art_dmx *dmx = (const void *)data;
	uint32_t universe, place, length;

	if (len < sizeof(*dmx) || memcmp(dmx->id, "Art-Net", sizeof(dmx->id)) != 0)
		return -1;
	if (dmx->opcode[0] != 0 || dmx->opcode[1] != 0x50)
		return (ssize_t)len; /* a poll, or another message for somebody else */
	length = (uint32_t)(dmx->length[0] << 8 | dmx->length[1]);
	if (length > len - sizeof(*dmx))
		return -1;
	universe = (uint32_t)((dmx->net & 0x7f) << 8 | dmx->sub_uni);
	if (universe < config->universe)
		return (ssize_t)len;
	place = (universe - (uint32_t)config->universe) * PIXELS;
	for (uint32_t i = 0; i < PIXELS && 3 * i + 2 < length; i++, place++) {
		const uint8_t *rgb = &dmx->channels[3 * i];

		mural_put(brush, place % brush->width, place / brush->width,
			0xff000000 | (uint32_t)(rgb[0] << 16 | rgb[1] << 8 | rgb[2]));
	}
	return (ssize_t)len;
}

const struct mural_plugin mural_plugin = {
	MURAL_PLUGIN,
	.name = "artnet",
	.summary = "DMX universes as pixels",
	.transports = MURAL_DATAGRAM,
	.listen_udp = "[::]:6454",
	.options = options,
	.config_size = sizeof(struct artnet_config),
	.feed = artnet_feed,
};
