/* SPDX-License-Identifier: MIT */
/* A canvas with owners looks like one without, except to those who ask. */
#include "unit/canvas/owned-canvas.h"

#include <string.h>

/* Two brushes, of which one has owners, that did the same. */
static void
finish_alike(struct mural_brush brushes[2])
{
	assert_int_equal(brushes[0].painted, brushes[1].painted);
	assert_int_equal(brushes[0].discarded[MURAL_OUT_OF_BOUNDS],
		brushes[1].discarded[MURAL_OUT_OF_BOUNDS]);
	canvas_brush_finish(&brushes[0]);
	canvas_brush_finish(&brushes[1]);
}

TEST_WITH(owners_do_not_show, set_up, tear_down)
{
	struct fixture *f = *state;
	struct canvas plain;
	struct mural_brush brushes[2];
	uint32_t shown[2][WIDTH * HEIGHT], row[20];
	uint32_t rows[2][20] = { { 0 } };
	struct mural_reader *readers[2];

	assert_int_equal(canvas_init(&plain, WIDTH, HEIGHT, BACKGROUND), 0);
	for (int i = 0; i < 2; i++) {
		struct canvas *canvas = i ? &plain : &f->canvas;

		assert_int_equal(canvas_brush_init(canvas, &brushes[i], 3, 2, 60, 30), 0);
		readers[i] = canvas_reader_new(canvas);
	}
	srandom(1);
	for (int round = 0; round < 3000; round++) {
		struct mural_batch batch;
		uint32_t x = random() & 63, y = random() & 31;
		uint32_t count = random() % 16;
		uint32_t alpha = random() % 2 ? 0xff : random() & 0xff;
		uint32_t argb = alpha << 24 | (random() & 0xffffff), got[2] = { 0 };

		for (uint32_t i = 0; i < 20; i++)
			row[i] = argb + i;
		for (int i = 0; i < 2; i++) {
			struct mural_brush *brush = &brushes[i];
			uint32_t n = 0;

			mural_put(brush, x, y, argb);
			mural_row(brush, x, y, count, row);
			mural_fill(brush, y, y, count / 2, count / 4, argb);
			mural_get(brush, y, x, &got[i]);
			n = mural_batch_put(brush, &batch, n, x + 1, y, argb);
			n = mural_batch_put(brush, &batch, n, y, x, argb);
			mural_batch_flush(brush, &batch, n);
			mural_swap(brush, x, y, got[i], argb | 0xff000000);
			mural_read_row(brush, x, y, 20, rows[i]);
		}
		assert_int_equal(got[0], got[1]);
		assert_memory_equal(rows[0], rows[1], sizeof(row));
	}
	for (int i = 0; i < 2; i++) {
		mural_reader_copy(readers[i], 0, 0, WIDTH, HEIGHT, shown[i], WIDTH);
		mural_reader_free(readers[i]);
	}
	assert_memory_equal(shown[0], shown[1], sizeof(shown[0]));
	finish_alike(brushes);
	canvas_finish(&plain);
}

/* Of 32 pixels, of which some are not as expected, and some lie outside. */
TEST_WITH(rows_are_swapped_alike, set_up, tear_down)
{
	struct fixture *f = *state;
	struct canvas plain;
	struct mural_brush brushes[2];
	uint32_t rows[2][32] = { { 0 } }, argb[32];

	assert_int_equal(canvas_init(&plain, WIDTH, HEIGHT, BACKGROUND), 0);
	assert_int_equal(canvas_brush_init(&f->canvas, &brushes[0], 3, 2, 60, 30), 0);
	assert_int_equal(canvas_brush_init(&plain, &brushes[1], 3, 2, 60, 30), 0);
	srandom(1);
	for (int round = 0; round < 3000; round++) {
		const uint32_t x = random() & 63, y = random() & 31;
		const uint32_t which = (uint32_t)random() << 1;
		uint32_t swapped[2];

		for (uint32_t i = 0; i < 32; i++)
			argb[i] = 0xff000000 | (random() & 0xffffff);
		for (int i = 0; i < 2; i++) {
			mural_read_row(&brushes[i], x, y, 32, rows[i]);
			rows[i][round % 32] ^= 1;
			memset(brushes[i].damage, 0, 64);
			swapped[i] =
				mural_swap_row(&brushes[i], x, y, which, rows[i], argb);
			mural_read_row(&brushes[i], x, y, 32, rows[i]);
		}
		assert_int_equal(swapped[0], swapped[1]);
		assert_false(swapped[0] & ~which);
		assert_memory_equal(rows[0], rows[1], sizeof(rows[0]));
		assert_memory_equal(brushes[0].damage, brushes[1].damage, 64);
	}
	assert_true(brushes[0].painted > 3000);
	finish_alike(brushes);
	canvas_finish(&plain);
}

