/* SPDX-License-Identifier: MIT */
/* The brush beyond one pixel: rows, rectangles, swaps, damage of large canvases, and a
 * brush of which murald looks at each pixel. */
#include "canvas/canvas.h"

#include <string.h>

#include "base/util.h"
#include "canvas/painters.h"
#include "support/unit.h"

#define WIDTH 150
#define HEIGHT 90
#define LEFT 13
#define TOP 7
#define REGION_WIDTH 120
#define REGION_HEIGHT 70

/* Two canvases that should come out the same: one painted in the way that is tested, one
 * pixel by pixel. */
struct fixture {
	struct canvas canvases[2];
	struct mural_brush brushes[2];
};

static uint32_t
random_below(uint32_t n)
{
	return (uint32_t)random() % n;
}

/* Opaque three times out of four. */
static uint32_t
random_colour(void)
{
	uint32_t alpha = random_below(4) ? 0xff : random_below(256);

	return alpha << 24 | random_below(1 << 24);
}

static int
set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	for (int i = 0; i < 2; i++) {
		assert_int_equal(
			canvas_init(&f->canvases[i], WIDTH, HEIGHT, 0xff102030), 0);
		assert_int_equal(canvas_brush_init(&f->canvases[i], &f->brushes[i], LEFT,
					 TOP, REGION_WIDTH, REGION_HEIGHT),
			0);
	}
	srandom(1);
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 2; i++) {
		canvas_brush_finish(&f->brushes[i]);
		canvas_finish(&f->canvases[i]);
	}
	free(f);
	return 0;
}

static void
assert_same(const struct fixture *f)
{
	const struct canvas *a = &f->canvases[0], *b = &f->canvases[1];

	assert_memory_equal(
		a->pixels, b->pixels, (size_t)a->stride * HEIGHT * sizeof(uint32_t));
	assert_memory_equal(
		f->brushes[0].damage, f->brushes[1].damage, a->view.words * 64);
	assert_int_equal(f->brushes[0].painted, f->brushes[1].painted);
}

TEST_WITH(rows_are_their_pixels, set_up, tear_down)
{
	struct fixture *f = *state;
	uint32_t row[REGION_WIDTH + 10];

	for (int round = 0; round < 500; round++) {
		uint32_t x = random_below(REGION_WIDTH + 5);
		uint32_t y = random_below(REGION_HEIGHT + 5);
		uint32_t n = random_below(ARRAY_LEN(row) + 1);
		bool opaque = random_below(2);

		for (uint32_t i = 0; i < n; i++)
			row[i] = random_colour() | (opaque ? 0xff000000 : 0);
		mural_row(&f->brushes[0], x, y, n, row);
		for (uint32_t i = 0; i < n; i++)
			mural_put(&f->brushes[1], x + i, y, row[i]);
	}
	assert_same(f);
	assert_int_equal(f->brushes[0].discarded[MURAL_OUT_OF_BOUNDS],
		f->brushes[1].discarded[MURAL_OUT_OF_BOUNDS]);
	assert_true(f->brushes[0].discarded[MURAL_OUT_OF_BOUNDS] > 100);
}

TEST_WITH(rectangles_are_their_pixels, set_up, tear_down)
{
	struct fixture *f = *state;

	for (int round = 0; round < 300; round++) {
		uint32_t x = random_below(REGION_WIDTH + 5);
		uint32_t y = random_below(REGION_HEIGHT + 5);
		uint32_t width = random_below(50), height = random_below(50);
		uint32_t argb = random_colour();

		mural_fill(&f->brushes[0], x, y, width, height, argb);
		for (uint32_t row = y; row < y + height; row++)
			for (uint32_t i = x; i < x + width; i++)
				if (i < REGION_WIDTH && row < REGION_HEIGHT)
					mural_put(&f->brushes[1], i, row, argb);
	}
	assert_same(f);
	assert_int_equal(f->brushes[0].discarded[MURAL_OUT_OF_BOUNDS], 0);
}

TEST_WITH(the_twins_do_the_same, set_up, tear_down)
{
	struct fixture *f = *state;
	uint32_t row[4] = { 1, 1, 1, 1 }, argb = 1;

	for (int round = 0; round < 1000; round++) {
		uint32_t x = random_below(REGION_WIDTH + 5);
		uint32_t y = random_below(REGION_HEIGHT + 5);
		uint32_t colour = random_colour();

		mural_paint(&f->brushes[0], x, y, colour);
		mural_put(&f->brushes[1], x, y, colour);
	}
	assert_same(f);
	mural_put(&f->brushes[0], REGION_WIDTH - 1, 3, 0xffaabbcc);
	assert_true(mural_read(&f->brushes[0], REGION_WIDTH - 1, 3, &argb));
	assert_int_equal(argb, 0xffaabbcc);
	assert_false(mural_read(&f->brushes[0], REGION_WIDTH, 3, &argb));
	assert_int_equal(mural_read_row(&f->brushes[0], REGION_WIDTH - 1, 3, 4, row), 1);
	assert_int_equal(row[0], 0xffaabbcc);
	assert_int_equal(row[1], 1);
	assert_int_equal(mural_read_row(&f->brushes[0], 0, REGION_HEIGHT, 4, row), 0);
}

