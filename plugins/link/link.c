/* SPDX-License-Identifier: MIT */
/*
 * The link plugin: several walls show one picture, over Valkey or Redis.
 *
 * This file has the table, and the life of an instance; link.h says who does the rest.
 */
#include "link/link.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <uv.h>

/* How often to look at the engine, and how long to wait for what it says, in seconds. */
#define LOOK_S 3
#define PATIENCE_S 15

static const struct mural_option options[] = {
	MURAL_ADDRESS(struct link_config, engine, "127.0.0.1:6379",
		"Valkey or Redis that links the walls"),
	MURAL_TEXT(struct link_config, wall, "mural",
		"walls of one name on one engine show one picture"),
	MURAL_CHOICE(struct link_config, role, "both", "both view",
		"both: paint and show; view: show only"),
	MURAL_TEXT(struct link_config, user, "", "name for the engine; empty: none"),
	MURAL_SECRET(struct link_config, password, "password for the engine"),
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
	if (len == 0 || len > 64 ||
		strspn(config->wall, "abcdefghijklmnopqrstuvwxyz"
				     "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") < len)
		mural_reject(check, "wall",
			"is no name of a wall; write 1 to 64 letters, digits, dots, "
			"underscores and hyphens");
	if (*config->user && !*config->password)
		mural_reject(check, "password", "is empty, but there is a user");
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
	free(link->held);
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
	mural_timer_stop(link->tick);
	mural_timer_stop(link->second);
	engine_stop(link->engine, on_engine_stopped);
}

/* What is on the canvas now is what this wall brings along if it is the first. */
static int
take_canvas(struct link *link)
{
	const struct mural_host *host = link->host;
	int ret = picture_init(&link->shared, host->width, host->height);

	if (ret == 0)
		ret = publish_start(link);
	if (ret < 0)
		return ret;
	mural_reader_copy(link->reader, host->left, host->top, host->width, host->height,
		link->shared.pixels, host->width);
	picture_rehash(&link->shared);
	return 0;
}

static int
start_engine(struct link *link)
{
	const struct engine_config engine = {
		.address = link->config->engine,
		.user = link->config->user,
		.password = link->config->password,
		.wall = link->config->wall,
		.node = link->node,
	};
	uint64_t random = 0;

	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		return -errno;
	snprintf(link->node, sizeof(link->node), "%016" PRIx64, random);
	link->second = mural_timer_start(link->host, NULL, 1000, 1000, on_second, link);
	link->engine = engine_start(link->host, &engine, &link_events, link);
	return link->second && link->engine ? 0 : -ENOMEM;
}

static int
link_start(struct mural_host *host)
{
	struct link *link = host->state;
	int ret;

	link->host = host;
	link->config = host->config;
	ret = take_canvas(link);
	if (ret == 0)
		ret = start_engine(link);
	if (ret < 0) {
		mural_log(host, MURAL_ERROR, "%s", strerror(-ret));
		publish_finish(link);
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
	.metrics = link_metrics,
};
