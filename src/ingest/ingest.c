/* SPDX-License-Identifier: MIT */
/* Starts the workers and opens every instance, and stops all of it again. */
#include "ingest/ingest.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/util.h"
#include "ingest/conn.h"
#include "ingest/hint.h"
#include "ingest/instance.h"
#include "ingest/retry.h"
#include "ingest/service.h"

/* More of them than this wait for the same memory. */
#define AUTO_WORKERS_MAX 16

static int
start_workers(struct ingest *ingest, const struct config_server *config)
{
	int64_t threads = config->workers;
	int ret = 0;

	if (threads < 0)
		threads = MIN(uv_available_parallelism(), AUTO_WORKERS_MAX);
	ingest->workers =
		aligned_alloc(CACHE_LINE, (threads + 1) * sizeof(struct worker));
	if (!ingest->workers)
		return -ENOMEM;
	for (int64_t i = 0; i <= threads && ret == 0; i++) {
		ret = worker_start(&ingest->workers[i], ingest->canvas,
			i == 0 ? ingest->loop : NULL);
		ingest->workers[i].ratelimit = &ingest->ratelimit;
		ingest->workers[i].reply_timeout_ms = config->answer_timeout;
		ingest->workers[i].held_bytes_max =
			MAX(HELD_BYTES_MAX / MAX(threads, 1), HELD_BYTES_LEAST);
		ingest->n_workers += ret == 0;
	}
	return ret;
}

static int
open_instances(struct ingest *ingest)
{
	struct instance *instance = ingest->plugins->instances;

	for (; instance; instance = instance->next) {
		bool required = instance->common.required;
		int ret = instance->is_off ? 0 : retry_open(ingest, instance, required);

		if (ret == 0)
			continue;
		if (required) {
			log_error("%s: could not be opened, and it is required; fix it, "
				  "or set required = no to start without it",
				instance->host.name);
			return ret;
		}
		log_warn("%s: could not be opened; continuing without it, and trying "
			 "again every second",
			instance->host.name);
	}
	return 0;
}

void
ingest_warn_if_empty(const struct ingest *ingest)
{
	if (!ingest->plugins->instances)
		log_warn("no plugin is enabled, so nobody can paint: add a section such "
			 "as [plugin icmp] to the config; murald --list-plugins lists "
			 "them");
}

static void
on_said(uv_async_t *said)
{
	struct ingest *ingest = container_of(said, struct ingest, said);

	if (ingest->on_said)
		ingest->on_said(ingest);
}

int
ingest_start(struct ingest *ingest, const struct config *config, struct canvas *canvas,
	struct plugins *plugins, uv_loop_t *loop)
{
	int ret;

	*ingest = (struct ingest){
		.canvas = canvas,
		.plugins = plugins,
		.server = &config->server,
		.display = &config->display,
		.loop = loop,
	};
	ingest_warn_if_empty(ingest);
	uv_async_init(loop, &ingest->said, on_said);
	uv_unref((uv_handle_t *)&ingest->said);
	retry_start(ingest);
	ret = ratelimit_init(&ingest->ratelimit, config);
	if (ret == 0)
		ret = share_start(&ingest->share, ingest);
	if (ret == 0)
		ret = start_workers(ingest, &config->server);
	if (ret == 0)
		ret = open_instances(ingest);
	if (ret < 0)
		ingest_stop(ingest);
	return ret;
}

/* The loop lets go of the handles, which nobody uses any more. */
static void
close_handles(struct ingest *ingest)
{
	retry_stop(ingest);
	share_stop(&ingest->share);
	uv_close((uv_handle_t *)&ingest->said, NULL);
	uv_run(ingest->loop, UV_RUN_NOWAIT);
}

