/* SPDX-License-Identifier: MIT */
/* The recording replayed. */
#include "http/history/gif-wall.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <mural/history.h>

#include "http/history/gif.h"
#include "http/history/timelapse-route.h"
#include "http/http.h"

/* A frame is shown so long, in hundredths of a second. */
#define FRAME_TIME 5

/* Steps of red, green and blue; eyes tell greens apart best.  Four colours less than a
 * GIF may have leave one for what does not change. */
enum { REDS = 6, GREENS = 7, BLUES = 6, COLOURS = REDS * GREENS * BLUES };

struct plan {
	const char *file;
	struct wall_wish wish;
};

/* What the thread works with. */
struct shot {
	const struct plan *plan;
	struct film *film;
	struct mural_history *history;
	struct mural_moment moment;
	struct mural_span span;
	struct gif *gif;
	uint32_t width, height;
	uint8_t *pixels;
	uint8_t red[256], green[256], blue[256]; /* parts of a colour's index */
};

/* A film of the same moments is the same as long as nothing was recorded. */
static uint64_t
wall_film_version(struct http *http)
{
	const struct wall_wish *wish = &http->history->wish;
	const char *file = mural_record_file(http->host);
	struct stat st = { 0 };
	uint64_t version = 1;

	if (file)
		(void)stat(file, &st);
	version = version * 31 + st.st_size;
	version = version * 31 + st.st_ino;
	version = version * 31 + wish->from_ms;
	return version * 31 + wish->to_ms;
}

static void *
wall_film_plan(struct http *http)
{
	struct plan *plan = calloc(1, sizeof(*plan));

	if (plan)
		*plan = (struct plan){ mural_record_file(http->host),
			http->history->wish };
	return plan;
}

/* ------------------------------------------------------------------ colours */

static void
make_palette(struct shot *shot, uint32_t colours[COLOURS])
{
	for (int i = 0; i < COLOURS; i++) {
		uint32_t red = i / (GREENS * BLUES) * 255 / (REDS - 1);
		uint32_t green = i / BLUES % GREENS * 255 / (GREENS - 1);
		uint32_t blue = i % BLUES * 255 / (BLUES - 1);

		colours[i] = 0xff000000 | red << 16 | green << 8 | blue;
	}
	for (int value = 0; value < 256; value++) {
		shot->red[value] = (value * (REDS - 1) + 127) / 255 * GREENS * BLUES;
		shot->green[value] = (value * (GREENS - 1) + 127) / 255 * BLUES;
		shot->blue[value] = (value * (BLUES - 1) + 127) / 255;
	}
}

static uint8_t
colour_index(const struct shot *shot, uint32_t argb)
{
	return shot->red[argb >> 16 & 0xff] + shot->green[argb >> 8 & 0xff] +
	       shot->blue[argb & 0xff];
}

/* ------------------------------------------------------------------ frames */

static int
add_frame(struct shot *shot)
{
	const struct mural_moment *moment = &shot->moment;

	if (film_is_cancelled(shot->film))
		return -ECANCELED;
	memset(shot->pixels, 0, (size_t)shot->width * shot->height);
	for (uint32_t y = 0; y < shot->height && y < moment->height; y++) {
		const uint32_t *from = moment->pixels + (size_t)y * moment->width;
		uint8_t *to = shot->pixels + (size_t)y * shot->width;

		for (uint32_t x = 0; x < shot->width && x < moment->width; x++)
			to[x] = colour_index(shot, from[x]);
	}
	return gif_add(shot->gif, shot->pixels, FRAME_TIME);
}

static int
begin(struct shot *shot, FILE *out)
{
	const struct wall_wish *wish = &shot->plan->wish;
	uint32_t colours[COLOURS];
	int ret = mural_history_span(
		shot->history, wish->from_ms, wish->to_ms, &shot->span);

	if (ret == 0)
		ret = mural_history_seek(shot->history, wish->to_ms, &shot->moment);
	if (ret < 0)
		return ret;
	/* nothing was recorded: one black pixel */
	shot->width = ret > 0 ? shot->moment.width : 1;
	shot->height = ret > 0 ? shot->moment.height : 1;
	shot->pixels = malloc((size_t)shot->width * shot->height);
	if (!shot->pixels)
		return -ENOMEM;
	make_palette(shot, colours);
	return gif_open(&shot->gif, out, shot->width, shot->height, colours, COLOURS);
}

/* From the moment that is on the wall when the span begins. */
static int
replay(struct shot *shot)
{
	const struct wall_wish *wish = &shot->plan->wish;
	uint64_t frames = film_frames_max(shot->width, shot->height) - 1;
	uint64_t n = shot->span.moments > 0 ? shot->span.moments : 1;
	int got = mural_history_seek(shot->history, wish->from_ms, &shot->moment);
	int ret = got < 0 ? got : add_frame(shot);

	for (uint64_t done = 1; ret == 0 && got > 0; done++) {
		got = mural_history_next(shot->history, &shot->moment);
		if (got <= 0 || shot->moment.time_ms > wish->to_ms)
			return got < 0 ? got : 0;
		if (done >= n || (done + 1) * frames / n != done * frames / n)
			ret = add_frame(shot);
		else if (film_is_cancelled(shot->film))
			ret = -ECANCELED;
	}
	return ret;
}

static int
wall_film_shoot(const void *arg, struct film *film, FILE *out)
{
	struct shot *shot = calloc(1, sizeof(*shot));
	int closed, ret = -ENOMEM;

	if (!shot)
		return ret;
	shot->plan = arg;
	shot->film = film;
	ret = mural_history_open(shot->plan->file, &shot->history);
	if (ret == 0)
		ret = begin(shot, out);
	if (ret == 0) {
		ret = replay(shot);
		closed = gif_close(shot->gif);
		ret = ret < 0 ? ret : closed;
	}
	mural_history_close(shot->history);
	free(shot->pixels);
	free(shot);
	return ret;
}

const struct film_source wall_film_source = {
	.name = "wall",
	.version = wall_film_version,
	.plan = wall_film_plan,
	.shoot = wall_film_shoot,
};
