/* SPDX-License-Identifier: MIT */
/*
 * Browsers: WebSocket on the connections of the pixelflut plugin, which are murald's, so
 * that they have its limits, turns and counters.  The handshake, frames and their
 * unmasking; what is in data frames of any kind is one stream of commands.
 */
#pragma once

#include <mural/plugin.h>

#include "pixelflut/pixelflut.h"

/* The most of the stream that is passed on at once. */
#define BROWSER_PIECE 4096

/* Whoever executes the commands. */
struct browser_stream {
	/* Executes commands and returns how many bytes it used, all if `over`: nothing
	 * comes behind them.  Negative: the client must be closed. */
	ssize_t (*run)(struct mural_conn *conn, struct mural_brush *brush,
		const uint8_t *data, size_t len, bool over);
};

struct browser;

/* Whether murald was built with it. */
bool browser_is_possible(void);

/* NULL: out of memory. */
struct browser *browser_new(const struct browser_stream *stream);

/* NULL is accepted. */
void browser_free(struct browser *browser);

/* As the table's feed(), for all bytes of the client. */
ssize_t browser_feed(struct browser *browser, struct mural_conn *conn,
	struct mural_brush *brush, const uint8_t *data, size_t len);

/* As mural_reply(): in a frame. */
int browser_reply(
	struct browser *browser, struct mural_conn *conn, const void *text, size_t len);
