/* SPDX-License-Identifier: MIT */
/* When a chore is done. */
#include "storage/autosave.h"

#include <errno.h>
#include <stdlib.h>

#include "base/util.h"

int
chore_init(struct chore *chore, struct canvas *canvas, uint64_t interval_ms,
	int (*work)(struct chore *chore))
{
	*chore = (struct chore){ .interval_ms = interval_ms, .work = work };
	chore->reader = canvas_reader_new(canvas);
	chore->tiles = calloc(canvas->view.words, sizeof(*chore->tiles));
	if (chore->reader && chore->tiles)
		return 0;
	chore_finish(chore);
	return -ENOMEM;
}

void
chore_forget(struct chore *chore)
{
	mural_reader_take(chore->reader, chore->tiles);
}

static void
on_work(uv_work_t *job)
{
	struct chore *chore = container_of(job, struct chore, job);

	chore->result = chore->work(chore);
}

static void sleep_until_changed(struct chore *chore);

static void
on_done(uv_work_t *job, int status)
{
	struct chore *chore = container_of(job, struct chore, job);

	(void)status;
	chore->working = false;
	if (chore->settled)
		chore->settled(chore);
	if (chore->result < 0)
		mural_reader_untake(chore->reader, chore->tiles);
	if (chore->again)
		chore_now(chore);
	else
		sleep_until_changed(chore);
}

void
chore_now(struct chore *chore)
{
	if (!chore->loop)
		return;
	chore->again = chore->working;
	if (chore->working)
		return;
	uv_poll_stop(&chore->changed);
	uv_timer_stop(&chore->timer);
	mural_reader_take(chore->reader, chore->tiles);
	chore->working = true;
	uv_queue_work(chore->loop, &chore->job, on_work, on_done);
}

static void
on_interval(uv_timer_t *timer)
{
	chore_now(container_of(timer, struct chore, timer));
}

static void
on_changed(uv_poll_t *poll, int status, int events)
{
	(void)status;
	(void)events;
	uv_poll_stop(poll);
	sleep_until_changed(container_of(poll, struct chore, changed));
}

/* Waits for the first change, and from there for the interval. */
static void
sleep_until_changed(struct chore *chore)
{
	if (chore->interval_ms == 0)
		return;
	if (mural_reader_arm(chore->reader))
		uv_timer_start(&chore->timer, on_interval, chore->interval_ms, 0);
	else
		uv_poll_start(&chore->changed, UV_READABLE, on_changed);
}

void
chore_every(struct chore *chore, uint64_t interval_ms)
{
	bool same = chore->interval_ms == interval_ms;

	chore->interval_ms = interval_ms;
	if (same || !chore->loop || chore->working)
		return;
	uv_poll_stop(&chore->changed);
	uv_timer_stop(&chore->timer);
	sleep_until_changed(chore);
}

void
chore_start(struct chore *chore, uv_loop_t *loop)
{
	if (!chore->reader)
		return;
	uv_poll_init(loop, &chore->changed, mural_reader_fd(chore->reader));
	uv_timer_init(loop, &chore->timer);
	chore->loop = loop;
	sleep_until_changed(chore);
}

bool
chore_stop(struct chore *chore)
{
	uv_loop_t *loop = chore->loop;

	if (!loop)
		return false;
	chore->again = false;
	while (chore->working)
		uv_run(loop, UV_RUN_ONCE);
	uv_close((uv_handle_t *)&chore->changed, NULL);
	uv_close((uv_handle_t *)&chore->timer, NULL);
	uv_run(loop, UV_RUN_NOWAIT);
	chore->loop = NULL;
	return mural_reader_take(chore->reader, chore->tiles);
}

void
chore_finish(struct chore *chore)
{
	mural_reader_free(chore->reader);
	free(chore->tiles);
	*chore = (struct chore){ 0 };
}
