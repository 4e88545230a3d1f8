/* SPDX-License-Identifier: MIT */
/* Builds the lookup tables, and copies tiles and pictures through them. */
#include "display/scale.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "config/config.h"

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
	uint32_t width = scale->view.width, height = scale->view.height, times = 1;
	bool narrow = (uint64_t)area_width * height <= (uint64_t)area_height * width;

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

static void
reverse_values(uint16_t *values, uint32_t len)
{
	for (uint32_t i = 0; i < len / 2; i++) {
		uint16_t other = values[i];

		values[i] = values[len - 1 - i];
		values[len - 1 - i] = other;
	}
}

/* The picture's area is `from` to `to`, of `side` pixels as people see them. */
static int
axis_init(struct scale_axis *axis, uint32_t canvas, uint32_t from, uint32_t to,
	uint32_t side, uint32_t tiles)
{
	uint64_t picture = axis->picture;
	uint32_t i = 0, area = to - from;
	uint32_t cut = picture > area ? (picture - area) / 2 : 0;

	axis->length = MIN(picture, area);
	axis->start = from + (area - axis->length) / 2;
	axis->lookup = calloc(axis->length, sizeof(*axis->lookup));
	axis->edges = calloc(tiles + 1, sizeof(*axis->edges));
	if (!axis->lookup || !axis->edges)
		return -ENOMEM;
	for (i = 0; i < axis->length; i++)
		axis->lookup[i] = (2 * (uint64_t)(i + cut) + 1) * canvas / (2 * picture);
	i = 0;
	for (uint32_t tile = 0; tile <= tiles; tile++) {
		while (i < axis->length && axis->lookup[i] < tile * MURAL_TILE)
			i++;
		axis->edges[tile] = i;
	}
	if (axis->reversed) {
		axis->start = side - axis->start - axis->length;
		reverse_values(axis->lookup, axis->length);
	}
	return 0;
}

static int
allocate_lines(struct scale *scale)
{
	const struct mural_view *view = &scale->view;
	size_t line = MAX(scale->screen.width, 1);

	if (scale->transposed)
		scale->band = calloc(MURAL_TILE, (view->height + BAND_SHIFT) * PIXEL);
	if (scale->screen.rgb565)
		scale->packed = calloc(line, sizeof(*scale->packed));
	scale->row = calloc(view->width, PIXEL);
	scale->line = calloc(line, PIXEL);
	return scale->row && scale->line && !(scale->transposed && !scale->band) &&
			       !(scale->screen.rgb565 && !scale->packed)
		       ? 0
		       : -ENOMEM;
}

int
scale_init(struct scale *scale, uint32_t mode, const struct mural_view *view,
	const struct scale_screen *screen)
{
	const struct box *area = &screen->area;
	uint32_t width, height;

	*scale = (struct scale){
		.view = *view,
		.screen = *screen,
		.transposed = is_transposed(screen),
		.x.reversed = is_x_reversed(screen),
		.y.reversed = is_y_reversed(screen),
	};
	scale_upright_size(screen, &width, &height);
	size_picture(scale, mode, area->right - area->left, area->bottom - area->top);
	if (axis_init(&scale->x, view->width, area->left, area->right, width,
		    view->tiles_x) < 0 ||
		axis_init(&scale->y, view->height, area->top, area->bottom, height,
			view->tiles_y) < 0)
		return -ENOMEM;
	return allocate_lines(scale);
}

void
scale_finish(struct scale *scale)
{
	free(scale->x.lookup);
	free(scale->x.edges);
	free(scale->y.lookup);
	free(scale->y.edges);
	free(scale->row);
	free(scale->band);
	free(scale->line);
	free(scale->packed);
	*scale = (struct scale){ 0 };
}

