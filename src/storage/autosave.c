/* SPDX-License-Identifier: MIT */
/* Runs a debounced job on the thread pool some time after the canvas changed. */
#include "storage/autosave.h"

#include <errno.h>
#include <stdlib.h>

#include "base/util.h"

int
autosave_init(struct autosave *autosave, struct canvas *canvas, uint64_t interval_ms,
	int (*save)(struct autosave *autosave))
{
	*autosave = (struct autosave){ .interval_ms = interval_ms, .save = save };
	autosave->reader = canvas_reader_new(canvas);
	autosave->tiles = calloc(canvas->view.words, sizeof(*autosave->tiles));
	if (autosave->reader && autosave->tiles)
		return 0;
	autosave_finish(autosave);
	return -ENOMEM;
}

void
autosave_reset(struct autosave *autosave)
{
	mural_reader_take(autosave->reader, autosave->tiles);
}

static void
on_work(uv_work_t *job)
{
	struct autosave *autosave = container_of(job, struct autosave, job);

	autosave->result = autosave->save(autosave);
}

static void sleep_until_changed(struct autosave *autosave);

static void
on_done(uv_work_t *job, int status)
{
	struct autosave *autosave = container_of(job, struct autosave, job);

	(void)status;
	/* whoever is told may ask for another run, which waits for the rest */
	if (autosave->after_save)
		autosave->after_save(autosave);
	autosave->saving = false;
	if (autosave->result < 0)
		mural_reader_put_back(autosave->reader, autosave->tiles);
	if (autosave->save_again)
		autosave_run_now(autosave);
	else
		sleep_until_changed(autosave);
}

void
autosave_run_now(struct autosave *autosave)
{
	if (!autosave->loop)
		return;
	autosave->save_again = autosave->saving;
	if (autosave->saving)
		return;
	uv_poll_stop(&autosave->changed);
	uv_timer_stop(&autosave->timer);
	mural_reader_take(autosave->reader, autosave->tiles);
	autosave->saving = true;
	uv_queue_work(autosave->loop, &autosave->job, on_work, on_done);
}

static void
on_interval(uv_timer_t *timer)
{
	autosave_run_now(container_of(timer, struct autosave, timer));
}

static void
on_changed(uv_poll_t *poll, int status, int events)
{
	(void)status;
	(void)events;
	uv_poll_stop(poll);
	sleep_until_changed(container_of(poll, struct autosave, changed));
}

/* The interval starts with the first change. */
static void
sleep_until_changed(struct autosave *autosave)
{
	if (autosave->interval_ms == 0)
		return;
	if (mural_reader_arm(autosave->reader))
		uv_timer_start(&autosave->timer, on_interval, autosave->interval_ms, 0);
	else
		uv_poll_start(&autosave->changed, UV_READABLE, on_changed);
}

void
autosave_set_interval(struct autosave *autosave, uint64_t interval_ms)
{
	bool same = autosave->interval_ms == interval_ms;

	autosave->interval_ms = interval_ms;
	if (same || !autosave->loop || autosave->saving)
		return;
	uv_poll_stop(&autosave->changed);
	uv_timer_stop(&autosave->timer);
	sleep_until_changed(autosave);
}

void
autosave_start(struct autosave *autosave, uv_loop_t *loop)
{
	if (!autosave->reader)
		return;
	uv_poll_init(loop, &autosave->changed, mural_reader_fd(autosave->reader));
	uv_timer_init(loop, &autosave->timer);
	autosave->loop = loop;
	sleep_until_changed(autosave);
}

bool
autosave_stop(struct autosave *autosave)
{
	uv_loop_t *loop = autosave->loop;

	if (!loop)
		return false;
	autosave->save_again = false;
	while (autosave->saving)
		uv_run(loop, UV_RUN_ONCE);
	uv_close((uv_handle_t *)&autosave->changed, NULL);
	uv_close((uv_handle_t *)&autosave->timer, NULL);
	uv_run(loop, UV_RUN_NOWAIT);
	autosave->loop = NULL;
	return mural_reader_take(autosave->reader, autosave->tiles);
}

void
autosave_finish(struct autosave *autosave)
{
	mural_reader_free(autosave->reader);
	free(autosave->tiles);
	*autosave = (struct autosave){ 0 };
}