TEST_WITH(swaps_only_what_was_expected, set_up, tear_down)
{
	struct fixture *f = *state;
	struct mural_brush *brush = &f->brushes[0];
	uint32_t argb;

	assert_true(mural_swap(brush, 5, 5, 0xff102030, 0xff000001));
	assert_false(mural_swap(brush, 5, 5, 0xff102030, 0xff000002));
	assert_true(mural_get(brush, 5, 5, &argb));
	assert_int_equal(argb, 0xff000001);
	assert_int_equal(brush->painted, 1);
	assert_int_equal(brush->damage[mural_tile_at(brush, 5, 5)], 1);
	assert_false(mural_swap(brush, REGION_WIDTH, 5, 0, 0));
	assert_int_equal(brush->discarded[MURAL_OUT_OF_BOUNDS], 1);
}

/* Of 32 pixels, which lie in two tiles or reach beyond the edge. */
TEST_WITH(swaps_those_of_a_row_that_are_as_expected, set_up, tear_down)
{
	struct fixture *f = *state;
	struct mural_brush *brush = &f->brushes[0];
	uint32_t expected[32], argb[32], now;

	for (uint32_t i = 0; i < 32; i++) {
		expected[i] = i % 5 ? 0xff102030 : 0xff0a0b0c;
		argb[i] = 0xff000100 + i;
	}
	assert_int_equal(
		mural_swap_row(brush, 3, 5, 0x80008421, expected, argb), 0x80000000);
	assert_int_equal(brush->painted, 1);
	assert_true(mural_get(brush, 34, 5, &now));
	assert_int_equal(now, 0xff00011f);
	assert_true(mural_get(brush, 3, 5, &now));
	assert_int_equal(now, 0xff102030);
	assert_int_equal(mural_swap_row(brush, 3, 5, 0xffffffff, expected, argb),
		0x7fffffff & ~0x42108421u);
	assert_int_equal(brush->painted, 25);
	for (uint32_t i = 0; i < 32; i++) {
		assert_true(mural_get(brush, 3 + i, 5, &now));
		assert_int_equal(now, i % 5 ? argb[i] : 0xff102030);
		assert_int_equal(brush->damage[mural_tile_at(brush, 3 + i, 5)], 1);
	}
	assert_int_equal(
		mural_swap_row(brush, REGION_WIDTH - 2, 5, 6, expected, argb), 1 << 1);
	assert_int_equal(brush->discarded[MURAL_OUT_OF_BOUNDS], 1);
	assert_int_equal(mural_swap_row(brush, 3, REGION_HEIGHT, 2, expected, argb), 0);
	assert_int_equal(brush->discarded[MURAL_OUT_OF_BOUNDS], 2);
}

TEST_WITH(a_refused_brush_counts_what_it_does_not_paint, set_up, tear_down)
{
	struct fixture *f = *state;
	struct mural_brush *brush = &f->brushes[0];
	const uint32_t row[] = { 0xff000001, 0x80000001 };
	struct mural_batch batch;
	uint32_t n, argb;

	canvas_brush_paint_as(brush, &(struct canvas_painter){ .refused = true });
	mural_put(brush, 5, 5, 0xff000001);
	mural_put(brush, REGION_WIDTH, 5, 0xff000001);
	mural_row(brush, 5, 5, 2, row);
	mural_fill(brush, 5, 5, 3, 1, 0xff000001);
	assert_false(mural_swap(brush, 5, 5, 0xff102030, 0xff000001));
	n = mural_batch_put(brush, &batch, 0, 5, 5, 0xff000001);
	mural_batch_flush(brush, &batch, n);
	assert_int_equal(brush->discarded[MURAL_UNAUTHORIZED], 8);
	assert_int_equal(brush->discarded[MURAL_OUT_OF_BOUNDS], 1);
	assert_int_equal(brush->painted, 0);
	assert_true(mural_get(brush, 5, 5, &argb));
	assert_int_equal(argb, 0xff102030);
	canvas_brush_paint_as(brush, &(struct canvas_painter){ .refused = false });
	mural_put(brush, 5, 5, 0xff000001);
	assert_int_equal(brush->painted, 1);
	assert_int_equal(brush->near_width, REGION_WIDTH);
}

