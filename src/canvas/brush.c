/* SPDX-License-Identifier: MIT */
/* Paints for brushes: what <mural/brush.h> does not do inline, and batches. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "canvas/canvas-private.h"

static bool
is_inside(const struct mural_brush *brush, uint32_t x, uint32_t y)
{
	return x < brush->width && y < brush->height;
}

static uint32_t *
brush_pixel(const struct mural_brush *brush, uint32_t x, uint32_t y)
{
	return &brush->pixels[(size_t)y * brush->stride + (size_t)x * brush->step];
}

/* ------------------------------------------------------------------ batches */

static void
store_batch(struct mural_brush *brush, const struct mural_batch *batch, uint32_t n)
{
	uint32_t *const pixels = brush->pixels;
	uint8_t *const damage = brush->damage, *const groups = brush->damaged_groups;

	for (uint32_t i = 0; i < n; i++) {
		const uint32_t tile = batch->tiles[i];

		__atomic_store_n(
			&pixels[batch->places[i]], batch->colours[i], __ATOMIC_RELAXED);
		damage[tile] = 1;
		groups[tile / 64] = 1;
	}
	brush->painted += n;
}

static void
refuse_batch(struct mural_brush *brush, const struct mural_batch *batch, uint32_t n)
{
	(void)batch;
	brush->discarded[MURAL_UNAUTHORIZED] += n;
}

static uint32_t
batch_add(const struct mural_brush *brush, struct mural_batch *batch, uint32_t n,
	uint32_t x, uint32_t y, uint32_t argb)
{
	const uint32_t place = y * brush->stride + x * brush->step;

	mural_fetch(&brush->pixels[place]);
	batch->places[n] = place;
	batch->colours[n] = argb;
	batch->tiles[n] = (uint16_t)mural_tile_at(brush, x, y);
	return n + 1;
}

uint32_t
mural_batch_paint(struct mural_brush *brush, struct mural_batch *batch, uint32_t n,
	uint32_t x, uint32_t y, uint32_t argb)
{
	if (argb >> 24 != 0xff || !is_inside(brush, x, y)) {
		mural_batch_flush(brush, batch, n);
		mural_paint(brush, x, y, argb);
		return 0;
	}
	n = batch_add(brush, batch, n, x, y, argb);
	if (n < MURAL_BATCH_FULL)
		return n;
	mural_batch_flush(brush, batch, n);
	return 0;
}

/* ---------------------------------------------------------------- one pixel */

bool
mural_read(const struct mural_brush *brush, uint32_t x, uint32_t y, uint32_t *argb)
{
	if (!is_inside(brush, x, y))
		return false;
	*argb = __atomic_load_n(brush_pixel(brush, x, y), __ATOMIC_RELAXED);
	return true;
}

void
mural_paint(struct mural_brush *brush, uint32_t x, uint32_t y, uint32_t argb)
{
	struct mural_batch one;
	uint32_t below;

	if (!mural_read(brush, x, y, &below)) {
		brush->discarded[MURAL_OUT_OF_BOUNDS]++;
		return;
	}
	if (argb >> 24 == 0)
		return;
	if (argb >> 24 != 0xff)
		argb = mural_blend(below, argb);
	mural_batch_flush(brush, &one, batch_add(brush, &one, 0, x, y, argb));
}

