/* SPDX-License-Identifier: MIT */
/* Plays the recording to the HUD. */
#include "app/hud-film.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/util.h"
#include "storage/segments.h"

#define MS_NS UINT64_C(1000000)
#define MS_OF_HOUR (3600 * INT64_C(1000))

enum {
	PICTURE_MS = 100,
	AGAIN_MS = 300 * 1000,
	SHOWN_HOURS = 6, /* of the recording */
	PLAYED_HOURS = 1,
};

/* What the pool works at.  It outlives a film that ends meanwhile. */
struct hud_film_job {
	uv_work_t work;
	struct hud_film *film;
	bool ended; /* the film was, meanwhile */
	char *file;
	int64_t from_ms;
	uint32_t index; /* of the picture that is wanted */

	/* the thread's while it works */
	struct reel *reel;
	struct reel_picture picture;
	int ret;
};

static void
job_free(struct hud_film_job *job)
{
	if (!job)
		return;
	reel_close(job->reel);
	free(job->file);
	free(job);
}

static struct hud_film_job *
job_new(struct hud_film *film)
{
	struct hud_film_job *job = calloc(1, sizeof(*job));

	if (!job)
		return NULL;
	job->work.data = job;
	job->film = film;
	job->file = strdup(film->file);
	job->from_ms = MAX(record_now_ms() - SHOWN_HOURS * MS_OF_HOUR, film->cleared_ms);
	if (job->file)
		return job;
	job_free(job);
	return NULL;
}

/* ------------------------------------------------------------------ the pool */

static void
on_work(uv_work_t *work)
{
	struct hud_film_job *job = work->data;

	job->ret = 0;
	if (!job->reel)
		job->ret = reel_open(&job->reel, job->file, job->from_ms);
	if (job->ret == 0)
		job->ret = reel_show(job->reel, job->index, &job->picture);
}

/* ------------------------------------------------------------------ the film */

static void on_next(uv_timer_t *timer);

static void
wait_for(struct hud_film *film, uint64_t ms)
{
	uv_update_time(film->loop);
	uv_timer_start(&film->next, on_next, ms, 0);
}

/* After the hour the last picture stands. */
static void
leave(struct hud_film *film)
{
	const uint64_t played_ms = (uv_hrtime() - film->wanted_ns) / MS_NS;

	job_free(film->job);
	film->job = NULL;
	if (played_ms + AGAIN_MS <= PLAYED_HOURS * MS_OF_HOUR)
		wait_for(film, AGAIN_MS);
}

static void
show(struct hud_film *film, const struct hud_film_job *job)
{
	const struct reel_picture *picture = &job->picture;
	const int64_t begin_ms = reel_begin_ms(job->reel);
	const bool same = film->width == picture->width &&
			  film->height == picture->height && film->begin_ms == begin_ms;

	hud_set_film(film->hud, picture->pixels, picture->width, picture->height);
	film->width = picture->width;
	film->height = picture->height;
	film->begin_ms = begin_ms;
	if (!same)
		film->on_open(film);
}

/* Leaves out those whose turn is over, but never one of the last two: only both of them
 * show what is there unmixed with what was there before. */
static uint32_t
picture_after(uint32_t index, uint64_t played_ms)
{
	const uint32_t next = (uint32_t)MAX(index + 1, played_ms / PICTURE_MS);
	const uint32_t last = REEL_PICTURES - 1;

	return MIN(next, index < last - 1 ? last - 1 : last);
}

static void
on_worked(uv_work_t *work, int status)
{
	struct hud_film_job *job = work->data;
	struct hud_film *film = job->film;
	uint64_t due_ms, played_ms;

	film->working--;
	if (job->ended) {
		job_free(job);
		return;
	}
	film->is_working = false;
	if (status < 0 || job->ret < 0) {
		if (job->ret < 0 && job->ret != -ENODATA && job->ret != -ENOENT)
			log_warn("hud: %s: no film: %s", job->file, strerror(-job->ret));
		leave(film);
		return;
	}
	show(film, job);
	if (job->index == REEL_PICTURES - 1) {
		leave(film);
		return;
	}
	played_ms = (uv_hrtime() - film->began_ns) / MS_NS;
	job->index = picture_after(job->index, played_ms);
	due_ms = (uint64_t)job->index * PICTURE_MS;
	wait_for(film, due_ms - MIN(due_ms, played_ms));
}

static void
on_next(uv_timer_t *timer)
{
	struct hud_film *film = container_of(timer, struct hud_film, next);

	if (!film->job) {
		film->job = job_new(film);
		film->began_ns = uv_hrtime();
	}
	if (!film->job)
		return;
	film->is_working = true;
	film->working++;
	uv_queue_work(film->loop, &film->job->work, on_work, on_worked);
}

/* ------------------------------------------------------------------ start and stop */

void
hud_film_start(struct hud_film *film, struct hud *hud, const char *file, uv_loop_t *loop,
	void (*on_open)(struct hud_film *film))
{
	*film = (struct hud_film){
		.hud = hud, .loop = loop, .file = file, .on_open = on_open
	};
	uv_timer_init(loop, &film->next);
}

void
hud_film_play(struct hud_film *film)
{
	if (film->plays || *film->file == '\0')
		return;
	film->plays = true;
	film->wanted_ns = uv_hrtime();
	wait_for(film, 0);
}

void
hud_film_end(struct hud_film *film)
{
	if (!film->plays)
		return;
	film->plays = false;
	uv_timer_stop(&film->next);
	if (film->is_working)
		film->job->ended = true;
	else
		job_free(film->job);
	film->job = NULL;
	film->is_working = false;
	film->width = film->height = 0;
}

void
hud_film_forget(struct hud_film *film)
{
	film->cleared_ms = record_now_ms();
}

void
hud_film_stop(struct hud_film *film)
{
	if (!film->loop)
		return;
	hud_film_end(film);
	while (film->working > 0)
		uv_run(film->loop, UV_RUN_ONCE);
	uv_close((uv_handle_t *)&film->next, NULL);
	film->loop = NULL;
}
