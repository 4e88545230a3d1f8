/* SPDX-License-Identifier: MIT */
/* Seeks in a recording, and reduces what it finds there. */
#include "app/reel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <mural/history.h>

#include "base/util.h"
#include "display/average.h"
#include "display/axis.h"

struct reel {
	struct mural_history *history;
	struct mural_span span;
	uint32_t canvas_width, canvas_height; /* of its last moment */
	struct scale_axis across, down;
	average_sum *sums; /* light of a row of the canvas */
	uint32_t *seen;    /* the last picture that was found */
	uint32_t *shown;   /* mixed with the one before */
	bool has_seen;
};

/* ------------------------------------------------------------------ opening */

static int
find_span(struct reel *reel, int64_t from_ms)
{
	struct mural_moment last = { 0 };
	int ret = mural_history_span(reel->history, from_ms, INT64_MAX, &reel->span);

	if (ret == 0 && reel->span.moments == 0)
		return -ENODATA;
	if (ret == 0)
		ret = mural_history_seek(reel->history, reel->span.last_ms, &last);
	if (ret <= 0)
		return ret == 0 ? -ENODATA : ret;
	reel->canvas_width = last.width;
	reel->canvas_height = last.height;
	return 0;
}

static int
make_axis(struct scale_axis *axis, uint32_t canvas, uint32_t picture)
{
	const struct axis_place place = { .to = picture, .side = picture, .tiles = 1 };

	*axis = (struct scale_axis){ .canvas = canvas, .picture = picture };
	return axis_init(axis, &place);
}

static int
make_pictures(struct reel *reel)
{
	const double width = reel->canvas_width, height = reel->canvas_height;
	const double factor =
		MIN(1, MIN(REEL_WIDTH_MAX / width, REEL_HEIGHT_MAX / height));
	const uint32_t small_width = (uint32_t)MAX(width * factor, 1);
	const uint32_t small_height = (uint32_t)MAX(height * factor, 1);
	const size_t n = (size_t)small_width * small_height;

	if (make_axis(&reel->across, reel->canvas_width, small_width) < 0 ||
		make_axis(&reel->down, reel->canvas_height, small_height) < 0)
		return -ENOMEM;
	reel->sums = aligned_alloc(
		sizeof(*reel->sums), reel->canvas_width * sizeof(*reel->sums));
	reel->seen = calloc(n, sizeof(*reel->seen));
	reel->shown = calloc(n, sizeof(*reel->shown));
	return reel->sums && reel->seen && reel->shown ? 0 : -ENOMEM;
}

int
reel_open(struct reel **opened, const char *file, int64_t from_ms)
{
	struct reel *reel = calloc(1, sizeof(*reel));
	int ret;

	if (!reel)
		return -ENOMEM;
	ret = mural_history_open(file, &reel->history);
	if (ret == 0)
		ret = find_span(reel, from_ms);
	if (ret == 0)
		ret = make_pictures(reel);
	if (ret == 0)
		*opened = reel;
	else
		reel_close(reel);
	return ret;
}

void
reel_close(struct reel *reel)
{
	if (!reel)
		return;
	mural_history_close(reel->history);
	axis_finish(&reel->across);
	axis_finish(&reel->down);
	free(reel->sums);
	free(reel->seen);
	free(reel->shown);
	free(reel);
}

int64_t
reel_begin_ms(const struct reel *reel)
{
	return reel->span.first_ms;
}

/* ------------------------------------------------------------------ pictures */

/* Its first is `across->first[0]`, which is 0. */
static void
reduce_row(struct reel *reel, const struct mural_moment *moment, uint32_t y,
	uint32_t *pixels)
{
	const struct scale_axis *down = &reel->down;

	memset(reel->sums, 0, moment->width * sizeof(*reel->sums));
	for (uint32_t row = down->first[y]; row <= down->last[y]; row++)
		average_add(reel->sums, moment->pixels + (size_t)row * moment->width,
			moment->width, axis_weight(down, y, row));
	average_line(&reel->across, reel->sums, 0, 0, reel->across.picture, pixels);
}

static uint32_t
half_of(uint32_t a, uint32_t b)
{
	return 0xff000000 |
	       (((a & 0xfefefe) >> 1) + ((b & 0xfefefe) >> 1) + (a & b & 0x010101));
}

/* Mixes the picture that was seen before with that of the moment. */
static void
see_moment(struct reel *reel, const struct mural_moment *moment)
{
	const uint32_t width = reel->across.picture, height = reel->down.picture;
	const size_t n = (size_t)width * height;
	uint32_t *before = reel->shown;

	memcpy(before, reel->seen, n * sizeof(*before));
	for (uint32_t y = 0; y < height; y++)
		reduce_row(reel, moment, y, reel->seen + (size_t)y * width);
	for (size_t i = 0; i < n; i++)
		reel->shown[i] = reel->has_seen ? half_of(before[i], reel->seen[i])
						: reel->seen[i];
	reel->has_seen = true;
}

/* The last two are of the same moment, so that the film ends with what is there. */
static int64_t
time_of(const struct reel *reel, uint32_t index)
{
	const struct mural_span *span = &reel->span;
	const uint32_t last = REEL_PICTURES - 2;

	return span->first_ms +
	       (span->last_ms - span->first_ms) * MIN(index, last) / last;
}

int
reel_show(struct reel *reel, uint32_t index, struct reel_picture *picture)
{
	struct mural_moment moment;
	int ret = mural_history_seek(reel->history, time_of(reel, index), &moment);

	if (ret < 0)
		return ret;
	if (ret > 0 && moment.width == reel->canvas_width &&
		moment.height == reel->canvas_height)
		see_moment(reel, &moment);
	*picture = (struct reel_picture){ reel->across.picture, reel->down.picture,
		reel->shown };
	return 0;
}
