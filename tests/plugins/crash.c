/* SPDX-License-Identifier: MIT */
/* A plugin with a mistake: each byte paints a pixel, but for 0xff, which crashes.  With
 * -DLOADED one that crashes while it is loaded, with -DFORGETFUL one that does not free
 * what it takes for each client. */
#include <stdlib.h>

#include <mural/plugin.h>

#ifdef LOADED
static void __attribute__((constructor)) crash_loaded(void)
{
	abort();
}
#endif

#ifdef FORGETFUL
struct client {
	void *forgotten;
};

static int
crash_open(struct mural_conn *conn)
{
	struct client *client = conn->state;

	client->forgotten = malloc(1234);
	return client->forgotten ? 0 : -1;
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
#ifdef FORGETFUL
	.conn_size = sizeof(struct client),
	.open = crash_open,
#endif
	.feed = crash_feed,
};
