/* SPDX-License-Identifier: MIT */
/*
 * The link plugin: several walls show one picture, over Valkey or Redis.
 *
 * This file has the table, and the life of an instance; link.h says who does the rest.
 */
#include "link/link.h"

#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <uv.h>

#include "link/redis.h"

/* How often to look at the engine, and how long to wait for what it says, in seconds. */
#define LOOK_S 3
#define PATIENCE_S 15

static const struct mural_option options[] = {
	MURAL_ADDRESSES(struct link_config, engine, "127.0.0.1:6379",
		"Valkey or Redis that links the walls, or its Sentinels"),
	MURAL_TEXT(struct link_config, sentinel, "",
		"name by which Sentinels know the engine; empty: there are none"),
	MURAL_TEXT(struct link_config, wall, "mural",
		"walls of one name on one engine show one picture"),
	MURAL_CHOICE(struct link_config, role, "both", "both view",
		"both: paint and show; view: show only"),
	MURAL_TEXT(struct link_config, user, "", "name for the engine; empty: none"),
	MURAL_SECRET(struct link_config, password, "password for the engine"),
	MURAL_BOOL(struct link_config, reins, "yes",
		"freezes, protections, bans and notices hold on all walls"),
	MURAL_BOOL(struct link_config, tls, "no", "speak TLS to the engine"),
	MURAL_PATH(struct link_config, tls_ca, "",
		"certificates that may have signed the engine's"),
	MURAL_POINT(struct link_config, origin, "0,0",
		"where this wall lies in the shared picture"),
	MURAL_DIMENSIONS(struct link_config, picture, "auto", "auto",
		"size of the shared picture, if it is not that of this wall"),
	MURAL_BOOL(struct link_config, world, "no",
		"share the region of 1024x1024 that the origin lies in"),
	MURAL_NUMBER(struct link_config, rate, "30", NULL, 1, 60,
		"most updates a second to the others"),
	MURAL_BYTES_FROM(struct link_config, bandwidth, "16M", 64 * 1024,
		INT64_C(1) << 30, "most bytes a second to the engine"),
	MURAL_DURATION_FROM(struct link_config, snapshot, "30s", 1000, 3600000,
		"time between two snapshots in the engine"),
	{ 0 },
};

static void
link_check(const void *link_config, struct mural_check *check)
{
	const struct link_config *config = link_config;
	const size_t len = strlen(config->wall);

	if (!*config->engine)
		mural_reject(check, "engine",
			"is empty; write HOST:PORT or unix:PATH of a Valkey or Redis");
	if (strchr(config->engine, ' ') && !*config->sentinel)
		mural_reject(check, "engine",
			"has several addresses, but no sentinel; if they are those of "
			"Sentinels, write by which name these know the engine");
	if (len == 0 || len > 64 ||
		strspn(config->wall, "abcdefghijklmnopqrstuvwxyz"
				     "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") < len)
		mural_reject(check, "wall",
			"is not the name of a wall; write 1 to 64 letters, digits, dots, "
			"underscores and hyphens");
	if (*config->user && !*config->password)
		mural_reject(check, "password", "is empty, but there is a user");
	if (config->tls && !REDIS_HAS_TLS)
		mural_reject(check, "tls",
			"needs hiredis 1.0, which Debian has from 13 on; before that "
			"write a "
			"tunnel's address as the engine, see murald.conf(5), link");
	else if (config->tls && !*config->tls_ca)
		mural_reject(check, "tls-ca",
			"is empty; write the file of the certificate that has signed the "
			"engine's");
	if (config->world &&
		(config->origin.x < 0 || config->origin.x >= WORLD_SIDE ||
			config->origin.y < 0 || config->origin.y >= WORLD_SIDE))
		mural_reject(check, "origin",
			"lies outside of the world; write 0,0 to 65535,65535");
	if (config->world && config->picture.width > 0)
		mural_reject(check, "picture", "is 1024x1024 in a world; leave it out");
}

/* ------------------------------------------------------------------- its life */

static void
on_second(const struct mural_event *event, struct mural_brush *brush)
{
	struct link *link = event->arg;
	const uint64_t since = uv_now(link->host->loop) - link->looked_at;

	(void)brush;
	sent_forget(link, false);
	held_retry(link);
	if (link->phase == PHASE_ALONE)
		return;
	if (link->is_looking && since > PATIENCE_S * 1000)
		engine_restart(link->engine, "it does not answer");
	else if (!link->is_looking && since >= LOOK_S * 1000)
		link_look(link);
	sharing_tick(link);
	if (engine_topics_wait_ms(link->engine) > PATIENCE_S * 1000)
		engine_restart(link->engine, "it does not say what is shared");
	if (link->phase != PHASE_LINKED)
		return;
	flight_tick(link);
	keeper_tick(link);
	publish_soon(link);
}

/* Its engine is gone, or it had none: nothing is left when its jobs are done. */
static void
link_end(struct link *link)
{
	if (link->jobs > 0 || link->engine)
		return;
	publish_finish(link);
	picture_finish(&link->shared);
	free(link->before);
	held_finish(link);
	mural_stopped(link->host);
}

