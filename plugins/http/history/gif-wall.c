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

/* The moments from which the palette is chosen: all of them, or of more than these as
 * many evenly spread over time. */
#define SAMPLES 24

/* A range that ended this long ago does not change any more. */
#define SETTLED_MS 60000

/* What the thread renders with. */
struct wall_render {
	const struct recording_params *params;
	struct gif_job *job;
	struct mural_history *history;
	struct mural_moment moment;
	struct mural_span span;
	struct gif *gif;
	struct mural_rect region; /* of the last moment */
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
	version = version * 31 + range->region.x;
	version = version * 31 + range->region.y;
	version = version * 31 + range->region.width;
	version = version * 31 + range->region.height;
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

/* The part of the moment, from column x on, which lies in the region. */
static uint32_t
columns_of(const struct wall_render *render)
{
	const struct mural_rect *region = &render->region;
	uint32_t width = render->moment.width;

	if (width <= region->x)
		return 0;
	return width - region->x < region->width ? width - region->x : region->width;
}

static const uint32_t *
row_of(const struct wall_render *render, uint32_t y)
{
	return render->moment.pixels + (size_t)y * render->moment.width +
	       render->region.x;
}

static void
see_moment(struct wall_render *render)
{
	const struct mural_rect *region = &render->region;
	uint32_t columns = columns_of(render);

	for (uint32_t y = region->y;
		y < region->y + region->height && y < render->moment.height; y++)
		gif_colours_see(render->colours, row_of(render, y), columns);
}

/* As mural_history_seek(). */
static int
see_moment_at(struct wall_render *render, int64_t at_ms)
{
	int ret = gif_job_check(render->job);

	if (ret == 0)
		ret = mural_history_seek(render->history, at_ms, &render->moment);
	if (ret > 0)
		see_moment(render);
	return ret;
}

/* 1, 0 at the end of the range, -errno. */
static int
see_next_moment(struct wall_render *render)
{
	int ret = mural_history_next(render->history, &render->moment);

	if (ret > 0 && render->moment.time_ms > render->params->range.to_ms)
		return 0;
	if (ret > 0)
		see_moment(render);
	return ret;
}

/* Looks at what was there when the range begins, and at moments in it. */
static int
see_colours(struct wall_render *render)
{
	const struct mural_span *span = &render->span;
	bool few = span->moments <= SAMPLES;
	int64_t length = span->last_ms - span->first_ms;
	int ret = see_moment_at(render, render->params->range.from_ms);

	for (int i = 0; ret > 0 && i < SAMPLES; i++)
		ret = few ? see_next_moment(render)
			  : see_moment_at(
				    render, span->first_ms + length * i / (SAMPLES - 1));
	return ret < 0 ? ret : 0;
}

/* ------------------------------------------------------------------ frames */

static int
add_frame(struct wall_render *render)
{
	const struct mural_rect *region = &render->region;
	uint32_t columns = columns_of(render);
	int ret = gif_job_check(render->job);

	if (ret < 0)
		return ret;
	memset(render->pixels, render->black, (size_t)region->width * region->height);
	for (uint32_t y = 0; y < region->height && region->y + y < render->moment.height;
		y++)
		gif_colours_draw(render->colours, 0, y, row_of(render, region->y + y),
			columns, render->pixels + (size_t)y * region->width);
	return gif_add(render->gif, render->pixels, FRAME_TIME);
}

/* What was asked for of the moment, or all of it; at least a pixel, black if nothing was
 * recorded or it lies outside. */
static void
choose_region(struct wall_render *render, bool recorded)
{
	const struct mural_rect *asked = &render->params->range.region;
	uint32_t width = recorded ? render->moment.width : 1;
	uint32_t height = recorded ? render->moment.height : 1;
	struct mural_rect *region = &render->region;

	*region = (struct mural_rect){ 0, 0, width, height };
	if (asked->width == 0)
		return;
	*region = *asked;
	if (region->x >= width || region->y >= height)
		region->width = region->height = 1;
	else if (region->width > width - region->x)
		region->width = width - region->x;
	if (region->y < height && region->height > height - region->y)
		region->height = height - region->y;
}

static int
open_gif(struct wall_render *render, FILE *out)
{
	const struct gif_range *range = &render->params->range;
	static const uint32_t black = 0xff000000;
	uint32_t chosen[GIF_COLOURS_MAX];
	unsigned n;
	const struct mural_rect *region = &render->region;
	int ret = mural_history_span(
		render->history, range->from_ms, range->to_ms, &render->span);

	gif_colours_see(render->colours, &black, 1); /* of what a frame does not cover */
	if (ret == 0)
		ret = mural_history_seek(render->history, range->to_ms, &render->moment);
	if (ret >= 0) {
		choose_region(render, ret > 0);
		ret = see_colours(render);
	}
	if (ret < 0)
		return ret;
	render->pixels = malloc((size_t)region->width * region->height);
	if (!render->pixels)
		return -ENOMEM;
	n = gif_colours_choose(render->colours, chosen);
	gif_colours_draw(render->colours, 0, 0, &black, 1, &render->black);
	return gif_open(&render->gif, out, region->width, region->height, chosen, n);
}

/* Begins with what was on the wall when the range begins. */
static int
wall_replay(struct wall_render *render)
{
	const struct gif_range *range = &render->params->range;
	uint64_t frames = gif_job_frames_max(render->job, render->region.width,
				  render->region.height) -
			  1;
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
