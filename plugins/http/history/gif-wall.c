/* SPDX-License-Identifier: MIT */
/* Renders the recording of the wall as a GIF. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <mural/history.h>

#include "http/history/gif-colours.h"
#include "http/history/gif.h"
#include "http/history/history.h"

/* The time of a frame, in hundredths of a second. */
#define FRAME_TIME 5

/* The palette is chosen from so many moments, evenly spread over time. */
#define SAMPLES 24

/* A range that ended so long ago does not change any more. */
#define SETTLED_MS 60000

/* What the thread renders with. */
struct wall_render {
	const struct recording_params *params;
	struct gif_job *job;
	struct mural_history *history;
	struct mural_moment moment;
	struct mural_span span;
	struct gif *gif;
	uint32_t width, height;
	uint8_t *pixels;
	uint8_t black; /* its index */
	struct gif_colours *colours;
};

/* The GIF changes with its range, and whenever something was recorded. */
uint64_t
recording_version(const struct history *history, const struct gif_range *range)
{
	const char *file = mural_record_file(history->web->host);
	struct stat st = { 0 };
	uint64_t version = 1;

	if (file && range->to_ms > time(NULL) * INT64_C(1000) - SETTLED_MS)
		(void)stat(file, &st);
	version = version * 31 + st.st_size;
	version = version * 31 + st.st_ino;
	version = version * 31 + range->from_ms;
	version = version * 31 + range->step_ms;
	return version * 31 + range->to_ms;
}

void *
recording_params_new(const struct history *history, const struct gif_range *range)
{
	struct recording_params *params = calloc(1, sizeof(*params));

	if (params)
		*params =
			(struct recording_params){ mural_record_file(history->web->host),
				*range };
	return params;
}

static uint64_t
wall_gif_version(const struct history *history)
{
	return recording_version(history, &history->wall_gif.range);
}

static void *
wall_gif_new_params(const struct history *history)
{
	return recording_params_new(history, &history->wall_gif.range);
}

/* ------------------------------------------------------------------ colours */

/* Looks at what was there when the range begins, and at moments in it. */
static int
see_colours(struct wall_render *render)
{
	const struct mural_span *span = &render->span;
	const struct mural_moment *moment = &render->moment;
	int64_t at = render->params->range.from_ms;
	int ret = 1;

	for (int i = 0; ret > 0 && i <= SAMPLES; i++) {
		ret = gif_job_check(render->job);
		if (ret == 0)
			ret = mural_history_seek(render->history, at, &render->moment);
		if (ret > 0)
			gif_colours_see(render->colours, moment->pixels,
				(size_t)moment->width * moment->height);
		if (span->moments == 0)
			break;
		at = span->first_ms +
		     (span->last_ms - span->first_ms) * i / (SAMPLES - 1);
	}
	return ret < 0 ? ret : 0;
}

/* ------------------------------------------------------------------ frames */

static int
add_frame(struct wall_render *render)
{
	const struct mural_moment *moment = &render->moment;
	uint32_t width = render->width < moment->width ? render->width : moment->width;
	int ret = gif_job_check(render->job);

	if (ret < 0)
		return ret;
	memset(render->pixels, render->black, (size_t)render->width * render->height);
	for (uint32_t y = 0; y < render->height && y < moment->height; y++)
		gif_colours_draw(render->colours, 0, y,
			moment->pixels + (size_t)y * moment->width, width,
			render->pixels + (size_t)y * render->width);
	return gif_add(render->gif, render->pixels, FRAME_TIME);
}

static int
open_gif(struct wall_render *render, FILE *out)
{
	const struct gif_range *range = &render->params->range;
	static const uint32_t black = 0xff000000;
	uint32_t chosen[GIF_COLOURS_MAX];
	unsigned n;
	int ret = mural_history_span(
		render->history, range->from_ms, range->to_ms, &render->span);

	gif_colours_see(render->colours, &black, 1); /* of what a frame does not cover */
	if (ret == 0)
		ret = see_colours(render);
	if (ret == 0)
		ret = mural_history_seek(render->history, range->to_ms, &render->moment);
	if (ret < 0)
		return ret;
	/* nothing was recorded: one black pixel */
	render->width = ret > 0 ? render->moment.width : 1;
	render->height = ret > 0 ? render->moment.height : 1;
	render->pixels = malloc((size_t)render->width * render->height);
	if (!render->pixels)
		return -ENOMEM;
	n = gif_colours_choose(render->colours, chosen);
	gif_colours_draw(render->colours, 0, 0, &black, 1, &render->black);
	return gif_open(&render->gif, out, render->width, render->height, chosen, n);
}

/* Begins with what was on the wall when the range begins. */
static int
wall_replay(struct wall_render *render)
{
	const struct gif_range *range = &render->params->range;
	uint64_t frames =
		gif_job_frames_max(render->job, render->width, render->height) - 1;
	uint64_t n = render->span.moments > 0 ? render->span.moments : 1;
	int got = mural_history_seek(render->history, range->from_ms, &render->moment);
	int ret = got < 0 ? got : add_frame(render);

	for (uint64_t done = 1; ret == 0 && got > 0; done++) {
		got = mural_history_next(render->history, &render->moment);
		if (got <= 0 || render->moment.time_ms > range->to_ms)
			return got < 0 ? got : 0;
		if (done >= n || (done + 1) * frames / n != done * frames / n)
			ret = add_frame(render);
		else
			ret = gif_job_check(render->job);
	}
	return ret;
}

static int
wall_gif_render(const void *arg, struct gif_job *job, FILE *out)
{
	struct wall_render *render = calloc(1, sizeof(*render));
	int ret = -ENOMEM;

	if (!render)
		return ret;
	render->params = arg;
	render->job = job;
	render->colours = gif_colours_new();
	if (render->colours)
		ret = mural_history_open(render->params->file, &render->history);
	if (ret == 0)
		ret = open_gif(render, out);
	if (ret == 0)
		ret = gif_close(render->gif, wall_replay(render));
	mural_history_close(render->history);
	gif_colours_free(render->colours);
	free(render->pixels);
	free(render);
	return ret;
}

const struct gif_job_ops wall_gif_ops = {
	.name = "wall.gif",
	.type = "image/gif",
	.version = wall_gif_version,
	.new_params = wall_gif_new_params,
	.render = wall_gif_render,
};
