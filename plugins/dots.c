/* SPDX-License-Identifier: MIT */
/* An example plugin: a pixel is x and y as little-endian u16, then r, g, b, a. */
#include <stdio.h>

#include <mural/plugin.h>

struct dots_config {
	bool opaque;
};

struct dot {
	uint8_t x[2], y[2], r, g, b, a;
};

static const struct mural_option options[] = {
	MURAL_BOOL(struct dots_config, opaque, "no", "ignore the alpha byte"),
	{ 0 },
};

static ssize_t
dots_feed(struct mural_conn *conn, struct mural_brush *brush, const uint8_t *data,
	size_t len)
{
	const struct dots_config *config = conn->config;
	const struct dot *dot = (const void *)data, *end = dot + len / sizeof(*dot);

	for (; dot < end; dot++) {
		uint32_t alpha = config->opaque ? 0xff : dot->a;
		mural_put(brush, dot->x[0] | dot->x[1] << 8, dot->y[0] | dot->y[1] << 8,
			alpha << 24 | dot->r << 16 | dot->g << 8 | dot->b);
	}
	return (const uint8_t *)end - data; /* the rest comes again, and more */
}

static int
dots_hint(const struct mural_host *host, const struct mural_hint_request *request,
	char *text, size_t len)
{
	const char *udp = host->port ? "" : " -u";
	unsigned port = host->port ? host->port : host->udp_port;

	if (port == 0)
		return -1;
	return snprintf(text, len,
		"printf '\\%o\\%o\\%o\\%o\\%o\\%o\\%o\\377' | nc%s -w1 %s %u",
		request->x & 0xff, request->x >> 8, request->y & 0xff, request->y >> 8,
		request->colour >> 16 & 0xff, request->colour >> 8 & 0xff,
		request->colour & 0xff, udp, request->address, port);
}

const struct mural_plugin mural_plugin = {
	MURAL_PLUGIN,
	.name = "dots",
	.summary = "pixels as eight-byte records",
	.transports = MURAL_STREAM | MURAL_DATAGRAM,
	.options = options,
	.config_size = sizeof(struct dots_config),
	.feed = dots_feed,
	.hint = dots_hint,
};
