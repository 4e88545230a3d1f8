/* SPDX-License-Identifier: MIT */
/* A plugin whose author's header ended where that of the first plugins did.  What lies
 * behind such a table may be anything. */
#include "frozen.h"

static ssize_t
old_feed(struct mural_conn *conn, struct mural_brush *brush, const uint8_t *data,
	size_t len)
{
	(void)conn;
	for (size_t i = 0; i < len; i++)
		mural_put(brush, (uint32_t)i, 0, 0xff000000 | data[i]);
	return (ssize_t)len;
}

struct old_table {
	struct frozen_plugin plugin;
	uint8_t behind[512];
};

MURAL_EXPORT extern const struct old_table table __asm__("mural_plugin");
const struct old_table table = {
	.plugin = {
		.abi = 1,
		.size = sizeof(struct frozen_plugin),
		.name = "old",
		.summary = "as old as this ABI",
		.transports = MURAL_STREAM,
		.feed = old_feed,
	},
	.behind = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20,
		21, 22, 23, 24 },
};
