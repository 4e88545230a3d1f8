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
