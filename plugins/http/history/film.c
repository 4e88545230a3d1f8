/* SPDX-License-Identifier: MIT */
/*
 * Renders the recording as a film for the web page: the pieces of doc/live.md, each
 * behind its length, a number of four bytes, little-endian.  Texts between them say how
 * large the film is, and the time of each picture.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <mural/history.h>

#include "http/history/history.h"
#include "http/viewers/codec-live.h"
#include "http/viewers/frame.h"
#include "http/viewers/framediff.h"

/* The most pictures of a film, and from one key picture to the next: as many are decoded
 * to jump to any of them. */
#define PICTURES_MAX 600
#define PICTURES_OF_A_KEY 50

/* What the thread renders with. */
struct film {
	const struct recording_params *params;
	struct gif_job *job;
	FILE *out;
	struct mural_history *history;
	struct mural_moment moment;
	struct mural_span span;
	struct mural_view view; /* of the last moment; others are cut, or black beyond */
	struct framediff diff;
	struct codec_live *codec;
	uint32_t *picture; /* a moment of another size, in this one's */
	struct mural_rect
		since; /* what may differ from the last picture; empty: nothing */
	int64_t step_ms, last_ms; /* last_ms: of the picture before */
	unsigned pictures;
};

static uint64_t
film_version(const struct history *history)
{
	return recording_version(history, &history->film.range);
}

static void *
film_new_params(const struct history *history)
{
	return recording_params_new(history, &history->film.range);
}

/* ------------------------------------------------------------------ writing */

static int
put_message(struct film *film, const void *bytes, size_t len)
{
	const uint8_t head[4] = { len, len >> 8, len >> 16, len >> 24 };
	bool ok = fwrite(head, sizeof(head), 1, film->out) == 1 &&
		  fwrite(bytes, len, 1, film->out) == 1;

	return ok ? 0 : -EIO;
}

static int
put_head(struct film *film)
{
	char text[200];

	snprintf(text, sizeof(text),
		"{\"type\": \"film\", \"version\": %d, \"width\": %" PRIu32
		", \"height\": %" PRIu32 ", \"step\": %" PRId64 ".%03d}",
		LIVE_VERSION, film->view.width, film->view.height, film->step_ms / 1000,
		(int)(film->step_ms % 1000));
	return put_message(film, text, strlen(text));
}

static int
put_time(struct film *film, bool key)
{
	char text[100];

	snprintf(text, sizeof(text),
		"{\"type\": \"moment\", \"time\": %.3f, \"key\": %s}",
		film->moment.time_ms / 1e3, key ? "true" : "false");
	return put_message(film, text, strlen(text));
}

static int
put_pieces(struct film *film, bool key)
{
	struct frame *frame = codec_live_encode(film->codec, &film->diff, key);
	int ret = frame ? put_time(film, key) : -ENOMEM;

	for (size_t i = 0; ret == 0 && i < frame->n; i++)
		ret = put_message(film, frame->messages[i].bytes, frame->messages[i].len);
	frame_release(frame);
	return ret;
}

/* ------------------------------------------------------------------ pictures */

static void
add_all_damage(struct film *film)
{
	film->since = (struct mural_rect){ 0, 0, film->view.width, film->view.height };
}

/* Of a moment of another size the rectangle may lie outside of the film's. */
static void
add_damage(struct film *film)
{
	const struct mural_moment *moment = &film->moment;
	struct mural_rect *since = &film->since;
	uint32_t right = since->x + since->width, bottom = since->y + since->height;

	if (moment->width != film->view.width || moment->height != film->view.height) {
		add_all_damage(film);
		return;
	}
	if (since->width == 0) {
		since->x = moment->left;
		since->y = moment->top;
	}
	since->x = since->x < moment->left ? since->x : moment->left;
	since->y = since->y < moment->top ? since->y : moment->top;
	since->width = (right > moment->right ? right : moment->right) - since->x;
	since->height = (bottom > moment->bottom ? bottom : moment->bottom) - since->y;
}

