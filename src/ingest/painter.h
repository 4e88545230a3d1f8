/* SPDX-License-Identifier: MIT */
/*
 * For whom a brush paints: the source of the client that is served, or what the plugin
 * says with mural_paint_as().
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

/* The id on the canvas that a stream's client keeps until canvas_release_owner(). */
uint16_t painter_take_owner(struct shard *shard, const struct sockaddr *peer);

/* Before a callback that serves no client.  A poller or service goes on painting for the
 * source that it named last. */
void painter_begin(struct shard *shard);

/* It paints for the sender of a datagram, which anybody may have forged; after
 * painter_begin(). */
void painter_set_peer(struct shard *shard, const struct sockaddr *peer);

/* The one it paints for has sent bytes. */
void painter_received(struct shard *shard, uint64_t bytes);

/* Around the callback of a client, whose shard may also serve a poller or service, which
 * says for itself for whom it paints. */
void painter_lend(struct shard *shard, struct client *client);
void painter_return(struct shard *shard);
