/* SPDX-License-Identifier: MIT */
/* A plugin whose author's header has members that this murald does not know; -DUSED: and
 * who uses one. */
#include <mural/plugin.h>

static ssize_t
later_feed(struct mural_conn *conn, struct mural_brush *brush, const uint8_t *data,
	size_t len)
{
	(void)conn;
	for (size_t i = 0; i < len; i++)
		mural_put(brush, (uint32_t)i, 1, 0xff000000 | data[i]);
	return (ssize_t)len;
}

struct later_table {
	struct mural_plugin plugin;
	const void *more[4];
};

MURAL_EXPORT extern const struct later_table table __asm__("mural_plugin");
const struct later_table table = {
	.plugin = {
		.abi = MURAL_ABI,
		.size = sizeof(struct later_table),
		.name = "later",
		.summary = "from the future",
		.transports = MURAL_STREAM,
		.feed = later_feed,
	},
#ifdef USED
	.more = { NULL, &table },
#endif
};
