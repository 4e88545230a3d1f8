/* SPDX-License-Identifier: MIT */
/*
 * For whom a brush paints: the client that is served, the sender of a datagram, or what
 * the plugin says with mural_paint_as() and mural_consume().  Each callback that may
 * paint begins here, because that is when the brush looks at the operator's rules.
 *
 * The shard's thread.
 */
#pragma once

#include "ingest/worker.h"

/* What is known of one who paints; valid as long as the rules are the same. */
struct painter_verdict {
	uint64_t generation; /* of the rules; 0: not asked yet */
	bool banned;
};

/* Before a callback: it paints for nobody. */
void painter_begin(struct shard *shard);

/* Before a callback: it paints for a stream's client. */
void painter_begin_client(struct shard *shard, struct client *client);

/* It paints for the sender of a datagram; after painter_begin(). */
void painter_set_peer(struct shard *shard, const struct sockaddr *peer);
