/* SPDX-License-Identifier: MIT */
/*
 * For whom a brush paints: the source of the client that is served, or what the plugin
 * says with mural_paint_as().
 *
 * The shard's thread.
 */
#pragma once

#include "ingest/worker.h"

/* From now on it paints for that source, 0 being nobody's, which may paint. */
void painter_set(struct shard *shard, uint64_t source);

/* The same around the callback of a client, whose shard may also serve a poller or
 * service, which says for itself for whom it paints. */
void painter_lend(struct shard *shard, uint64_t source);
void painter_return(struct shard *shard);
