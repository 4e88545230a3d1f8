/* SPDX-License-Identifier: MIT */
/* Maps the canvas to a screen and copies what changed. */
#include "scale.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "util.h"

#define PIXEL sizeof(uint32_t)

static uint32_t
proportion(uint32_t side, uint32_t numerator, uint32_t denominator, bool up)
{
	uint64_t product = (uint64_t)side * numerator;

	return MAX((product + (up ? denominator - 1 : 0)) / denominator, 1);
}

/* The size that the whole canvas would have on the screen. */
static void
size_picture(struct scale *scale, uint32_t mode)
{
	uint32_t width = scale->view.width, height = scale->view.height, times = 1;
	bool narrow = (uint64_t)scale->width * height <= (uint64_t)scale->height * width;

	switch (mode) {
	case SCALE_FIT:
	case SCALE_FILL:
		if (narrow == (mode == SCALE_FIT)) {
			scale->x.picture = scale->width;
			scale->y.picture = proportion(
				scale->width, height, width, mode == SCALE_FILL);
		} else {
			scale->x.picture = proportion(
				scale->height, width, height, mode == SCALE_FILL);
			scale->y.picture = scale->height;
		}
		return;
	case SCALE_INTEGER:
		times = MAX(MIN(scale->width / width, scale->height / height), 1);
		break;
	}
	scale->x.picture = width * times;
	scale->y.picture = height * times;
}

static int
axis_init(struct scale_axis *axis, uint32_t canvas, uint32_t screen, uint32_t tiles)
{
	uint64_t picture = axis->picture;
	uint32_t i = 0, cut = picture > screen ? (picture - screen) / 2 : 0;

	axis->length = MIN(picture, screen);
	axis->start = (screen - axis->length) / 2;
	axis->sources = calloc(axis->length, sizeof(*axis->sources));
	axis->edges = calloc(tiles + 1, sizeof(*axis->edges));
	if (!axis->sources || !axis->edges)
		return -ENOMEM;
	for (i = 0; i < axis->length; i++)
		axis->sources[i] = (2 * (uint64_t)(i + cut) + 1) * canvas / (2 * picture);
	i = 0;
	for (uint32_t tile = 0; tile <= tiles; tile++) {
		while (i < axis->length && axis->sources[i] < tile * MURAL_TILE)
			i++;
		axis->edges[tile] = i;
	}
	return 0;
}

int
scale_init(struct scale *scale, uint32_t mode, const struct mural_view *view,
	uint32_t width, uint32_t height)
{
	*scale = (struct scale){ .view = *view, .width = width, .height = height };
	size_picture(scale, mode);
	if (axis_init(&scale->x, view->width, width, view->tiles_x) < 0 ||
		axis_init(&scale->y, view->height, height, view->tiles_y) < 0)
		return -ENOMEM;
	scale->source = calloc(view->width, PIXEL);
	scale->line = calloc(width, PIXEL);
	return scale->source && scale->line ? 0 : -ENOMEM;
}

void
scale_finish(struct scale *scale)
{
	free(scale->x.sources);
	free(scale->x.edges);
	free(scale->y.sources);
	free(scale->y.edges);
	free(scale->source);
	free(scale->line);
	*scale = (struct scale){ 0 };
}

struct scale_box
scale_tiles(const struct scale *scale, uint32_t first_x, uint32_t last_x, uint32_t tile_y)
{
	struct scale_box box = {
		.left = scale->x.start + scale->x.edges[first_x],
		.top = scale->y.start + scale->y.edges[tile_y],
		.right = scale->x.start + scale->x.edges[last_x + 1],
		.bottom = scale->y.start + scale->y.edges[tile_y + 1],
	};

	if (box.left == box.right || box.top == box.bottom)
		return (struct scale_box){ 0 };
	return box;
}

void
scale_clear(const struct scale *scale, uint8_t *pixels, size_t pitch)
{
	for (uint32_t y = 0; y < scale->height; y++)
		memset(pixels + y * pitch, 0, scale->width * PIXEL);
}

/* The part of a row of the canvas that the box shows, as wide as the box. */
static const uint32_t *
fetch_line(const struct scale *scale, const struct mural_reader *reader,
	const struct scale_box *box, uint32_t row)
{
	const uint16_t *sources = scale->x.sources + box->left - scale->x.start;
	uint32_t len = box->right - box->left;
	uint32_t first = sources[0], last = sources[len - 1];

	mural_reader_copy(reader, first, row, last - first + 1, 1, scale->source, 0);
	if (scale->x.picture == scale->view.width)
		return scale->source;
	for (uint32_t i = 0; i < len; i++)
		scale->line[i] = scale->source[sources[i] - first];
	return scale->line;
}

static void
draw_box(const struct scale *scale, const struct mural_reader *reader,
	const struct scale_box *box, uint8_t *pixels, size_t pitch)
{
	const uint16_t *sources = scale->y.sources - scale->y.start;
	size_t bytes = (box->right - box->left) * PIXEL;
	const uint32_t *line = NULL;

	for (uint32_t y = box->top; y < box->bottom; y++) {
		if (y == box->top || sources[y] != sources[y - 1])
			line = fetch_line(scale, reader, box, sources[y]);
		memcpy(pixels + y * pitch + box->left * PIXEL, line, bytes);
	}
}

static struct scale_box
box_around(struct scale_box a, struct scale_box b)
{
	if (a.left == a.right)
		return b;
	return (struct scale_box){ MIN(a.left, b.left), MIN(a.top, b.top),
		MAX(a.right, b.right), MAX(a.bottom, b.bottom) };
}

struct scale_box
scale_draw(const struct scale *scale, const struct mural_reader *reader,
	const uint64_t *tiles, uint8_t *pixels, size_t pitch)
{
	const uint32_t tiles_x = scale->view.tiles_x;
	struct scale_box around = { 0 };

	for (uint32_t y = 0; y < scale->view.tiles_y; y++) {
		for (uint32_t x = 0; x < tiles_x; x++) {
			const uint32_t first = x;

			while (x < tiles_x &&
				tiles[(y * tiles_x + x) / 64] >> (y * tiles_x + x) % 64 &
					1)
				x++;
			if (x == first)
				continue;

			struct scale_box box = scale_tiles(scale, first, x - 1, y);
			if (box.left == box.right)
				continue;
			draw_box(scale, reader, &box, pixels, pitch);
			around = box_around(around, box);
		}
	}
	return around;
}
