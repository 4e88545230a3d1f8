/* SPDX-License-Identifier: MIT */
/* Sizes the picture, and copies tiles and pictures by the tables of its axes. */
#include "display/scale.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "config/config.h"
#include "display/average.h"

#define PIXEL sizeof(uint32_t)
/* Padding of the rows of a band, so that the pixels of a column do not compete for the
 * same cache lines. */
#define BAND_SHIFT 16

/* ------------------------------------------------------------------ the mapping */

static bool
is_transposed(const struct scale_screen *screen)
{
	return screen->quarter_turns % 2 != 0;
}

void
scale_upright_size(const struct scale_screen *screen, uint32_t *width, uint32_t *height)
{
	*width = is_transposed(screen) ? screen->height : screen->width;
	*height = is_transposed(screen) ? screen->width : screen->height;
}

static bool
is_x_reversed(const struct scale_screen *screen)
{
	return (screen->quarter_turns >= 2) != screen->mirrored;
}

static bool
is_y_reversed(const struct scale_screen *screen)
{
	return screen->quarter_turns == 1 || screen->quarter_turns == 2;
}

static uint32_t
proportion(uint32_t side, uint32_t numerator, uint32_t denominator, bool up)
{
	uint64_t product = (uint64_t)side * numerator;

	return MAX((product + (up ? denominator - 1 : 0)) / denominator, 1);
}

/* The size of the whole canvas when scaled to an area. */
static void
size_picture(
	struct scale *scale, uint32_t mode, uint32_t area_width, uint32_t area_height)
{
	const uint32_t width = scale->x.canvas, height = scale->y.canvas;
	uint32_t times = 1;
	bool narrow = (uint64_t)area_width * height <= (uint64_t)area_height * width;

	scale->x.picture = scale->y.picture = 1;
	if (width == 0 || height == 0 || area_width == 0 || area_height == 0) {
		scale->x.canvas = scale->y.canvas = 0;
		return;
	}
	switch (mode) {
	case SCALE_FIT:
	case SCALE_FILL:
		if (narrow == (mode == SCALE_FIT)) {
			scale->x.picture = area_width;
			scale->y.picture =
				proportion(area_width, height, width, mode == SCALE_FILL);
		} else {
			scale->x.picture = proportion(
				area_height, width, height, mode == SCALE_FILL);
			scale->y.picture = area_height;
		}
		return;
	case SCALE_INTEGER:
		times = MAX(MIN(area_width / width, area_height / height), 1);
		break;
	}
	scale->x.picture = width * times;
	scale->y.picture = height * times;
}

/* The most canvas columns that the pixels of one tile are made of. */
static size_t
band_columns(const struct scale_axis *axis)
{
	const size_t covered = axis->canvas / axis->picture + 1;

	return axis_is_reduced(axis) ? MIN(MURAL_TILE + 2 * covered, axis->canvas)
				     : MURAL_TILE;
}

static int
allocate_lines(struct scale *scale)
{
	const struct mural_view *view = &scale->view;
	const size_t line = MAX(scale->screen.width, 1);
	const size_t longest = MAX(view->width, view->height);

	if (scale->transposed)
		scale->band = calloc(
			band_columns(&scale->x), (view->height + BAND_SHIFT) * PIXEL);
	if (scale->screen.rgb565)
		scale->packed = calloc(line, sizeof(*scale->packed));
	if (scale->averaged)
		scale->sums = aligned_alloc(
			sizeof(*scale->sums), longest * sizeof(*scale->sums));
	scale->row = calloc(view->width, PIXEL);
	scale->line = calloc(line, PIXEL);
	return scale->row && scale->line && !(scale->transposed && !scale->band) &&
			       !(scale->screen.rgb565 && !scale->packed) &&
			       !(scale->averaged && !scale->sums)
		       ? 0
		       : -ENOMEM;
}