TEST_WITH(empty_rows_and_rectangles_paint_nothing, set_up, tear_down)
{
	struct fixture *f = *state;
	struct mural_brush *brush = &f->brushes[0];
	const uint32_t argb = 0xff000001;

	mural_row(brush, 5, 5, 0, &argb);
	mural_fill(brush, 0, 0, 0, 5, argb);
	mural_fill(brush, 0, 0, 5, 0, argb);
	assert_int_equal(brush->painted, 0);
	for (size_t i = 0; i < f->canvases[0].view.words * 64; i++)
		assert_int_equal(brush->damage[i], 0);
}

/* ---- a brush of which each pixel is looked at */

/* Refuses the columns from 40 to 59 of the canvas. */
static void
store_guarded(struct mural_brush *brush, const struct mural_batch *batch, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		uint32_t x = brush->left + batch->places[i] % brush->stride;

		if (x >= 40 && x < 60) {
			brush->discarded[MURAL_REASONS_MAX - 1]++;
			continue;
		}
		__atomic_store_n(&brush->pixels[batch->places[i]], batch->colours[i],
			__ATOMIC_RELAXED);
		mural_mark(brush, batch->tiles[i]);
		brush->painted++;
	}
}

static void
guard(struct mural_brush *brush)
{
	brush->near_width = brush->near_height = 0;
	brush->store = store_guarded;
}

TEST_WITH(a_guard_sees_every_pixel, set_up, tear_down)
{
	struct fixture *f = *state;
	struct mural_brush *brush = &f->brushes[0], *model = &f->brushes[1];
	struct mural_batch batch;
	uint64_t inside = 0;
	uint32_t n = 0;

	guard(brush);
	for (int round = 0; round < 20000; round++) {
		uint32_t x = random_below(REGION_WIDTH + 5);
		uint32_t y = random_below(REGION_HEIGHT + 5);
		uint32_t argb = random_colour() | (round % 3 ? 0 : 0xff000000);

		if (round % 2) {
			n = mural_batch_put(brush, &batch, n, x, y, argb);
		} else {
			mural_batch_flush(brush, &batch, n);
			n = 0;
			mural_put(brush, x, y, argb);
		}
		inside += x < REGION_WIDTH && y < REGION_HEIGHT && argb >> 24 != 0;
		if (x + LEFT < 40 || x + LEFT >= 60)
			mural_put(model, x, y, argb);
		else if (y >= REGION_HEIGHT)
			mural_discard(model, MURAL_OUT_OF_BOUNDS, 1);
	}
	mural_batch_flush(brush, &batch, n);
	assert_same(f);
	assert_int_equal(brush->discarded[MURAL_OUT_OF_BOUNDS],
		model->discarded[MURAL_OUT_OF_BOUNDS]);
	assert_int_equal(
		brush->painted + brush->discarded[MURAL_REASONS_MAX - 1], inside);
	mural_row(brush, 0, 0, REGION_WIDTH, (uint32_t[REGION_WIDTH]){ 0xff000001 });
	mural_fill(brush, 0, 1, REGION_WIDTH, 2, 0xff000003);
	for (uint32_t x = 40; x < 60; x++)
		assert_int_equal(
			f->canvases[0].pixels[(TOP + 1) * f->canvases[0].stride + x],
			f->canvases[1].pixels[(TOP + 1) * f->canvases[1].stride + x]);
}

/* ---- damage */

TEST(publishes_every_tile_of_a_large_canvas)
{
	struct canvas canvas;
	struct mural_brush brush;
	uint64_t *want, *got;
	struct mural_reader *reader;

	assert_int_equal(canvas_init(&canvas, MURAL_SIDE_MAX, 5 * MURAL_TILE, 0), 0);
	assert_int_equal(
		canvas_brush_init(&canvas, &brush, 0, 0, MURAL_SIDE_MAX, 5 * MURAL_TILE),
		0);
	reader = canvas_reader_new(&canvas);
	want = calloc(canvas.view.words, sizeof(uint64_t));
	got = calloc(canvas.view.words, sizeof(uint64_t));
	mural_reader_take(reader, got);
	srandom(1);
	for (int round = 0; round < 200; round++) {
		memset(want, 0, canvas.view.words * sizeof(uint64_t));
		for (uint32_t i = random_below(40); i > 0; i--) {
			uint32_t x = random_below(brush.width);
			uint32_t y = random_below(brush.height);
			uint32_t tile = mural_tile_at(&brush, x, y);

			mural_put(&brush, x, y, 0xff000000 | i);
			want[tile / 64] |= UINT64_C(1) << tile % 64;
		}
		canvas_publish(&canvas, &brush);
		mural_reader_take(reader, got);
		assert_memory_equal(want, got, canvas.view.words * sizeof(uint64_t));
	}
	free(want);
	free(got);
	mural_reader_free(reader);
	canvas_brush_finish(&brush);
	canvas_finish(&canvas);
}

UNIT_TESTS(NULL, NULL)