/* The moment in the film's size. */
static const uint32_t *
fit_moment(struct film *film)
{
	const struct mural_moment *moment = &film->moment;
	const struct mural_view *view = &film->view;
	uint32_t width = view->width < moment->width ? view->width : moment->width;

	if (moment->width == view->width && moment->height == view->height)
		return moment->pixels;
	add_all_damage(film);
	memset(film->picture, 0, (size_t)view->width * view->height * sizeof(uint32_t));
	for (uint32_t y = 0; y < view->height && y < moment->height; y++)
		memcpy(film->picture + (size_t)y * view->width,
			moment->pixels + (size_t)y * moment->width,
			width * sizeof(uint32_t));
	return film->picture;
}

static int
add_picture(struct film *film)
{
	const uint32_t *pixels = fit_moment(film);
	bool key = film->pictures % PICTURES_OF_A_KEY == 0;
	int ret = gif_job_check(film->job);

	if (ret < 0)
		return ret;
	ret = framediff_update_picture(&film->diff, pixels, &film->since);
	film->since = (struct mural_rect){ 0 };
	film->last_ms = film->moment.time_ms;
	if (ret == 0 && !key)
		return 0;
	film->pictures++;
	return put_pieces(film, key);
}

/* ------------------------------------------------------------------ the film */

static int64_t
choose_step(const struct film *film)
{
	const struct mural_span *span = &film->span;
	int64_t most = PICTURES_MAX >> film->job->halvings, step;

	if (most < 2)
		most = 2;
	step = (span->last_ms - span->first_ms) / most + 1;
	return step > film->params->range.step_ms ? step : film->params->range.step_ms;
}

static int
film_open(struct film *film)
{
	const struct gif_range *range = &film->params->range;
	int ret = mural_history_open(film->params->file, &film->history);

	if (ret == 0)
		ret = mural_history_span(
			film->history, range->from_ms, range->to_ms, &film->span);
	if (ret == 0)
		ret = mural_history_seek(film->history, range->to_ms, &film->moment);
	if (ret < 0)
		return ret;
	film->step_ms = choose_step(film);
	/* nothing was recorded: no picture, of one pixel */
	film->view = ret > 0 ? mural_view_of(film->moment.width, film->moment.height)
			     : mural_view_of(1, 1);
	film->picture =
		calloc((size_t)film->view.width * film->view.height, sizeof(uint32_t));
	film->codec = codec_live_new();
	if (!film->picture || !film->codec)
		return -ENOMEM;
	ret = framediff_init_pictures(&film->diff, &film->view);
	return ret < 0 ? ret : put_head(film);
}

/* Those within a step of the picture before are left out; the last one is not. */
static int
add_moments(struct film *film)
{
	const struct gif_range *range = &film->params->range;
	int64_t left_out_ms = INT64_MIN;
	int got = 1, ret = 0;

	while (ret == 0) {
		got = mural_history_next(film->history, &film->moment);
		if (got <= 0 || film->moment.time_ms > range->to_ms)
			break;
		add_damage(film);
		left_out_ms = film->moment.time_ms;
		if (film->moment.time_ms - film->last_ms >= film->step_ms)
			ret = add_picture(film);
		else
			ret = gif_job_check(film->job);
	}
	if (got < 0 || ret < 0 || left_out_ms <= film->last_ms)
		return got < 0 ? got : ret;
	got = mural_history_seek(film->history, range->to_ms, &film->moment);
	add_all_damage(film);
	return got > 0 ? add_picture(film) : got;
}

/* Begins with what was there when the range begins. */
static int
add_pictures(struct film *film)
{
	int ret = mural_history_seek(
		film->history, film->params->range.from_ms, &film->moment);

	if (ret <= 0)
		return ret;
	add_all_damage(film);
	ret = add_picture(film);
	return ret < 0 ? ret : add_moments(film);
}

static int
film_render(const void *arg, struct gif_job *job, FILE *out)
{
	struct film film = { .params = arg, .job = job, .out = out };
	int ret = film_open(&film);

	if (ret == 0)
		ret = add_pictures(&film);
	mural_history_close(film.history);
	codec_live_free(film.codec);
	framediff_finish(&film.diff);
	free(film.picture);
	return ret;
}

const struct gif_job_ops film_ops = {
	.name = "wall.film",
	.type = "application/octet-stream",
	.version = film_version,
	.new_params = film_new_params,
	.render = film_render,
};