/* The part of the canvas that is shown, as far as there is one. */
static void
cut_part(struct scale *scale)
{
	const struct mural_rect *part = &scale->screen.part;
	const struct mural_view *view = &scale->view;

	scale->x.offset = MIN(part->x, view->width);
	scale->y.offset = MIN(part->y, view->height);
	scale->x.canvas = view->width - scale->x.offset;
	scale->y.canvas = view->height - scale->y.offset;
	if (part->width == 0)
		return;
	scale->x.canvas = MIN(scale->x.canvas, part->width);
	scale->y.canvas = MIN(scale->y.canvas, part->height);
}

int
scale_init(struct scale *scale, uint32_t mode, const struct mural_view *view,
	const struct scale_screen *screen)
{
	const struct box *area = &screen->area;
	struct axis_place across = { area->left, area->right, 0, view->tiles_x };
	struct axis_place down = { area->top, area->bottom, 0, view->tiles_y };

	*scale = (struct scale){
		.view = *view,
		.screen = *screen,
		.transposed = is_transposed(screen),
		.x.reversed = is_x_reversed(screen),
		.y.reversed = is_y_reversed(screen),
	};
	cut_part(scale);
	scale_upright_size(screen, &across.side, &down.side);
	size_picture(scale, mode, area->right - area->left, area->bottom - area->top);
	scale->averaged = axis_is_reduced(&scale->x) || axis_is_reduced(&scale->y);
	if (axis_init(&scale->x, &across) < 0 || axis_init(&scale->y, &down) < 0)
		return -ENOMEM;
	return allocate_lines(scale);
}

void
scale_finish(struct scale *scale)
{
	axis_finish(&scale->x);
	axis_finish(&scale->y);
	free(scale->row);
	free(scale->band);
	free(scale->line);
	free(scale->packed);
	free(scale->sums);
	*scale = (struct scale){ 0 };
}

struct box
scale_tiles(const struct scale *scale, uint32_t first_x, uint32_t first_y,
	uint32_t last_x, uint32_t last_y)
{
	struct box box;

	if (scale->transposed) {
		axis_span(&scale->y, first_y, last_y, &box.left, &box.right);
		axis_span(&scale->x, first_x, last_x, &box.top, &box.bottom);
	} else {
		axis_span(&scale->x, first_x, last_x, &box.left, &box.right);
		axis_span(&scale->y, first_y, last_y, &box.top, &box.bottom);
	}
	if (box.left == box.right || box.top == box.bottom)
		return (struct box){ 0 };
	return box;
}

bool
scale_shows(const struct scale *scale, const uint64_t *tiles)
{
	const uint32_t tiles_x = scale->view.tiles_x;

	for (uint32_t tile = 0; mural_tiles_next(&scale->view, tiles, &tile); tile++) {
		const uint32_t x = tile % tiles_x, y = tile / tiles_x;
		const struct box box = scale_tiles(scale, x, y, x, y);

		if (box.left != box.right)
			return true;
	}
	return false;
}

/* ------------------------------------------------------------------ copying */

/* The axes of the screen's rows and columns. */
static const struct scale_axis *
axis_across(const struct scale *scale)
{
	return scale->transposed ? &scale->y : &scale->x;
}

static const struct scale_axis *
axis_down(const struct scale *scale)
{
	return scale->transposed ? &scale->x : &scale->y;
}

/* The canvas pixels that a box of the memory shows, all included: along its rows, and
 * along its columns. */
struct extent {
	uint32_t first, last, down_first, down_last;
};

static size_t
pixel_bytes(const struct scale *scale)
{
	return scale->screen.rgb565 ? sizeof(uint16_t) : PIXEL;
}

void
scale_clear(const struct scale *scale, uint8_t *pixels, size_t pitch)
{
	for (uint32_t y = 0; y < scale->screen.height; y++)
		memset(pixels + y * pitch, 0, scale->screen.width * pixel_bytes(scale));
}

/* Three eighths, of all channels at once. */
static const uint32_t *
dim_line(const struct scale *scale, const uint32_t *line, uint32_t len)
{
	if (!scale->dims)
		return line;
	for (uint32_t i = 0; i < len; i++)
		scale->line[i] = (line[i] >> 2 & 0x3f3f3f) + (line[i] >> 3 & 0x1f1f1f);
	return scale->line;
}