/* Who fills batches paints by himself what the brush would paint, while it would. */
TEST_WITH(pairs_are_painted_without_the_brush, set_up, tear_down)
{
	struct fixture *f = *state;
	struct mural_brush *brush = &f->brush;
	struct canvas_painter as = { .id = f->ids[ANNA] };
	struct rules rules = { .generation = 2, .all_frozen = true };
	struct canvas_thread thread;
	uint32_t *const pixel = &brush->pixels[3 * brush->stride + 2 * brush->step];
	uint64_t word;

	assert_int_equal(brush->owner, 0);
	canvas_brush_paint_as(brush, &as);
	assert_int_not_equal(brush->owner, 0);
	mural_put(brush, 2, 3, 0xff010203);
	word = pixel_load(&f->canvas, 2, 3);
	mural_store_pair(pixel, 0, 0);
	mural_store_pair(pixel, 0xff010203, brush->owner);
	assert_true(pixel_load(&f->canvas, 2, 3) == word);
	assert_int_equal(word_id(word), f->ids[ANNA]);

	as.id = f->ids[BEN];
	canvas_brush_paint_as(brush, &as);
	mural_store_pair(pixel, 0xff010203, brush->owner);
	assert_int_equal(word_id(pixel_load(&f->canvas, 2, 3)), f->ids[BEN]);
	as.banned = true;
	canvas_brush_paint_as(brush, &as);
	assert_int_equal(brush->owner, 0);
	as.banned = false;
	canvas_brush_paint_as(brush, &as);
	assert_int_not_equal(brush->owner, 0);

	canvas_thread_start(&f->canvas, &thread, NULL);
	canvas_brush_join(brush, &thread, false);
	f->canvas.rules = &rules;
	canvas_brush_begin(brush);
	assert_int_equal(brush->owner, 0);
	f->canvas.rules = f->canvas.open;
	canvas_brush_begin(brush);
	assert_int_not_equal(brush->owner, 0);
	canvas_thread_stop(&thread);
}

TEST_WITH(others_are_dimmed_for_who_looks_on, set_up, tear_down)
{
	struct fixture *f = *state;
	struct mural_reader *screen = canvas_reader_new(&f->canvas);
	struct mural_reader *snapshot = canvas_reader_new(&f->canvas);
	uint64_t ids[65536 / 64] = { 0 }, tiles[1];
	uint32_t seen[2];

	mural_reader_show(screen);
	paint(f, ANNA, 0, 0, 0xff8040ff);
	paint(f, BEN, 1, 0, 0xff8040ff);
	while (mural_reader_take(screen, tiles))
		;
	ids[f->ids[BEN] / 64] |= UINT64_C(1) << f->ids[BEN] % 64;
	canvas_highlight(&f->canvas, ids);
	assert_true(mural_reader_take(screen, tiles));
	assert_int_equal(tiles[0], 0x3f);
	mural_reader_copy(screen, 0, 0, 2, 1, seen, 2);
	assert_int_equal(seen[0], 0xff20103f);
	assert_int_equal(seen[1], 0xff8040ff);
	mural_reader_copy(snapshot, 0, 0, 2, 1, seen, 2);
	assert_int_equal(seen[0], 0xff8040ff);
	canvas_highlight(&f->canvas, NULL);
	assert_true(mural_reader_take(screen, tiles));
	mural_reader_copy(screen, 0, 0, 2, 1, seen, 2);
	assert_int_equal(seen[0], 0xff8040ff);
	mural_reader_free(screen);
	mural_reader_free(snapshot);
}

UNIT_TESTS(NULL, NULL)
