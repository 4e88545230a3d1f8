/* SPDX-License-Identifier: MIT */
/* The board's history as a film: the log replayed. */
#include "http/history/gif-board.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "http/board/board.h"
#include "http/history/gif.h"
#include "http/http.h"
#include "http/store/store.h"

/* Read from the log at once. */
#define PIXELS_AT_ONCE 4096

/* A frame is shown so long, in hundredths of a second. */
#define FRAME_TIME 1

struct plan {
	const char *database;
	uint32_t width, height;
	struct palette palette;
};

/* What the thread works with. */
struct shot {
	const struct plan *plan;
	struct film *film;
	struct store_log *log;
	struct gif *gif;
	uint8_t *cells;
	bool is_based; /* the log begins with a picture */
	struct store_pixel pixels[PIXELS_AT_ONCE];
};

static uint64_t
timelapse_version(struct http *http)
{
	return http->board->pixels;
}

static void *
timelapse_plan(struct http *http)
{
	const struct board *board = http->board;
	struct plan *plan = calloc(1, sizeof(*plan));

	if (!plan)
		return NULL;
	plan->database = http->config->database;
	plan->width = board->width;
	plan->height = board->height;
	plan->palette = board->palette;
	return plan;
}

/* The log may be of a larger board, and of a longer palette. */
static void
set_cell(struct shot *shot, const struct store_pixel *pixel)
{
	const struct plan *plan = shot->plan;

	if (pixel->row < plan->height && pixel->column < plan->width &&
		pixel->colour < plan->palette.n)
		shot->cells[(size_t)pixel->row * plan->width + pixel->column] =
			pixel->colour;
}

static void
set_base_cell(const struct store_pixel *pixel, void *arg)
{
	struct shot *shot = arg;

	set_cell(shot, pixel);
	shot->is_based = true;
}

static int
add_frame(struct shot *shot)
{
	if (film_is_cancelled(shot->film))
		return -ECANCELED;
	return gif_add(shot->gif, shot->cells, FRAME_TIME);
}

/* All that was ever set, as many frames as there may be. */
static int
replay(struct shot *shot)
{
	const struct plan *plan = shot->plan;
	uint64_t frames = film_frames_max(plan->width, plan->height) - 1;
	uint64_t n, done = 0;
	int64_t first, last;
	int got, ret = add_frame(shot);

	if (ret == 0)
		ret = store_log_base(shot->log, set_base_cell, shot);
	if (ret == 0 && shot->is_based) {
		ret = add_frame(shot);
		frames--;
	}
	store_log_range(shot->log, &first, &last);
	n = last - first + 1;
	while (ret == 0 && done < n) {
		got = store_log_read(
			shot->log, first + done, shot->pixels, PIXELS_AT_ONCE);
		if (got <= 0)
			return got;
		for (int i = 0; ret == 0 && i < got; i++, done++) {
			set_cell(shot, &shot->pixels[i]);
			if ((done + 1) * frames / n != done * frames / n)
				ret = add_frame(shot);
		}
	}
	return ret;
}

static int
timelapse_shoot(const void *arg, struct film *film, FILE *out)
{
	const struct plan *plan = arg;
	struct shot *shot = calloc(1, sizeof(*shot));
	int closed, ret = -ENOMEM;

	if (!shot)
		return ret;
	shot->plan = plan;
	shot->film = film;
	shot->cells = calloc(plan->width, plan->height);
	if (shot->cells)
		ret = store_log_open(plan->database, &shot->log);
	if (ret == 0)
		ret = gif_open(&shot->gif, out, plan->width, plan->height,
			plan->palette.colours, plan->palette.n);
	if (ret == 0) {
		ret = replay(shot);
		closed = gif_close(shot->gif);
		ret = ret < 0 ? ret : closed;
	}
	store_log_close(shot->log);
	free(shot->cells);
	free(shot);
	return ret;
}

const struct film_source timelapse_source = {
	.name = "timelapse",
	.version = timelapse_version,
	.plan = timelapse_plan,
	.shoot = timelapse_shoot,
};