void
ingest_stop(struct ingest *ingest)
{
	struct instance *instance;

	if (!ingest->loop)
		return;
	if (!ingest->workers) {
		close_handles(ingest);
		ratelimit_finish(&ingest->ratelimit);
		*ingest = (struct ingest){ 0 };
		return;
	}
	retry_pause(ingest);
	for (instance = ingest->plugins->instances; instance; instance = instance->next)
		instance_close(ingest, instance);
	bool all_stopped = services_wait(ingest->plugins->instances, ingest->loop) &&
			   !ingest->plugins->abandoned;
	for (size_t i = ingest->n_workers; i-- > 1;)
		worker_stop(&ingest->workers[i]);
	/* a service that is still running keeps everything it may touch */
	if (!all_stopped)
		return;
	for (instance = ingest->plugins->instances; instance; instance = instance->next)
		instance_finish(instance);
	if (ingest->n_workers > 0)
		worker_stop(&ingest->workers[0]);
	close_handles(ingest);
	for (instance = ingest->plugins->instances; instance; instance = instance->next)
		instance_clear(ingest, instance);
	free(ingest->workers);
	ratelimit_finish(&ingest->ratelimit);
	*ingest = (struct ingest){ 0 };
}

static const char *
find_served(const struct ingest *ingest, const struct worker *worker)
{
	const uint64_t number = counter_load(&worker->serving_instance);
	const struct instance *i = ingest->plugins->instances;

	while (i && instance_number(i) != number)
		i = i->next;
	return i ? i->name : "an instance";
}

bool
ingest_is_alive(struct ingest *ingest)
{
	bool alive = true;

	for (size_t i = 0; i < ingest->n_workers; i++) {
		if (worker_is_alive(&ingest->workers[i]))
			continue;
		if (!ingest->stuck)
			log_error("worker: a thread is stuck: the plugin of %s has not "
				  "returned; the watchdog is no longer notified, so "
				  "that systemd restarts murald",
				find_served(ingest, &ingest->workers[i]));
		alive = false;
	}
	ingest->stuck = !alive;
	return alive;
}

void
ingest_counters(const struct ingest *ingest, const struct instance *instance,
	struct counters *sum)
{
	*sum = (struct counters){ 0 };
	for (size_t i = 0; instance->shards && i < ingest->n_workers; i++)
		counters_add(sum, &instance->shards[i].published);
}

/* The calling thread's own brush is read directly, so that a client that asks right after
 * painting finds its pixels counted. */
void
mural_read_totals(struct mural_host *host, struct mural_totals *totals)
{
	const struct instance *instance = container_of(host, struct instance, host);
	struct mural_totals all = { .size = totals->size };

	for (size_t i = 0; i < instance->ingest->n_workers; i++) {
		const struct shard *shard = &instance->shards[i];
		const uint64_t *painted = &shard->published.painted;

		if (pthread_equal(shard->worker->thread, pthread_self()))
			painted = &shard->brush.painted;
		all.painted += counter_load(painted);
		all.connections += counter_load(&shard->published.counts.connections);
	}
	memcpy(totals, &all, MIN(totals->size, sizeof(all)));
}

void
ingest_log_counters(const struct ingest *ingest)
{
	struct instance *instance = ingest->plugins->instances;

	for (; instance; instance = instance->next) {
		struct counters sum;
		char discarded[MURAL_REASONS * 64] = ""; /* each with its number */
		int len = 0;

		if (!instance->is_open)
			continue;
		ingest_counters(ingest, instance, &sum);
		for (int i = 0; i < MURAL_REASONS; i++)
			if (sum.discarded[i] > 0)
				len += snprintf(discarded + len, sizeof(discarded) - len,
					", %" PRIu64 " %s", sum.discarded[i],
					mural_reason_label(i));
		log_info("%s: painted %" PRIu64
			 " pixels, discarded%s, kernel drops %" PRIu64,
			instance->host.name, sum.painted,
			len ? discarded + 1 : " nothing", sum.counts.kernel_drops);
	}
}

void
ingest_log_hints(const struct ingest *ingest)
{
	for (const struct instance *i = ingest->plugins->instances; i; i = i->next)
		hint_log(i);
}
