/* SPDX-License-Identifier: MIT */
/*
 * p² over murald's own connections: what the plugin's table needs for them.
 *
 * The main loop's thread, as all of the instance (MURAL_ONE_THREAD).
 */
#pragma once

#include <mural/plugin.h>

#include "p2/peer.h"

struct stream_peer {
	struct peer peer; /* first: a peer is a stream_peer */
	struct mural_conn *conn;
	uint64_t last_received_ms;
};

int stream_peer_open(struct mural_conn *conn);
ssize_t stream_peer_feed(struct mural_conn *conn, struct mural_brush *brush,
	const uint8_t *data, size_t len);
int stream_peer_ready(struct mural_conn *conn, struct mural_brush *brush);
void stream_peer_close(struct mural_conn *conn);
