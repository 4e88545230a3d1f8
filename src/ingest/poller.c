/* SPDX-License-Identifier: MIT */
/* Polls a plugin's descriptor on a worker's loop, and retries when it fails. */
#include "ingest/poller.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "ingest/event.h"
#include "ingest/painter.h"
#include "ingest/retry.h"

#define RETRY_MS 1000

struct poller {
	struct shard *shard;
	uv_poll_t poll; /* of the attached descriptor; closed while detached */
	uv_idle_t idle; /* runs while drain() says that there may be more */
	uv_timer_t retry;
	bool attached;
	struct mural_counts last_counts; /* the instance's when last published */
	struct log_dedup tries;          /* to attach it again */
	int handles;
};

static int poller_attach(struct poller *poller);

/* The plugin's counts restart at each attach(); the shard's totals do not. */
static void
poller_publish(struct poller *poller)
{
	struct mural_counts *total = &poller->shard->counts, *last = &poller->last_counts;
	const struct mural_counts *now = &poller->shard->instance->counts;

	total->received_bytes += now->received_bytes - last->received_bytes;
	total->kernel_drops += now->kernel_drops - last->kernel_drops;
	total->connections += now->connections - last->connections;
	total->viewers += now->viewers - last->viewers;
	*last = *now;
	shard_publish(poller->shard);
}

static void
on_poller_closed(uv_handle_t *handle)
{
	struct poller *poller = handle->data;

	if (--poller->handles == 0)
		free(poller);
}

static void
on_retry(uv_timer_t *timer)
{
	struct poller *poller = timer->data;
	struct shard *shard = poller->shard;
	int ret;

	log_set_dedup(&poller->tries);
	ret = poller_attach(poller);
	log_set_dedup(NULL);
	if (ret == 0)
		log_info("%s: attached again", shard->instance->host.name);
	else
		uv_timer_start(&poller->retry, on_retry, RETRY_MS, 0);
	instance_say_trouble(shard->instance, ret < 0 ? poller->tries.error : NULL);
}

/* The poll handle goes with the descriptor, and is closed before detach() closes that. */
static void
poller_detach(struct poller *poller)
{
	struct instance *instance = poller->shard->instance;

	if (!poller->attached)
		return;
	poller->attached = false;
	uv_idle_stop(&poller->idle);
	uv_poll_stop(&poller->poll);
	uv_close((uv_handle_t *)&poller->poll, on_poller_closed);
	instance->plugin->detach(&instance->host);
	events_close(&instance->events);
	instance->counts.connections = instance->counts.viewers = 0;
	poller_publish(poller);
}

static void
poller_fail(struct poller *poller, int error)
{
	struct instance *instance = poller->shard->instance;

	log_warn("%s: input failed: %s; retrying every second", instance->host.name,
		strerror(-error));
	instance_say_trouble(instance, strerror(-error));
	poller_detach(poller);
	poller->tries = (struct log_dedup){ 0 };
	uv_timer_start(&poller->retry, on_retry, RETRY_MS, 0);
}

static int
poller_drain(struct poller *poller)
{
	struct shard *shard = poller->shard;
	struct instance *instance = shard->instance;
	int ret;

	painter_begin(shard);
	ret = instance->plugin->drain(&instance->host, &shard->brush);

	poller_publish(poller);
	if (ret != 1)
		uv_idle_stop(&poller->idle);
	if (ret < 0)
		poller_fail(poller, ret);
	return ret;
}

static void
on_idle(uv_idle_t *idle)
{
	poller_drain(idle->data);
}

/* After an error on the descriptor (EPOLLERR) libuv stops polling it.  So the poller is
 * attached again, even if drain() finds nothing wrong. */
static void
on_readable(uv_poll_t *poll, int status, int events)
{
	struct poller *poller = poll->data;

	(void)events;
	/* before drain(), which stops it when nothing is left */
	uv_idle_start(&poller->idle, on_idle);
	if (poller_drain(poller) >= 0 && status < 0)
		poller_fail(poller, -EIO);
}

static int
poller_attach(struct poller *poller)
{
	struct shard *shard = poller->shard;
	struct instance *instance = shard->instance;
	int fd, ret;

	instance->counts = poller->last_counts =
		(struct mural_counts){ .size = sizeof(instance->counts) };
	if (!instance->plugin->init)
		memset(instance->host.state, 0, instance->plugin->state_size);
	fd = instance->plugin->attach(&instance->host);
	if (fd < 0) {
		events_close(&instance->events);
		return fd;
	}
	ret = uv_poll_init(shard->worker->loop, &poller->poll, fd);
	if (ret < 0) {
		log_error("%s: cannot poll its descriptor: %s", instance->host.name,
			uv_strerror(ret));
		instance->plugin->detach(&instance->host);
		events_close(&instance->events);
		return ret;
	}
	poller->handles++;
	poller->attached = true;
	poller->poll.data = poller;
	uv_poll_start(&poller->poll, UV_READABLE, on_readable);
	return 0;
}

int
poller_open(void *arg)
{
	struct shard *shard = arg;
	struct poller *poller = calloc(1, sizeof(*poller));
	int ret;

	if (!poller)
		return -ENOMEM;
	poller->shard = shard;
	ret = poller_attach(poller);
	if (ret < 0) {
		free(poller);
		return ret;
	}
	uv_idle_init(shard->worker->loop, &poller->idle);
	uv_timer_init(shard->worker->loop, &poller->retry);
	poller->idle.data = poller;
	poller->retry.data = poller;
	poller->handles += 2;
	shard->poller = poller;
	return 0;
}

void
poller_close(struct shard *shard)
{
	struct poller *poller = shard->poller;

	if (!poller)
		return;
	shard->poller = NULL;
	poller_detach(poller);
	uv_close((uv_handle_t *)&poller->idle, on_poller_closed);
	uv_close((uv_handle_t *)&poller->retry, on_poller_closed);
}