bool
mural_swap(struct mural_brush *brush, uint32_t x, uint32_t y, uint32_t expected,
	uint32_t argb)
{
	if (!is_inside(brush, x, y)) {
		brush->discarded[MURAL_OUT_OF_BOUNDS]++;
		return false;
	}
	if (brush->store == refuse_batch) {
		refuse_batch(brush, NULL, 1);
		return false;
	}
	if (!__atomic_compare_exchange_n(brush_pixel(brush, x, y), &expected, argb, false,
		    __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		return false;
	mural_mark(brush, mural_tile_at(brush, x, y));
	brush->painted++;
	return true;
}

/* ------------------------------------------------------- rows and rectangles */

/* Four pixels at a time.  C has no atomic vectors, but on all supported machines aligned
 * 32-bit lanes of a vector are read and written whole.  Relaxed 32-bit loads took two to
 * three times as long; ThreadSanitizer, which does not know of lanes, is switched off. */
typedef uint32_t four_pixels __attribute__((vector_size(16), aligned(4), may_alias));

__attribute__((no_sanitize("thread"))) void
canvas_copy_pixels(uint32_t *to, const uint32_t *from, uint32_t n)
{
	uint32_t i = 0;

	for (; i + 4 <= n; i += 4)
		*(four_pixels *)&to[i] = *(const four_pixels *)&from[i];
	for (; i < n; i++)
		__atomic_store_n(&to[i], __atomic_load_n(&from[i], __ATOMIC_RELAXED),
			__ATOMIC_RELAXED);
}

__attribute__((no_sanitize("thread"))) static void
fill_pixels(uint32_t *to, uint32_t argb, uint32_t n)
{
	uint32_t i = 0;

	for (; i + 4 <= n; i += 4)
		*(four_pixels *)&to[i] = (four_pixels){ argb, argb, argb, argb };
	for (; i < n; i++)
		__atomic_store_n(&to[i], argb, __ATOMIC_RELAXED);
}

/* The plugin's own memory, which nobody else writes. */
static bool
are_opaque(const uint32_t *argb, uint32_t n)
{
	four_pixels all = { ~0u, ~0u, ~0u, ~0u };
	uint32_t i = 0, rest = ~0u;

	for (; i + 4 <= n; i += 4)
		all &= *(const four_pixels *)&argb[i];
	for (; i < n; i++)
		rest &= argb[i];
	return (all[0] & all[1] & all[2] & all[3] & rest) >> 24 == 0xff;
}

/* Counts and marks `n` pixels from x to the right, one or more, that have been stored. */
static void
row_painted(struct mural_brush *brush, uint32_t x, uint32_t y, uint32_t n)
{
	const uint32_t first = mural_tile_at(brush, x, y),
		       last = mural_tile_at(brush, x + n - 1, y);

	memset(&brush->damage[first], 1, last - first + 1);
	memset(&brush->damaged_groups[first / 64], 1, last / 64 - first / 64 + 1);
	brush->painted += n;
}

void
mural_paint_row(struct mural_brush *brush, uint32_t x, uint32_t y, uint32_t count,
	const uint32_t *argb)
{
	uint32_t inside = is_inside(brush, x, y) ? MIN(count, brush->width - x) : 0;

	brush->discarded[MURAL_OUT_OF_BOUNDS] += count - inside;
	if (inside == 0)
		return;
	if (brush->near_width > 0 && are_opaque(argb, inside)) {
		canvas_copy_pixels(brush_pixel(brush, x, y), argb, inside);
		row_painted(brush, x, y, inside);
		return;
	}
	for (uint32_t i = 0; i < inside; i++)
		mural_put(brush, x + i, y, argb[i]);
}

/* A row of one colour; all of it lies inside. */
static void
fill_row(struct mural_brush *brush, uint32_t x, uint32_t y, uint32_t n, uint32_t argb)
{
	fill_pixels(brush_pixel(brush, x, y), argb, n);
	row_painted(brush, x, y, n);
}

void
mural_paint_rect(struct mural_brush *brush, uint32_t x, uint32_t y, uint32_t width,
	uint32_t height, uint32_t argb)
{
	if (!is_inside(brush, x, y) || width == 0)
		return;
	width = MIN(width, brush->width - x);
	height = MIN(height, brush->height - y);
	for (uint32_t row = y; row < y + height; row++) {
		if (brush->near_width > 0 && argb >> 24 == 0xff) {
			fill_row(brush, x, row, width, argb);
			continue;
		}
		for (uint32_t column = x; column < x + width; column++)
			mural_paint(brush, column, row, argb);
	}
}

uint32_t
mural_read_row(const struct mural_brush *brush, uint32_t x, uint32_t y, uint32_t count,
	uint32_t *argb)
{
	uint32_t inside = is_inside(brush, x, y) ? MIN(count, brush->width - x) : 0;

	if (brush->near_width > 0) {
		canvas_copy_pixels(argb, brush_pixel(brush, x, y), inside);
		return inside;
	}
	for (uint32_t i = 0; i < inside; i++)
		mural_read(brush, x + i, y, &argb[i]);
	return inside;
}

/* ------------------------------------------------------------------ the brush */

int
canvas_brush_init(struct canvas *canvas, struct mural_brush *brush, uint32_t left,
	uint32_t top, uint32_t width, uint32_t height)
{
	const struct mural_view *view = &canvas->view;
	size_t groups = view->words;

	if (left >= view->width || top >= view->height || width == 0 || height == 0)
		return -ERANGE;
	*brush = (struct mural_brush){
		.width = MIN(width, view->width - left),
		.height = MIN(height, view->height - top),
		.pixels = canvas->pixels + (size_t)top * canvas->stride + left,
		.stride = canvas->stride,
		.step = 1,
		.left = left,
		.top = top,
		.tiles_x = view->tiles_x,
		.store = store_batch,
		.canvas = canvas,
	};
	brush->near_width = brush->width;
	brush->near_height = brush->height;
	brush->damage = canvas_alloc_lines(groups * 64);
	brush->damaged_groups = canvas_alloc_lines(groups);
	if (brush->damage && brush->damaged_groups)
		return 0;
	canvas_brush_finish(brush);
	return -ENOMEM;
}

void
canvas_brush_refuse(struct mural_brush *brush, bool refuse)
{
	brush->near_width = refuse ? 0 : brush->width;
	brush->near_height = refuse ? 0 : brush->height;
	brush->store = refuse ? refuse_batch : store_batch;
}

void
canvas_brush_finish(struct mural_brush *brush)
{
	free(brush->damage);
	free(brush->damaged_groups);
	*brush = (struct mural_brush){ 0 };
}
