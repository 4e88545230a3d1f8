/* SPDX-License-Identifier: MIT */
/* A plugin with a mistake: each byte paints a pixel, but for 0xff, which crashes.  With
 * -DLOADED one that crashes while it is loaded. */
#include <stdlib.h>

#include <mural/plugin.h>

#ifdef LOADED
static void __attribute__((constructor)) crash_loaded(void)
{
	abort();
}
#endif

static ssize_t
crash_feed(struct mural_conn *conn, struct mural_brush *brush, const uint8_t *data,
	size_t len)
{
	(void)conn;
	for (size_t i = 0; i < len; i++) {
		if (data[i] == 0xff)
			abort();
		mural_put(brush, data[i], 0, 0xff00ff00);
	}
	return (ssize_t)len;
}

const struct mural_plugin mural_plugin = {
	MURAL_PLUGIN,
	.name = "crash",
	.summary = "crashes when it is told to",
	.transports = MURAL_STREAM,
	.feed = crash_feed,
};
