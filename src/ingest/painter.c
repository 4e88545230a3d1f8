/* SPDX-License-Identifier: MIT */
/* Keeps for whom the brush of a shard paints. */
#include "ingest/painter.h"

#include <errno.h>
#include <stdio.h>

#include "ingest/client.h"
#include "ingest/ingest.h"
#include "lib/utf8.h"
#include "limits/ratelimit.h"

/* ------------------------------------------------------------------ for top.c */

static void
count(struct shard *shard, uint64_t bytes)
{
	uint64_t painted = shard->brush.painted - shard->counted;

	/* what was painted while nobody watched is not counted */
	if (shard->watch != shard->worker->n_watches)
		painted = 0;
	shard->watch = shard->worker->n_watches;
	shard->counted = shard->brush.painted;
	if (painted > 0 || bytes > 0)
		loudest_count(shard->worker->loudest,
			shard->painter.source ^ (uintptr_t)shard->instance, &shard->who,
			painted, bytes);
}

void
painter_received(struct shard *shard, uint64_t bytes)
{
	if (shard->worker->loudest)
		count(shard, bytes);
}

static void
set_who(struct shard *shard, const struct sockaddr *peer, const char *name)
{
	struct loudest_who *who = &shard->who;

	*who = (struct loudest_who){ 0 };
	snprintf(who->instance, sizeof(who->instance), "%s", shard->instance->name);
	if (name)
		utf8_copy(who->name, sizeof(who->name), name);
	if (peer)
		who->has_address =
			ip_key_of(peer, shard->worker->ratelimit->prefix, &who->address);
}

/* ------------------------------------------------------------------ setting */

/* `peer` and `name` say who it is; both NULL: the instance itself. */
static void
painter_replace(struct shard *shard, const struct shard_painter *painter,
	const struct sockaddr *peer, const char *name)
{
	if (shard->painter.as.kept)
		canvas_release_owner(shard->worker->canvas, shard->painter.as.id);
	if (shard->worker->loudest) {
		count(shard, 0);
		set_who(shard, peer, peer || name ? name : "crowd");
	}
	shard->painter = *painter;
	canvas_brush_paint_as(&shard->brush, &painter->as);
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

/* Until shard_publish(). */
static const struct rules *
brush_begin(struct shard *shard)
{
	counter_store(&shard->worker->serving_instance, instance_number(shard->instance));
	return canvas_brush_begin(&shard->brush);
}

static void
painter_reset(struct shard *shard)
{
	const struct shard_painter nobody = { .as.id = shard->instance->crowd };

	painter_replace(shard, &nobody, NULL, NULL);
}

void
painter_begin(struct shard *shard)
{
	brush_begin(shard);
	if (!shard->painter.as.kept)
		painter_reset(shard);
}

void
painter_lend(struct shard *shard, struct client *client)
{
	const struct rules *rules = brush_begin(shard);
	struct painter_verdict *verdict = &client->verdict;
	struct shard_painter painter = { client->source, { .id = client->owner } };

	if (verdict->generation != rules->generation) {
		verdict->generation = rules->generation;
		verdict->banned = is_banned(rules, client->pub.peer);
	}
	painter.as.banned = verdict->banned;
	shard->kept_painter = shard->painter;
	shard->painter.as.kept = false;
	painter_replace(shard, &painter, client->pub.peer, NULL);
}

void
painter_return(struct shard *shard)
{
	if (shard->kept_painter.as.kept)
		painter_replace(shard, &shard->kept_painter, NULL, NULL);
	else
		painter_reset(shard);
}

static void
set_peer(struct shard *shard, const struct sockaddr *peer, bool proven)
{
	const struct shard_painter painter = {
		.source = mural_source(&shard->instance->host, peer),
		.as.id = find_owner(shard, peer, proven),
		.as.banned = is_banned(shard->worker->painting.rules, peer),
	};

	painter_replace(shard, &painter, peer, NULL);
}

void
painter_set_peer(struct shard *shard, const struct sockaddr *peer)
{
	set_peer(shard, peer, false);
}

/* ------------------------------------------------------------------ plugins */

int
mural_paint_as(struct mural_host *host, struct mural_brush *brush,
	const struct sockaddr *peer, const char *name)
{
	struct shard *shard = container_of(brush, struct shard, brush);
	struct ratelimit *ratelimit = shard->worker->ratelimit;
	struct shard_painter painter = { .as.kept = true };
	struct owner_key key = { .name = name ? name : "", .proven = true };
	struct ip_key address;

	worker_check(shard->worker, host->name, __func__);
	if (peer && !name)
		owner_key_of(shard, peer, false, &key, &address);
	painter.source = peer ? mural_source(host, peer)
			      : ratelimit_source_of_name(ratelimit, name);
	painter.as.id =
		canvas_take_owner(shard->worker->canvas, &key, shard->instance->crowd);
	painter.as.has_address = peer && ip_key_of(peer, 128, &painter.as.address);
	painter.as.refused = peer && ratelimit_check(ratelimit, peer) < 0;
	painter_replace(shard, &painter, peer, name);
	return painter.as.refused ? -EACCES : 0;
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
			sender == RATELIMIT_CONNECTED);
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
