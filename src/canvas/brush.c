/* SPDX-License-Identifier: MIT */
/* Paints for brushes: what <mural/brush.h> does not do inline. */
#include <string.h>

#include "base/util.h"
#include "canvas/canvas-private.h"
#include "lib/of-four.h"

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

/* With owners, whoever painted what was expected. */
static bool
swap_word(struct mural_brush *brush, uint32_t *pixel, uint32_t expected, uint32_t argb)
{
	const struct painter *painter = brush->canvas;
	uint64_t seen;

	seen = __atomic_load_n((pixel_word *)pixel, __ATOMIC_RELAXED);
	while (word_colour(seen) == expected)
		if (__atomic_compare_exchange_n((pixel_word *)pixel, &seen,
			    painter->owner | colour_word(argb), false, __ATOMIC_RELAXED,
			    __ATOMIC_RELAXED))
			return true;
	return false;
}

static bool
swap_pixel(struct mural_brush *brush, uint32_t *pixel, uint32_t expected, uint32_t argb)
{
	if (brush->step != 1)
		return swap_word(brush, pixel, expected, argb);
	return __atomic_compare_exchange_n(
		pixel, &expected, argb, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

bool
mural_swap(struct mural_brush *brush, uint32_t x, uint32_t y, uint32_t expected,
	uint32_t argb)
{
	const uint32_t tile = mural_tile_at(brush, x, y);
	const bool is_near = x < brush->near_width && y < brush->near_height;

	if (!is_near && !is_inside(brush, x, y)) {
		brush->discarded[MURAL_OUT_OF_BOUNDS]++;
		return false;
	}
	if (!is_near && !store_allows(brush, y * brush->stride + x * brush->step, tile))
		return false;
	if (!swap_pixel(brush, brush_pixel(brush, x, y), expected, argb))
		return false;
	mural_mark(brush, tile);
	brush->painted++;
	return true;
}

/* Without a call and a mark for each; returns the bits of those that are swapped. */
static uint32_t
swap_near(struct mural_brush *brush, uint32_t x, uint32_t y, uint32_t which,
	const uint32_t *expected, const uint32_t *argb)
{
	uint32_t *row = brush_pixel(brush, x, y), swapped = 0;

	for (; which != 0; which &= which - 1) {
		const uint32_t i = (uint32_t)__builtin_ctz(which);

		swapped |= (uint32_t)swap_pixel(brush, row + i, expected[i], argb[i])
			   << i;
	}
	if (swapped == 0)
		return 0;
	/* the row lies in two tiles at most */
	mural_mark(brush, mural_tile_at(brush, x + (uint32_t)__builtin_ctz(swapped), y));
	mural_mark(brush,
		mural_tile_at(brush, x + 31 - (uint32_t)__builtin_clz(swapped), y));
	brush->painted += (uint32_t)__builtin_popcount(swapped);
	return swapped;
}

uint32_t
mural_swap_row(struct mural_brush *brush, uint32_t x, uint32_t y, uint32_t which,
	const uint32_t *expected, const uint32_t *argb)
{
	uint32_t swapped = 0;

	if (x < brush->near_width && brush->near_width - x >= 32 &&
		y < brush->near_height)
		return swap_near(brush, x, y, which, expected, argb);
	for (; which != 0; which &= which - 1) {
		const uint32_t i = (uint32_t)__builtin_ctz(which);

		swapped |= (uint32_t)mural_swap(brush, x + i, y, expected[i], argb[i])
			   << i;
	}
	return swapped;
}

/* ------------------------------------------------------- rows and rectangles */

/* Four pixels at a time.  C has no atomic vectors, but on all supported machines aligned
 * 32-bit lanes of a vector are read and written whole.  Relaxed 32-bit loads took two to
 * three times as long; ThreadSanitizer, which does not know of lanes, is switched off. */
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

static uint32_t
show_word(uint64_t word, const uint64_t *ids)
{
	const uint16_t id = word_id(word);
	const uint32_t argb = word_colour(word);

	if (!ids || __atomic_load_n(&ids[id / 64], __ATOMIC_RELAXED) >> id % 64 & 1)
		return argb;
	return 0xff000000 | (argb >> 2 & 0x3f3f3f);
}

__attribute__((no_sanitize("thread"))) void
canvas_copy_words(uint32_t *to, const uint32_t *from, uint32_t n, const uint64_t *ids)
{
	uint32_t i = 0;

	for (; !ids && i + 4 <= n; i += 4) {
		const four_pixels a = *(const four_pixels *)&from[2 * i];
		const four_pixels b = *(const four_pixels *)&from[2 * i + 4];

		*(four_pixels *)&to[i] = (four_pixels){ a[0], a[2], b[0], b[2] };
	}
	for (; i < n; i++)
		to[i] = show_word(__atomic_load_n((const pixel_word *)&from[2 * i],
					  __ATOMIC_RELAXED),
			ids);
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

bool
canvas_are_opaque(const uint32_t *argb, uint32_t n)
{
	four_pixels all = { ~0u, ~0u, ~0u, ~0u };
	uint32_t i = 0, rest = ~0u;

	for (; i + 16 <= n; i += 16) {
		const four_pixels *const four = (const four_pixels *)&argb[i];

		all &= (four[0] & four[1]) & (four[2] & four[3]);
	}
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
	if (brush->near_width > 0 && canvas_are_opaque(argb, inside)) {
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
