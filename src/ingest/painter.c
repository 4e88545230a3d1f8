/* SPDX-License-Identifier: MIT */
/* Keeps for whom the brush of a shard paints. */
#include "ingest/painter.h"

#include <errno.h>

#include "ingest/client.h"
#include "ingest/ingest.h"
#include "limits/ratelimit.h"

static void
painter_set(struct shard *shard, uint64_t source, uint16_t id, bool banned, bool refused)
{
	const struct canvas_painter as = { id, banned, refused };

	shard->source = source;
	canvas_brush_paint_as(&shard->brush, &as);
}

/* A local socket has no address, and all of them are one source. */
static void
owner_key_of(const struct shard *shard, const struct sockaddr *peer, bool proven,
	struct owner_key *key, struct ip_key *address)
{
	*key = (struct owner_key){ .name = "local", .proven = proven };
	if (ip_key_of(peer, shard->worker->ratelimit->prefix, address))
		key->address = address;
}

uint16_t
painter_take_owner(struct shard *shard, const struct sockaddr *peer)
{
	struct owner_key key;
	struct ip_key address;

	owner_key_of(shard, peer, true, &key, &address);
	return canvas_take_owner(shard->worker->canvas, &key, shard->instance->crowd);
}

static uint16_t
find_owner(struct shard *shard, const struct sockaddr *peer, bool proven)
{
	struct canvas *canvas = shard->worker->canvas;
	struct owner_key key;
	struct ip_key address;

	if (!canvas->owners)
		return 0;
	owner_key_of(shard, peer, proven, &key, &address);
	return canvas_find_owner(canvas, &key, shard->instance->crowd);
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
	painter_set(shard, 0, shard->instance->crowd, false, false);
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
	painter_set(shard, client->source, client->owner, verdict->banned, false);
}

static void
set_peer(struct shard *shard, const struct sockaddr *peer, bool proven, bool refused)
{
	painter_set(shard, mural_source(&shard->instance->host, peer),
		find_owner(shard, peer, proven),
		is_banned(shard->worker->painting.rules, peer), refused);
}

void
painter_set_peer(struct shard *shard, const struct sockaddr *peer)
{
	set_peer(shard, peer, false, false);
}

/* ------------------------------------------------------------------ plugins */

int
mural_paint_as(struct mural_host *host, struct mural_brush *brush,
	const struct sockaddr *peer, const char *name)
{
	struct shard *shard = container_of(brush, struct shard, brush);
	struct ratelimit *ratelimit = shard->worker->ratelimit;
	const struct owner_key key = { .name = name ? name : "", .proven = true };
	int verdict = peer ? ratelimit_check(ratelimit, peer) : 0;
	uint16_t id;

	worker_check(shard->worker, host->name, __func__);
	if (name || !peer)
		id = canvas_find_owner(
			shard->worker->canvas, &key, shard->instance->crowd);
	else
		id = find_owner(shard, peer, false);
	painter_set(shard,
		peer ? mural_source(host, peer)
		     : ratelimit_source_of_name(ratelimit, name),
		id, peer && is_banned(shard->worker->painting.rules, peer), verdict < 0);
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
		set_peer(container_of(brush, struct shard, brush), peer,
			sender == RATELIMIT_CONNECTED, false);
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
