/* SPDX-License-Identifier: MIT */
/*
 * An example plugin: datagrams that are answered.  The first byte says what one is:
 *
 *	S                      answered with S, the width and the height
 *	G  x y                 answered with G, x, y and the colour; outside: not answered
 *	P  x y r g b, ...      any number of pixels; not answered
 *
 * Coordinates and sizes are big-endian u16.
 */
#include <mural/plugin.h>

struct query_config {
	bool reads;
};

static const struct mural_option options[] = {
	MURAL_BOOL(struct query_config, reads, "yes", "answer G, which reads a pixel"),
	{ 0 },
};

static uint16_t
read_u16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static void
write_u16(uint8_t *bytes, uint32_t value)
{
	bytes[0] = (uint8_t)(value >> 8);
	bytes[1] = (uint8_t)value;
}

static void
answer_size(struct mural_conn *conn)
{
	uint8_t answer[5] = { 'S' };

	write_u16(answer + 1, conn->host->width);
	write_u16(answer + 3, conn->host->height);
	(void)mural_reply(conn, answer, sizeof(answer)); /* lost? it asks again */
}

static void
answer_pixel(struct mural_conn *conn, struct mural_brush *brush, const uint8_t *at)
{
	uint8_t answer[8] = { 'G', at[0], at[1], at[2], at[3] };
	uint32_t argb;

	if (!mural_get(brush, read_u16(at), read_u16(at + 2), &argb))
		return;
	for (int i = 0; i < 3; i++)
		answer[5 + i] = (uint8_t)(argb >> (16 - 8 * i));
	(void)mural_reply(conn, answer, sizeof(answer));
}

/* One datagram, and never a part of one: a negative result counts it as malformed. */
static ssize_t
query_feed(struct mural_conn *conn, struct mural_brush *brush, const uint8_t *data,
	size_t len)
{
	const struct query_config *config = conn->config;

	if (len == 1 && data[0] == 'S')
		answer_size(conn);
	else if (len == 5 && data[0] == 'G' && config->reads)
		answer_pixel(conn, brush, data + 1);
	else if (len == 5 && data[0] == 'G')
		mural_discard(brush, MURAL_UNAUTHORIZED, 1);
	else if (len % 7 == 1 && data[0] == 'P')
		for (const uint8_t *p = data + 1; p < data + len; p += 7)
			mural_put(brush, read_u16(p), read_u16(p + 2),
				0xff000000 | (uint32_t)(p[4] << 16 | p[5] << 8 | p[6]));
	else
		return -1;
	return (ssize_t)len;
}

const struct mural_plugin mural_plugin = {
	MURAL_PLUGIN,
	.name = "query",
	.summary = "datagrams that paint and ask",
	.transports = MURAL_DATAGRAM,
	.options = options,
	.config_size = sizeof(struct query_config),
	.feed = query_feed,
};
