/* SPDX-License-Identifier: MIT */
/* Attach, drain, detach, and attach again. */
#include "ingest/poller.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

#define RETRY_MS 1000

struct source {
	struct lane *lane;
	uv_poll_t poll; /* of the attached descriptor; closed while there is none */
	uv_idle_t more; /* runs while drain() said that there may be more */
	uv_timer_t retry;
	bool attached;
	struct mural_counts counted; /* of what the plugin counted since attach() */
	uint64_t said;               /* what the last retry logged, log_changes_only() */
	int handles;
};

static int attach(struct source *source);

/* What the plugin counts begins anew with each attach(); what the lane shows does not. */
static void
publish(struct source *source)
{
	struct mural_counts *total = &source->lane->counts, *last = &source->counted;
	const struct mural_counts *now = &source->lane->instance->host.counts;

	total->received_bytes += now->received_bytes - last->received_bytes;
	total->kernel_drops += now->kernel_drops - last->kernel_drops;
	total->connections += now->connections - last->connections;
	total->viewers += now->viewers - last->viewers;
	*last = *now;
	lane_publish(source->lane, total);
}

static void
on_closed(uv_handle_t *handle)
{
	struct source *source = handle->data;

	if (--source->handles == 0)
		free(source);
}

static void
on_retry(uv_timer_t *timer)
{
	struct source *source = timer->data;
	struct lane *lane = source->lane;
	int ret;

	log_changes_only(&source->said);
	ret = attach(source);
	log_changes_only(NULL);
	if (ret == 0)
		log_info("%s: attached again", lane->instance->host.name);
	else
		uv_timer_start(&source->retry, on_retry, RETRY_MS, 0);
}

/* The poll handle goes with the descriptor, and is closed before detach() closes that. */
static void
detach(struct source *source)
{
	struct instance *instance = source->lane->instance;

	if (!source->attached)
		return;
	source->attached = false;
	uv_idle_stop(&source->more);
	uv_poll_stop(&source->poll);
	uv_close((uv_handle_t *)&source->poll, on_closed);
	instance->plugin->detach(&instance->host);
	instance->host.counts.connections = instance->host.counts.viewers = 0;
	publish(source);
}

static void
give_up(struct source *source, int error)
{
	log_warn("%s: broken: %s; trying again every second",
		source->lane->instance->host.name, strerror(-error));
	detach(source);
	source->said = 0;
	uv_timer_start(&source->retry, on_retry, RETRY_MS, 0);
}

static int
drain(struct source *source)
{
	struct lane *lane = source->lane;
	struct instance *instance = lane->instance;
	int ret = instance->plugin->drain(&instance->host, &lane->brush);

	publish(source);
	if (ret != 1)
		uv_idle_stop(&source->more);
	if (ret < 0)
		give_up(source, ret);
	return ret;
}

static void
on_more(uv_idle_t *more)
{
	drain(more->data);
}

/* An error on the descriptor (EPOLLERR) makes libuv stop polling it: when drain() does
 * not know what is wrong either, attaching anew is the way to find out. */
static void
on_readable(uv_poll_t *poll, int status, int events)
{
	struct source *source = poll->data;

	(void)events;
	/* started first: drain() stops it when it took all there was */
	uv_idle_start(&source->more, on_more);
	if (drain(source) >= 0 && status < 0)
		give_up(source, -EIO);
}

static int
attach(struct source *source)
{
	struct lane *lane = source->lane;
	struct instance *instance = lane->instance;
	int fd, ret;

	instance->host.counts = source->counted = (struct mural_counts){ 0 };
	memset(instance->host.state, 0, instance->plugin->state_size);
	fd = instance->plugin->attach(&instance->host);
	if (fd < 0)
		return fd;
	ret = uv_poll_init(lane->worker->loop, &source->poll, fd);
	if (ret < 0) {
		log_error("%s: cannot poll its descriptor: %s", instance->host.name,
			uv_strerror(ret));
		instance->plugin->detach(&instance->host);
		return ret;
	}
	source->handles++;
	source->attached = true;
	source->poll.data = source;
	uv_poll_start(&source->poll, UV_READABLE, on_readable);
	return 0;
}

int
source_open(struct lane *lane)
{
	struct source *source = calloc(1, sizeof(*source));
	int ret;

	if (!source)
		return -ENOMEM;
	source->lane = lane;
	ret = attach(source);
	if (ret < 0) {
		free(source);
		return ret;
	}
	uv_idle_init(lane->worker->loop, &source->more);
	uv_timer_init(lane->worker->loop, &source->retry);
	source->more.data = source;
	source->retry.data = source;
	source->handles += 2;
	lane->source = source;
	return 0;
}

void
source_close(struct lane *lane)
{
	struct source *source = lane->source;

	if (!source)
		return;
	lane->source = NULL;
	detach(source);
	uv_close((uv_handle_t *)&source->more, on_closed);
	uv_close((uv_handle_t *)&source->retry, on_closed);
}
