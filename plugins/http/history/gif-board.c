/* SPDX-License-Identifier: MIT */
/* Renders the board's log as a GIF. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "http/board/board.h"
#include "http/history/gif.h"
#include "http/history/history.h"
#include "http/store/store.h"

/* Read from the log at once. */
#define PIXELS_AT_ONCE 4096

/* The time of a frame, in hundredths of a second. */
#define FRAME_TIME 1

struct board_gif_params {
	const struct store *store;
	uint32_t width, height;
	struct palette palette;
	uint8_t ground; /* what it begins with */
};

/* What the thread renders with. */
struct board_render {
	const struct board_gif_params *params;
	struct gif_job *job;
	struct store_log *log;
	struct gif *gif;
	uint8_t *cells;
	bool has_base; /* the log begins with a base picture */
	struct store_pixel pixels[PIXELS_AT_ONCE];
};

static uint64_t
board_gif_version(const struct history *history)
{
	return history->board->pixels;
}

static void *
board_gif_new_params(const struct history *history)
{
	const struct board *board = history->board;
	struct board_gif_params *params = calloc(1, sizeof(*params));

	if (!params)
		return NULL;
	params->store = history->store;
	params->width = board->width;
	params->height = board->height;
	params->palette = board->palette;
	params->ground = board->ground;
	return params;
}

/* The log may be of a larger board or palette. */
static void
set_cell(struct board_render *render, const struct store_pixel *pixel)
{
	const struct board_gif_params *params = render->params;

	if (pixel->row < params->height && pixel->column < params->width &&
		pixel->colour < params->palette.n)
		render->cells[(size_t)pixel->row * params->width + pixel->column] =
			pixel->colour;
}

static void
set_base_cell(const struct store_pixel *pixel, void *arg)
{
	struct board_render *render = arg;

	set_cell(render, pixel);
	render->has_base = true;
}

static int
add_frame(struct board_render *render)
{
	int ret = gif_job_check(render->job);

	return ret < 0 ? ret : gif_add(render->gif, render->cells, FRAME_TIME);
}

/* Adds frames, evenly spread over all that was ever set. */
static int
board_replay(struct board_render *render)
{
	const struct board_gif_params *params = render->params;
	uint64_t frames =
		gif_job_frames_max(render->job, params->width, params->height) - 1;
	uint64_t n, done = 0;
	int64_t first, last;
	int got, ret = add_frame(render);

	if (ret == 0)
		ret = store_log_base(render->log, set_base_cell, render);
	if (ret == 0 && render->has_base) {
		ret = add_frame(render);
		frames--;
	}
	store_log_range(render->log, &first, &last);
	n = last - first + 1;
	while (ret == 0 && done < n) {
		got = store_log_read(
			render->log, first + done, render->pixels, PIXELS_AT_ONCE);
		if (got <= 0)
			return got;
		for (int i = 0; ret == 0 && i < got; i++, done++) {
			set_cell(render, &render->pixels[i]);
			if ((done + 1) * frames / n != done * frames / n)
				ret = add_frame(render);
		}
	}
	return ret;
}

static int
board_gif_render(const void *arg, struct gif_job *job, FILE *out)
{
	const struct board_gif_params *params = arg;
	struct board_render *render = calloc(1, sizeof(*render));
	int ret = -ENOMEM;

	if (!render)
		return ret;
	render->params = params;
	render->job = job;
	render->cells = malloc((size_t)params->width * params->height);
	if (render->cells)
		memset(render->cells, params->ground,
			(size_t)params->width * params->height);
	if (render->cells)
		ret = store_log_open(params->store, &render->log);
	if (ret == 0)
		ret = gif_open(&render->gif, out, params->width, params->height,
			params->palette.colours, params->palette.n);
	if (ret == 0)
		ret = gif_close(render->gif, board_replay(render));
	store_log_close(render->log);
	free(render->cells);
	free(render);
	return ret;
}

const struct gif_job_ops board_gif_ops = {
	.name = "timelapse.gif",
	.type = "image/gif",
	.version = board_gif_version,
	.new_params = board_gif_new_params,
	.render = board_gif_render,
};
