/* SPDX-License-Identifier: MIT */
/* Starting and stopping residents. */
#include "resident.h"

#include "canvas.h"
#include "log.h"
#include "worker.h"

#define PATIENCE_MS 5000

int
resident_start(struct instance *instance, uv_loop_t *loop)
{
	int ret;

	instance->host.loop = loop;
	instance->host.brush = &instance->lanes[0].brush;
	ret = instance->plugin->start(&instance->host);
	instance->residence = ret == 0 ? RESIDENT_HERE : RESIDENT_GONE;
	return ret;
}

void
resident_stop(struct instance *instance)
{
	if (instance->residence != RESIDENT_HERE)
		return;
	instance->residence = RESIDENT_GOING;
	instance->plugin->stop(&instance->host);
}

void
mural_stopped(struct mural_host *host)
{
	struct instance *instance = container_of(host, struct instance, host);

	mural_publish(host);
	instance->residence = RESIDENT_GONE;
}

void
mural_publish(struct mural_host *host)
{
	struct instance *instance = container_of(host, struct instance, host);

	lane_publish(&instance->lanes[0], &host->counts);
}

struct mural_reader *
mural_watch(struct mural_host *host)
{
	struct instance *instance = container_of(host, struct instance, host);

	return canvas_reader_new(instance->lanes[0].worker->canvas);
}

static void
on_impatience(uv_timer_t *timer)
{
	*(bool *)timer->data = true;
}

static struct instance *
find_going(struct instance *instance)
{
	while (instance && instance->residence != RESIDENT_GOING)
		instance = instance->next;
	return instance;
}

bool
residents_wait(struct instance *instances, uv_loop_t *loop)
{
	struct instance *going;
	bool impatient = false;
	uv_timer_t timer;

	uv_timer_init(loop, &timer);
	timer.data = &impatient;
	uv_timer_start(&timer, on_impatience, PATIENCE_MS, 0);
	while ((going = find_going(instances)) && !impatient)
		uv_run(loop, UV_RUN_ONCE);
	if (going)
		log_error("%s: did not stop; leaving it", going->host.name);
	uv_close((uv_handle_t *)&timer, NULL);
	/* closed handles are let go at the end of a turn */
	uv_run(loop, UV_RUN_NOWAIT);
	return !going;
}
