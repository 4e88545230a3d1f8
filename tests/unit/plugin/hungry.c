/* SPDX-License-Identifier: MIT */
/* A plugin that calls what only a later murald offers. */
#include <mural/plugin.h>

void mural_not_yet(void);

static ssize_t
hungry_feed(struct mural_conn *conn, struct mural_brush *brush, const uint8_t *data,
	size_t len)
{
	(void)conn, (void)brush, (void)data;
	mural_not_yet();
	return (ssize_t)len;
}

const struct mural_plugin mural_plugin = {
	MURAL_PLUGIN,
	.name = "hungry",
	.summary = "wants more than there is",
	.transports = MURAL_STREAM,
	.feed = hungry_feed,
};
