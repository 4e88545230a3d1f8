/* SPDX-License-Identifier: MIT */
/* Renders the recording of the wall as a GIF. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <mural/history.h>

#include "http/history/gif.h"
#include "http/history/history.h"

/* The time of a frame, in hundredths of a second. */
#define FRAME_TIME 5

/* Steps of red, green and blue; eyes distinguish greens best.  252 of 256 colours leave
 * one to be transparent. */
enum { REDS = 6, GREENS = 7, BLUES = 6, COLOURS = REDS * GREENS * BLUES };

struct wall_gif_params {
	const char *file;
	struct gif_range range;
};

/* What the thread renders with. */
struct wall_render {
	const struct wall_gif_params *params;
	struct gif_job *job;
	struct mural_history *history;
	struct mural_moment moment;
	struct mural_span span;
	struct gif *gif;
	uint32_t width, height;
	uint8_t *pixels;
	uint8_t red[256], green[256], blue[256]; /* parts of a colour's index */
};

/* The GIF changes with its range, and whenever something was recorded. */
static uint64_t
wall_gif_version(const struct history *history)
{
	const struct gif_range *range = &history->wall_gif.range;
	const char *file = mural_record_file(history->web->host);
	struct stat st = { 0 };
	uint64_t version = 1;

	if (file)
		(void)stat(file, &st);
	version = version * 31 + st.st_size;
	version = version * 31 + st.st_ino;
	version = version * 31 + range->from_ms;
	return version * 31 + range->to_ms;
}

static void *
wall_gif_new_params(const struct history *history)
{
	struct wall_gif_params *params = calloc(1, sizeof(*params));

	if (params)
		*params = (struct wall_gif_params){ mural_record_file(history->web->host),
			history->wall_gif.range };
	return params;
}

/* ------------------------------------------------------------------ colours */

static void
make_palette(struct wall_render *render, uint32_t colours[COLOURS])
{
	for (int i = 0; i < COLOURS; i++) {
		uint32_t red = i / (GREENS * BLUES) * 255 / (REDS - 1);
		uint32_t green = i / BLUES % GREENS * 255 / (GREENS - 1);
		uint32_t blue = i % BLUES * 255 / (BLUES - 1);

		colours[i] = 0xff000000 | red << 16 | green << 8 | blue;
	}
	for (int value = 0; value < 256; value++) {
		render->red[value] = (value * (REDS - 1) + 127) / 255 * GREENS * BLUES;
		render->green[value] = (value * (GREENS - 1) + 127) / 255 * BLUES;
		render->blue[value] = (value * (BLUES - 1) + 127) / 255;
	}
}

static uint8_t
colour_index(const struct wall_render *render, uint32_t argb)
{
	return render->red[argb >> 16 & 0xff] + render->green[argb >> 8 & 0xff] +
	       render->blue[argb & 0xff];
}

/* ------------------------------------------------------------------ frames */

static int
add_frame(struct wall_render *render)
{
	const struct mural_moment *moment = &render->moment;

	int ret = gif_job_check(render->job);

	if (ret < 0)
		return ret;
	memset(render->pixels, 0, (size_t)render->width * render->height);
	for (uint32_t y = 0; y < render->height && y < moment->height; y++) {
		const uint32_t *from = moment->pixels + (size_t)y * moment->width;
		uint8_t *to = render->pixels + (size_t)y * render->width;

		for (uint32_t x = 0; x < render->width && x < moment->width; x++)
			to[x] = colour_index(render, from[x]);
	}
	return gif_add(render->gif, render->pixels, FRAME_TIME);
}

static int
open_gif(struct wall_render *render, FILE *out)
{
	const struct gif_range *range = &render->params->range;
	uint32_t colours[COLOURS];
	int ret = mural_history_span(
		render->history, range->from_ms, range->to_ms, &render->span);

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
	make_palette(render, colours);
	return gif_open(
		&render->gif, out, render->width, render->height, colours, COLOURS);
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
	ret = mural_history_open(render->params->file, &render->history);
	if (ret == 0)
		ret = open_gif(render, out);
	if (ret == 0)
		ret = gif_close(render->gif, wall_replay(render));
	mural_history_close(render->history);
	free(render->pixels);
	free(render);
	return ret;
}

const struct gif_job_ops wall_gif_ops = {
	.name = "wall",
	.version = wall_gif_version,
	.new_params = wall_gif_new_params,
	.render = wall_gif_render,
};
