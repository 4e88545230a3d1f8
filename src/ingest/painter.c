/* SPDX-License-Identifier: MIT */
/* Keeps for whom the brush of a shard paints. */
#include "ingest/painter.h"

#include <errno.h>

#include "ingest/client.h"
#include "ingest/ingest.h"
#include "limits/ratelimit.h"

static void
painter_set(struct shard *shard, uint64_t source, bool banned, bool refused)
{
	const struct canvas_painter as = { .banned = banned, .refused = refused };

	shard->source = source;
	canvas_brush_paint_as(&shard->brush, &as);
}

/* Whether the operator has banned its network; a local socket has none. */
static bool
is_banned(const struct rules *rules, const struct sockaddr *peer)
{
	struct ip_key address;

	return rules->banned.n > 0 && ip_key_of(peer, 128, &address) &&
	       cidr_list_contains(&rules->banned, &address);
}

void
painter_begin(struct shard *shard)
{
	canvas_brush_begin(&shard->brush);
	painter_set(shard, 0, false, false);
}

void
painter_begin_client(struct shard *shard, struct client *client)
{
	const struct rules *rules = canvas_brush_begin(&shard->brush);
	struct painter_verdict *verdict = &client->verdict;

	if (verdict->generation != rules->generation) {
		verdict->generation = rules->generation;
		verdict->banned = is_banned(rules, client->pub.peer);
	}
	painter_set(shard, client->source, verdict->banned, false);
}

void
painter_set_peer(struct shard *shard, const struct sockaddr *peer)
{
	const struct mural_host *host = &shard->instance->host;

	painter_set(shard, mural_source(host, peer),
		is_banned(shard->worker->painting.rules, peer), false);
}

/* ------------------------------------------------------------------ plugins */

int
mural_paint_as(struct mural_host *host, struct mural_brush *brush,
	const struct sockaddr *peer, const char *name)
{
	struct shard *shard = container_of(brush, struct shard, brush);
	struct ratelimit *ratelimit = shard->worker->ratelimit;
	int verdict;

	worker_check(shard->worker, host->name, __func__);
	if (!peer) {
		painter_set(
			shard, ratelimit_source_of_name(ratelimit, name), false, false);
		return 0;
	}
	verdict = ratelimit_check(ratelimit, peer);
	painter_set(shard, mural_source(host, peer),
		is_banned(shard->worker->painting.rules, peer), verdict < 0);
	return verdict;
}

static bool
wants_painters(const struct mural_host *host)
{
	return host->limits &&
	       canvas_wants_painters(
		       container_of(host, struct instance, host)->ingest->canvas);
}

bool
mural_is_limited(const struct mural_host *host)
{
	return (host->limits && ratelimit_active((struct ratelimit *)host->limits)) ||
	       wants_painters(host);
}

static int
consume(struct mural_host *host, struct mural_brush *brush, enum ratelimit_sender sender,
	const struct sockaddr *peer, uint64_t pixels, uint64_t bytes)
{
	struct ratelimit *ratelimit = (struct ratelimit *)host->limits;
	int verdict = 0;

	if (wants_painters(host))
		painter_set_peer(container_of(brush, struct shard, brush), peer);
	if (ratelimit && ratelimit_active(ratelimit))
		verdict = ratelimit_consume(ratelimit, sender, peer, pixels, bytes);
	if (verdict < 0)
		mural_discard(brush,
			verdict == -EACCES ? MURAL_UNAUTHORIZED : MURAL_RATE_LIMITED, 1);
	return verdict;
}

int
mural_consume(struct mural_host *host, struct mural_brush *brush,
	const struct sockaddr *peer, uint64_t pixels, uint64_t bytes)
{
	return consume(host, brush, RATELIMIT_CONNECTED, peer, pixels, bytes);
}

int
mural_consume_claimed(struct mural_host *host, struct mural_brush *brush,
	const struct sockaddr *peer, uint64_t pixels, uint64_t bytes)
{
	return consume(host, brush, RATELIMIT_CLAIMED, peer, pixels, bytes);
}
