/* SPDX-License-Identifier: MIT */
/* Keeps for whom the brush of a shard paints. */
#include "ingest/painter.h"

#include <errno.h>

#include "limits/ratelimit.h"

void
painter_set(struct shard *shard, uint64_t source)
{
	shard->source = source;
	if (shard->refused)
		canvas_brush_refuse(&shard->brush, false);
	shard->refused = false;
}

int
mural_paint_as(struct mural_host *host, struct mural_brush *brush,
	const struct sockaddr *peer, const char *name)
{
	struct shard *shard = container_of(brush, struct shard, brush);
	struct ratelimit *ratelimit = shard->worker->ratelimit;

	worker_check(shard->worker, host->name, __func__);
	painter_set(shard, peer ? mural_source(host, peer)
				: ratelimit_source_of_name(ratelimit, name));
	if (!peer || ratelimit_check(ratelimit, peer) == 0)
		return 0;
	shard->refused = true;
	canvas_brush_refuse(brush, true);
	return -EACCES;
}
