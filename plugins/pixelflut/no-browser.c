/* SPDX-License-Identifier: MIT */
/* In place of browser.c where the libraries for WebSocket are missing. */
#include "pixelflut/browser.h"

#include <errno.h>
#include <stddef.h>

bool
browser_is_possible(void)
{
	return false;
}

struct browser *
browser_new(const struct browser_stream *stream)
{
	(void)stream;
	return NULL;
}

void
browser_free(struct browser *browser)
{
	(void)browser;
}

ssize_t
browser_feed(struct browser *browser, struct mural_conn *conn, struct mural_brush *brush,
	const uint8_t *data, size_t len)
{
	(void)browser;
	(void)conn;
	(void)brush;
	(void)data;
	(void)len;
	return -ENOSYS;
}

int
browser_reply(
	struct browser *browser, struct mural_conn *conn, const void *text, size_t len)
{
	(void)browser;
	(void)conn;
	(void)text;
	(void)len;
	return -ENOSYS;
}