/* Where the tiles `first` to `last` begin and end in the memory. */
static void
axis_span(const struct scale_axis *axis, uint32_t first, uint32_t last, uint32_t *from,
	uint32_t *to)
{
	const uint32_t begin = axis->edges[first], end = axis->edges[last + 1];

	*from = axis->start + (axis->reversed ? axis->length - end : begin);
	*to = axis->start + (axis->reversed ? axis->length - begin : end);
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

/* ------------------------------------------------------------------ copying */

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

/* Transposes a column of tiles, so that a row of the screen is read from a row. */
static void
fetch_band(const struct scale *scale, const struct mural_reader *reader, uint32_t tile_x,
	uint32_t first_y, uint32_t last_y)
{
	const size_t stride = scale->view.height + BAND_SHIFT;

	for (uint32_t tile_y = first_y; tile_y <= last_y; tile_y++) {
		const struct mural_rect at = mural_tile_rect(
			&scale->view, tile_y * scale->view.tiles_x + tile_x);
		uint32_t tile[MURAL_TILE][MURAL_TILE];

		mural_reader_copy(
			reader, at.x, at.y, at.width, at.height, tile[0], MURAL_TILE);
		for (uint32_t x = 0; x < at.width; x++) {
			uint32_t *row = scale->band + x * stride + at.y;

			for (uint32_t y = 0; y < at.height; y++)
				row[y] = tile[y][x];
		}
	}
}

/* The part of a canvas row that the box shows, scaled; when transposed, of a column,
 * which is a row of the band. */
static const void *
fetch_line(const struct scale *scale, const struct mural_reader *reader,
	const struct box *box, uint32_t row)
{
	const struct scale_axis *across = scale->transposed ? &scale->y : &scale->x;
	const uint32_t side = scale->transposed ? scale->view.height : scale->view.width;
	const uint16_t *lookup = across->lookup + box->left - across->start;
	const uint32_t len = box->right - box->left;
	const uint32_t first = MIN(lookup[0], lookup[len - 1]);
	const uint32_t last = MAX(lookup[0], lookup[len - 1]);
	const uint32_t *pixels = scale->row;

	if (scale->transposed)
		pixels = scale->band +
			 row % MURAL_TILE * (size_t)(scale->view.height + BAND_SHIFT) +
			 first;
	else
		mural_reader_copy(reader, first, row, last - first + 1, 1, scale->row, 0);
	if (across->picture == side && !across->reversed)
		return pack_line(scale, pixels, len);
	for (uint32_t i = 0; i < len; i++)
		scale->line[i] = pixels[lookup[i] - first];
	return pack_line(scale, scale->line, len);
}

static void
draw_box(const struct scale *scale, const struct mural_reader *reader,
	const struct box *box, uint8_t *pixels, size_t pitch)
{
	const struct scale_axis *down = scale->transposed ? &scale->x : &scale->y;
	const uint16_t *lookup = down->lookup - down->start;
	const size_t offset = box->left * pixel_bytes(scale);
	const size_t bytes = (box->right - box->left) * pixel_bytes(scale);
	const void *line = NULL;

	for (uint32_t y = box->top; y < box->bottom; y++) {
		if (y == box->top || lookup[y] != lookup[y - 1])
			line = fetch_line(scale, reader, box, lookup[y]);
		memcpy(pixels + y * pitch + offset, line, bytes);
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
			if (scale->transposed)
				fetch_band(scale, reader, rank, first, along - 1);
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
scale_paste(const struct scale *scale, const uint32_t *picture, const struct box *seen,
	uint8_t *pixels, size_t pitch)
{
	const uint32_t columns = seen->right - seen->left;
	const uint32_t rows = seen->bottom - seen->top;
	struct box box = *seen;
	uint32_t width, height;

	scale_upright_size(&scale->screen, &width, &height);
	reverse_span(scale->x.reversed, width, &box.left, &box.right);
	reverse_span(scale->y.reversed, height, &box.top, &box.bottom);

	/* steps in the picture for one pixel right and down in the memory */
	const ptrdiff_t x_step = scale->x.reversed ? -1 : 1;
	const ptrdiff_t y_step = (scale->y.reversed ? -1 : 1) * (ptrdiff_t)columns;
	const ptrdiff_t across = scale->transposed ? y_step : x_step;
	const ptrdiff_t down = scale->transposed ? x_step : y_step;
	const uint32_t *from = picture + (scale->x.reversed ? columns - 1 : 0) +
			       (scale->y.reversed ? (size_t)(rows - 1) * columns : 0);

	if (scale->transposed)
		box = (struct box){ box.top, box.left, box.bottom, box.right };
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
