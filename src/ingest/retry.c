/* SPDX-License-Identifier: MIT */
/* Opens instances again whose interface, address, port or file is not there yet. */
#include "ingest/retry.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "ingest/hint.h"
#include "ingest/instance.h"
#include "ingest/service.h"

#define RETRY_MS 1000

void
instance_say_trouble(struct instance *instance, const char *error)
{
	char text[MURAL_STATE_MAX + 64] = "";
	size_t len = strlen(instance->name);

	if (error && strncmp(error, instance->name, len) == 0 && error[len] == ':')
		error += len + 1 + strspn(error + len + 1, " ");
	if (error)
		snprintf(text, sizeof(text), "waiting: %s",
			*error ? error : "it cannot be opened");
	if (said_set_trouble(&instance->said, error ? text : NULL) && instance->ingest)
		uv_async_send(&instance->ingest->said);
}

static void on_retry(uv_timer_t *timer);

static void
retry_schedule(struct ingest *ingest)
{
	bool due = false;

	for (const struct instance *i = ingest->plugins->instances; i; i = i->next)
		due |= i->is_waiting || i->wanted;
	if (due && !ingest->retry_paused)
		uv_timer_start(&ingest->retry, on_retry, RETRY_MS, 0);
}

/* The lines that it logs over and over are logged once. */
static int
try_to_open(struct ingest *ingest, struct instance *instance)
{
	int ret;

	*instance->tries.error = '\0';
	log_set_dedup(&instance->tries);
	ret = instance_open(ingest, instance);
	if (ret < 0)
		instance_close(ingest, instance);
	log_set_dedup(NULL);
	instance->is_waiting = ret < 0;
	instance_say_trouble(instance, ret < 0 ? instance->tries.error : NULL);
	if (ret == 0)
		instance->tries = (struct log_dedup){ 0 };
	return ret;
}

int
retry_open(struct ingest *ingest, struct instance *instance, bool give_up)
{
	int ret = try_to_open(ingest, instance);

	instance->is_waiting &= !give_up;
	retry_schedule(ingest);
	return ret;
}

/* A service whose start() failed may need a few turns of the loop to end. */
static void
open_again(struct ingest *ingest, struct instance *instance)
{
	if (service_is_stopping(instance))
		return;
	instance_clear(ingest, instance);
	if (try_to_open(ingest, instance) < 0)
		return;
	log_info("%s: open now", instance->host.name);
	hint_log(instance);
}

/* What it wanted is there: it begins anew, with that. */
static void
look_for_wanted(struct ingest *ingest, struct instance *instance)
{
	int ret;

	log_set_dedup(&instance->tries);
	ret = instance->wanted(&instance->host);
	log_set_dedup(NULL);
	if (ret < 0)
		return;
	instance->tries = (struct log_dedup){ 0 };
	instance_close(ingest, instance);
	instance->is_waiting = true;
}

static void
on_retry(uv_timer_t *timer)
{
	struct ingest *ingest = timer->data;

	for (struct instance *i = ingest->plugins->instances; i; i = i->next) {
		if (i->is_waiting)
			open_again(ingest, i);
		else if (i->wanted)
			look_for_wanted(ingest, i);
	}
	retry_schedule(ingest);
}

void
mural_retry(struct mural_host *host, int (*wanted)(struct mural_host *host))
{
	struct instance *instance = container_of(host, struct instance, host);

	worker_check(instance->shards[0].worker, instance->name, __func__);
	instance->wanted = wanted;
	retry_schedule(instance->ingest);
}

void
retry_pause(struct ingest *ingest)
{
	ingest->retry_paused = true;
	uv_timer_stop(&ingest->retry);
}

void
retry_resume(struct ingest *ingest)
{
	ingest->retry_paused = false;
	retry_schedule(ingest);
}

void
retry_start(struct ingest *ingest)
{
	uv_timer_init(ingest->loop, &ingest->retry);
	ingest->retry.data = ingest;
}

void
retry_stop(struct ingest *ingest)
{
	retry_pause(ingest);
	uv_close((uv_handle_t *)&ingest->retry, NULL);
}