/* Converts a line to the screen's format. */
static const void *
pack_line(const struct scale *scale, const uint32_t *line, uint32_t len)
{
	if (!scale->screen.rgb565)
		return line;
	for (uint32_t i = 0; i < len; i++)
		scale->packed[i] = (uint16_t)(line[i] >> 8 & 0xf800) |
				   (line[i] >> 5 & 0x07e0) | (line[i] >> 3 & 0x001f);
	return scale->packed;
}

/* Transposes columns of the canvas, so that a row of the screen is read from a row. */
static void
fetch_band(const struct scale *scale, const struct mural_reader *reader,
	const struct extent *extent)
{
	const size_t stride = scale->view.height + BAND_SHIFT;
	uint32_t block[MURAL_TILE][MURAL_TILE], width, height;

	for (uint32_t left = extent->down_first; left <= extent->down_last;
		left += width) {
		width = MIN(MURAL_TILE, extent->down_last + 1 - left);
		for (uint32_t top = extent->first; top <= extent->last; top += height) {
			uint32_t *band =
				scale->band + (left - extent->down_first) * stride + top;

			height = MIN(MURAL_TILE, extent->last + 1 - top);
			mural_reader_copy(
				reader, left, top, width, height, block[0], MURAL_TILE);
			for (uint32_t x = 0; x < width; x++)
				for (uint32_t y = 0; y < height; y++)
					band[x * stride + y] = block[y][x];
		}
	}
}

/* The part of a canvas row that the extent has; when transposed, of a column, which is a
 * row of the band. */
static const uint32_t *
fetch_row(const struct scale *scale, const struct mural_reader *reader,
	const struct extent *extent, uint32_t row)
{
	if (scale->transposed)
		return scale->band +
		       (row - extent->down_first) *
			       (size_t)(scale->view.height + BAND_SHIFT) +
		       extent->first;
	mural_reader_copy(reader, extent->first, row, extent->last - extent->first + 1, 1,
		scale->row, 0);
	return scale->row;
}

/* A line of the box where each pixel shows one pixel of the row. */
static const uint32_t *
pick_line(const struct scale *scale, const struct mural_reader *reader,
	const struct box *box, const struct extent *extent, uint32_t row)
{
	const struct scale_axis *across = axis_across(scale);
	const uint16_t *lookup = across->first + box->left - across->start;
	const uint32_t *pixels = fetch_row(scale, reader, extent, row);

	if (across->picture == across->canvas && !across->reversed)
		return pixels;
	for (uint32_t i = 0; i < box->right - box->left; i++)
		scale->line[i] = pixels[lookup[i] - extent->first];
	return scale->line;
}

/* A line of the box where each pixel shows the mean of several: entry `i` of the axis
 * down. */
static const uint32_t *
average_rows(const struct scale *scale, const struct mural_reader *reader,
	const struct box *box, const struct extent *extent, uint32_t i)
{
	const struct scale_axis *down = axis_down(scale);
	const uint32_t len = extent->last - extent->first + 1;

	memset(scale->sums, 0, len * sizeof(*scale->sums));
	for (uint32_t row = down->first[i]; row <= down->last[i]; row++)
		average_add(scale->sums, fetch_row(scale, reader, extent, row), len,
			axis_weight(down, i, row));
	average_line(axis_across(scale), scale->sums, extent->first, box->left,
		box->right, scale->line);
	return scale->line;
}

static void
draw_box(const struct scale *scale, const struct mural_reader *reader,
	const struct box *box, uint8_t *pixels, size_t pitch)
{
	const struct scale_axis *down = axis_down(scale);
	const size_t offset = box->left * pixel_bytes(scale);
	const uint32_t len = box->right - box->left;
	const void *line = NULL;
	struct extent extent;

	axis_cover(
		axis_across(scale), box->left, box->right, &extent.first, &extent.last);
	axis_cover(down, box->top, box->bottom, &extent.down_first, &extent.down_last);
	if (scale->transposed)
		fetch_band(scale, reader, &extent);
	for (uint32_t y = box->top; y < box->bottom; y++) {
		const uint32_t i = y - down->start;

		if (scale->averaged)
			line = pack_line(scale,
				dim_line(scale,
					average_rows(scale, reader, box, &extent, i),
					len),
				len);
		else if (y == box->top || down->first[i] != down->first[i - 1])
			line = pack_line(scale,
				dim_line(scale,
					pick_line(scale, reader, box, &extent,
						down->first[i]),
					len),
				len);
		memcpy(pixels + y * pitch + offset, line, len * pixel_bytes(scale));
	}
}