void
link_job_done(struct link *link)
{
	link->jobs--;
	if (link->is_stopping)
		link_end(link);
}

static void
link_acted(struct mural_host *host, const struct mural_act *act)
{
	struct link *link = host->state;

	if (link->is_stopping || !link->config->reins)
		return;
	/* it may be within reins_do(), which is not to begin again there */
	reins_acted(&link->reins, act);
	if (link->phase == PHASE_LINKED)
		reins_send(&link->reins, link->engine);
}

static void
on_engine_stopped(void *arg)
{
	struct link *link = arg;

	link->engine = NULL;
	link_end(link);
}

static void
link_stop(struct mural_host *host)
{
	struct link *link = host->state;

	link->is_stopping = true;
	link->phase = PHASE_ALONE;
	sharing_stop(link);
	reins_stop(&link->reins);
	mural_timer_stop(link->tick);
	mural_timer_stop(link->second);
	engine_stop(link->engine, on_engine_stopped);
}

/* A part of the wall that is left at home should not be a riddle. */
static void
say_what_overlaps(const struct link *link)
{
	const struct mural_host *host = link->host;
	const struct mural_rect *shown = &link->window.shown;

	if (shown->width == host->width && shown->height == host->height)
		return;
	mural_log(host, shown->width > 0 ? MURAL_INFO : MURAL_WARN,
		"of %" PRIu32 "x%" PRIu32 " here, %" PRIu32 "x%" PRIu32
		" lie in %s %s of %" PRIu32 "x%" PRIu32 "%s",
		host->width, host->height, shown->width, shown->height,
		link->config->world ? "region" : "the picture",
		link->config->world ? link->region : link->config->wall,
		link->shared.view.width, link->shared.view.height,
		link->config->world ? "; a region beside it needs a section of its own, "
				      "with offset and origin"
				    : "");
}

/* What is on the canvas now is what this wall brings along if it is the first. */
static int
take_canvas(struct link *link)
{
	const struct link_config *config = link->config;
	const struct mural_dimensions size = window_picture(
		config->world, &config->picture, &config->origin, link->host);
	const struct mural_rect *shown = &link->window.shown;
	int ret = picture_init(&link->shared, size.width, size.height);

	if (ret == 0)
		ret = held_start(link);
	if (ret == 0)
		ret = publish_start(link);
	if (ret < 0)
		return ret;
	window_region(config->world, &config->origin, link->region);
	window_init(&link->window, config->world, &config->origin, link->host,
		&link->shared.view);
	say_what_overlaps(link);
	window_copy(&link->window, link->host, link->reader, shown,
		&link->shared.pixels[shown->y * size.width + shown->x], size.width);
	picture_rehash(&link->shared);
	return 0;
}

static int
start_engine(struct link *link)
{
	struct engine_config engine = {
		.address = link->config->engine,
		.sentinel = link->config->sentinel,
		.user = link->config->user,
		.password = link->config->password,
		.tls_ca = link->config->tls ? link->config->tls_ca : NULL,
		.wall = link->config->wall,
		.region = link->region,
		.node = link->node,
	};
	uint64_t random = 0;

	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		return -errno;
	snprintf(link->node, sizeof(link->node), "%016" PRIx64, random);
	link->second = mural_timer_start(link->host, NULL, 1000, 1000, on_second, link);
	reins_start(&link->reins, link->host, &link->window, link->node,
		link->config->role == ROLE_BOTH);
	link->engine = engine_start(link->host, &engine, &link_events, link);
	if (link->second && link->engine) {
		/* last: if this fails, the instance is opened again every second, and
		 * another one carries meanwhile */
		sharing_start(link);
		return 0;
	}
	reins_stop(&link->reins);
	return !link->engine && link->config->tls ? -EINVAL : -ENOMEM;
}

/* Entries of half a megabyte come and go many times a second; libc would give the memory
 * of each back to the kernel, which then clears it anew. */
static void
keep_memory(void)
{
	(void)mallopt(M_TRIM_THRESHOLD, 8 << 20);
}

static int
link_start(struct mural_host *host)
{
	struct link *link = host->state;
	int ret;

	link->host = host;
	link->config = host->config;
	keep_memory();
	ret = take_canvas(link);
	if (ret == 0)
		ret = start_engine(link);
	if (ret < 0) {
		mural_log(host, MURAL_ERROR, "%s", strerror(-ret));
		publish_finish(link);
		held_finish(link);
		picture_finish(&link->shared);
		return ret;
	}
	(void)mural_paint_as(host, host->brush, NULL, host->name);
	return 0;
}

const struct mural_plugin mural_plugin = {
	MURAL_PLUGIN,
	.name = "link",
	.summary = "several walls show one picture, over Valkey or Redis",
	.options = options,
	.config_size = sizeof(struct link_config),
	.state_size = sizeof(struct link),
	.transports = MURAL_SERVICE,
	.check = link_check,
	.start = link_start,
	.stop = link_stop,
	.acted = link_acted,
	.metrics = link_metrics,
};
