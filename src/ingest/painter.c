/* SPDX-License-Identifier: MIT */
/* Keeps for whom the brush of a shard paints. */
#include "ingest/painter.h"

#include <errno.h>

#include "limits/ratelimit.h"

static void
painter_replace(struct shard *shard, struct painter painter)
{
	if (shard->painter.refused != painter.refused)
		canvas_brush_refuse(&shard->brush, painter.refused);
	shard->painter = painter;
}

void
painter_set(struct shard *shard, uint64_t source)
{
	painter_replace(shard, (struct painter){ .source = source });
}

void
painter_lend(struct shard *shard, uint64_t source)
{
	shard->kept_painter = shard->painter;
	painter_set(shard, source);
}

void
painter_return(struct shard *shard)
{
	if (shard->poller || shard->service_counts)
		painter_replace(shard, shard->kept_painter);
}

int
mural_paint_as(struct mural_host *host, struct mural_brush *brush,
	const struct sockaddr *peer, const char *name)
{
	struct shard *shard = container_of(brush, struct shard, brush);
	struct ratelimit *ratelimit = shard->worker->ratelimit;
	struct painter painter = { 0 };

	worker_check(shard->worker, host->name, __func__);
	painter.source = peer ? mural_source(host, peer)
			      : ratelimit_source_of_name(ratelimit, name);
	painter.refused = peer && ratelimit_check(ratelimit, peer) < 0;
	painter_replace(shard, painter);
	return painter.refused ? -EACCES : 0;
}