/* Tile `along` in the row of tiles `rank`; when transposed, in the column. */
static bool
has_tile(const struct scale *scale, const uint64_t *tiles, uint32_t rank, uint32_t along)
{
	const uint32_t tile = scale->transposed ? along * scale->view.tiles_x + rank
						: rank * scale->view.tiles_x + along;

	return mural_tiles_has(tiles, tile);
}

/* Draws runs of adjacent tiles at once, so that rows are written in one go. */
struct box
scale_draw(const struct scale *scale, const struct mural_reader *reader,
	const uint64_t *tiles, uint8_t *pixels, size_t pitch)
{
	const struct mural_view *view = &scale->view;
	const uint32_t ranks = scale->transposed ? view->tiles_x : view->tiles_y;
	const uint32_t length = scale->transposed ? view->tiles_y : view->tiles_x;
	struct box around = { 0 };

	for (uint32_t rank = 0; rank < ranks; rank++) {
		for (uint32_t along = 0; along < length; along++) {
			const uint32_t first = along;
			struct box box;

			while (along < length && has_tile(scale, tiles, rank, along))
				along++;
			if (along == first)
				continue;
			box = scale->transposed
				      ? scale_tiles(scale, rank, first, rank, along - 1)
				      : scale_tiles(scale, first, rank, along - 1, rank);
			if (box.left == box.right)
				continue;
			draw_box(scale, reader, &box, pixels, pitch);
			around = box_around(around, box);
		}
	}
	return around;
}

/* ------------------------------------------------------------------ pasting */

/* Maps the interval [from, to) of `side` pixels to memory. */
static void
reverse_span(bool reversed, uint32_t side, uint32_t *from, uint32_t *to)
{
	const uint32_t begin = *from, end = *to;

	if (reversed) {
		*from = side - end;
		*to = side - begin;
	}
}

struct box
scale_memory(const struct scale *scale, const struct box *seen)
{
	struct box box = *seen;
	uint32_t width, height;

	scale_upright_size(&scale->screen, &width, &height);
	reverse_span(scale->x.reversed, width, &box.left, &box.right);
	reverse_span(scale->y.reversed, height, &box.top, &box.bottom);
	return scale->transposed
		       ? (struct box){ box.top, box.left, box.bottom, box.right }
		       : box;
}

struct box
scale_paste(const struct scale *scale, const uint32_t *picture, const struct box *seen,
	uint8_t *pixels, size_t pitch)
{
	const uint32_t columns = seen->right - seen->left;
	const uint32_t rows = seen->bottom - seen->top;
	const struct box box = scale_memory(scale, seen);

	/* steps in the picture for one pixel right and down in the memory */
	const ptrdiff_t x_step = scale->x.reversed ? -1 : 1;
	const ptrdiff_t y_step = (scale->y.reversed ? -1 : 1) * (ptrdiff_t)columns;
	const ptrdiff_t across = scale->transposed ? y_step : x_step;
	const ptrdiff_t down = scale->transposed ? x_step : y_step;
	const uint32_t *from = picture + (scale->x.reversed ? columns - 1 : 0) +
			       (scale->y.reversed ? (size_t)(rows - 1) * columns : 0);

	for (uint32_t y = box.top; y < box.bottom; y++) {
		const uint32_t *line = from + (ptrdiff_t)(y - box.top) * down;
		const uint32_t len = box.right - box.left;

		for (uint32_t i = 0; i < len; i++)
			scale->line[i] = line[(ptrdiff_t)i * across];
		memcpy(pixels + y * pitch + box.left * pixel_bytes(scale),
			pack_line(scale, scale->line, len), len * pixel_bytes(scale));
	}
	return box;
}
