/* SPDX-License-Identifier: MIT */
/*
 * Answers /tiles/Z/X/Y/ID.png: a piece of the wall at a recorded moment, which caches may
 * keep for ever.
 *
 * A tile is 256x256.  At level 0 its pixels are the wall's; at each further level a pixel
 * is the mean of two by two of the level before, up to the level at which one tile shows
 * all of the wall.  Beyond the wall's edge a tile is transparent.  ID is the time of a
 * moment in milliseconds since 1970: the recording has no two of one time, and of another
 * time there is no tile.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/history/history.h"
#include "http/viewers/frame.h"
#include "lib/digits.h"
#include "lib/png.h"

#define TILE_SIDE 256

/* More than any wall has. */
#define LEVEL_MAX 16

#define ID_MAX INT64_C(1000000000000000)

/* ------------------------------------------------------------------ names */

static bool
parse_name(const char *p, struct tile *tile, int64_t *at_ms)
{
	static const uint64_t most[] = { LEVEL_MAX, MURAL_SIDE_MAX, MURAL_SIDE_MAX,
		ID_MAX };
	uint64_t numbers[4] = { 0 };

	for (int i = 0; i < 4; i++) {
		p = digits_read(p, most[i], &numbers[i]);
		if (!p || *p != "///."[i])
			return false;
		p++;
	}
	*tile = (struct tile){ (uint32_t)numbers[0], (uint32_t)numbers[1],
		(uint32_t)numbers[2] };
	*at_ms = (int64_t)numbers[3];
	return strcmp(p, "png") == 0;
}

enum MHD_Result
tile_reply_missing(struct request *request)
{
	return reply_error(request, MHD_HTTP_NOT_FOUND,
		"there is no such tile; write /tiles/LEVEL/COLUMN/ROW/ID.png, ID the "
		"time of a recorded moment in milliseconds since 1970");
}

enum MHD_Result
tile_answer(struct request *request)
{
	const char *file = mural_record_file(request->web->host);
	struct history_wish wish = { .what = WISH_TILE };

	if (!file)
		return history_reply_not_recorded(request);
	if (!parse_name(request->path + strlen("/tiles/"), &wish.tile, &wish.at_ms))
		return tile_reply_missing(request);
	return history_lookup(request, file, &wish);
}

/* ------------------------------------------------------------------ pictures */

bool
tile_is_there(const struct tile *tile, uint32_t width, uint32_t height)
{
	const uint64_t side = (uint64_t)TILE_SIDE << tile->level;
	const bool is_coarser = tile->level > 0;

	if (is_coarser && side / 2 >= width && side / 2 >= height)
		return false; /* the level before shows all of it in one tile */
	return tile->column * side < width && tile->row * side < height;
}

struct drawing {
	const struct mural_moment *moment;
	uint32_t level;
	uint32_t left, top; /* of the wall */
	bool alpha;         /* it reaches beyond the wall */
};

static uint32_t
least(uint64_t a, uint32_t b)
{
	return a < b ? (uint32_t)a : b;
}

/* The mean of what the wall has of a square; transparent black: nothing. */
static void
put_mean(const struct drawing *drawing, uint32_t left, uint32_t top, uint8_t *to)
{
	const struct mural_moment *moment = drawing->moment;
	const uint64_t side = UINT64_C(1) << drawing->level;
	const uint32_t right = least(left + side, moment->width);
	const uint32_t bottom = least(top + side, moment->height);
	uint64_t r = 0, g = 0, b = 0, n = 0;

	for (uint32_t y = top; y < bottom; y++)
		for (uint32_t x = left; x < right; x++, n++) {
			uint32_t pixel = moment->pixels[(size_t)y * moment->width + x];

			r += pixel >> 16 & 0xff;
			g += pixel >> 8 & 0xff;
			b += pixel & 0xff;
		}
	to[0] = n > 0 ? (uint8_t)((r + n / 2) / n) : 0;
	to[1] = n > 0 ? (uint8_t)((g + n / 2) / n) : 0;
	to[2] = n > 0 ? (uint8_t)((b + n / 2) / n) : 0;
	if (drawing->alpha)
		to[3] = n > 0 ? 0xff : 0;
}

static int
fill_row(void *arg, uint32_t y, uint8_t *row)
{
	const struct drawing *drawing = arg;
	const uint32_t bytes = drawing->alpha ? 4 : 3;

	for (uint32_t x = 0; x < TILE_SIDE; x++, row += bytes)
		put_mean(drawing, drawing->left + (x << drawing->level),
			drawing->top + (y << drawing->level), row);
	return 0;
}

static int
add_tile(struct frame *frame, struct drawing *drawing)
{
	const struct png_picture picture = {
		.width = TILE_SIDE,
		.height = TILE_SIDE,
		.alpha = drawing->alpha,
		.effort = PNG_QUICK,
		.fill_row = fill_row,
		.arg = drawing,
	};
	uint8_t *bytes;
	size_t len;
	int ret = png_encode_bytes(&picture, &bytes, &len);

	return ret < 0 ? ret : frame_add(frame, bytes, len);
}

struct frame *
tile_encode(const struct tile *tile, const struct mural_moment *moment)
{
	const uint32_t side = TILE_SIDE << tile->level;
	struct drawing drawing = {
		.moment = moment,
		.level = tile->level,
		.left = tile->column * side,
		.top = tile->row * side,
	};
	struct frame *frame = frame_new(0);

	drawing.alpha = drawing.left + side > moment->width ||
			drawing.top + side > moment->height;
	if (frame && add_tile(frame, &drawing) < 0) {
		frame_release(frame);
		frame = NULL;
	}
	return frame;
}
