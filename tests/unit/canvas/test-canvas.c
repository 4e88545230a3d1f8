/* SPDX-License-Identifier: MIT */
/* Canvas, brush and reader: bounds, clipping, blending, damage, wakeups, sets of tiles.
 */
#include "canvas/canvas.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>

#include "support/unit.h"

#define BACKGROUND 0xff102030

struct fixture {
	struct canvas canvas;
	struct mural_brush brush;
	struct mural_reader *reader;
	uint64_t *tiles;
};

static int
set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_int_equal(canvas_init(&f->canvas, 100, 70, BACKGROUND), 0);
	assert_int_equal(canvas_brush_init(&f->canvas, &f->brush, 0, 0, 100, 70), 0);
	f->reader = canvas_reader_new(&f->canvas);
	f->tiles = calloc(f->canvas.view.words, sizeof(uint64_t));
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	mural_reader_free(f->reader);
	canvas_brush_finish(&f->brush);
	canvas_finish(&f->canvas);
	free(f->tiles);
	free(f);
	return 0;
}

static uint32_t
pixel(struct fixture *f, uint32_t x, uint32_t y)
{
	uint32_t argb;

	mural_reader_copy(f->reader, x, y, 1, 1, &argb, 1);
	return argb;
}

/* The formula as the protocols state it, for one channel: rounded to the nearest. */
static uint32_t
mix(uint32_t new, uint32_t old, uint32_t alpha)
{
	return (2 * (new *alpha + old *(255 - alpha)) + 255) / 510;
}

TEST(blends_like_the_formula)
{
	for (uint32_t alpha = 0; alpha < 256; alpha++)
		for (uint32_t new = 0; new < 256; new ++)
			for (uint32_t old = 0; old < 256; old++) {
				uint32_t other = 255 - old, want = mix(new, old, alpha);
				uint32_t got = mural_blend(
					0xff000000 | old << 16 | other << 8 | old,
					alpha << 24 | new << 16 | new << 8 | new);
				uint32_t all = 0xff000000 | want << 16 |
					       mix(new, other, alpha) << 8 | want;
				if (got != all)
					fail_msg("alpha %u new %u old %u: %08x, not %08x",
						alpha, new, old, got, all);
			}
}

/* As far as half a step of the canvas lets it; truncation would stop two below. */
TEST(repeated_blends_approach_the_colour)
{
	uint32_t below = 0xff0000ff;

	for (int i = 0; i < 32; i++)
		below = mural_blend(below, 0x7fc80000);
	assert_in_range(below >> 16 & 0xff, 0xc7, 0xc8);
	assert_in_range(below & 0xff, 0, 1);
	assert_int_equal(mural_blend(0xff123456, 0xffabcdef), 0xffabcdef);
	assert_int_equal(mural_blend(0xff123456, 0x00abcdef), 0xff123456);
}

TEST(refuses_impossible_sizes)
{
	struct canvas canvas = { 0 };

	assert_int_equal(canvas_init(&canvas, 0, 1, 0), -EINVAL);
	assert_int_equal(canvas_init(&canvas, 1, 0, 0), -EINVAL);
	assert_int_equal(canvas_init(&canvas, MURAL_SIDE_MAX + 1, 1, 0), -EINVAL);
	assert_int_equal(canvas_init(&canvas, 1, UINT32_MAX, 0), -EINVAL);
	canvas_finish(&canvas);
}

TEST_WITH(drops_and_counts_what_is_outside, set_up, tear_down)
{
	struct fixture *f = *state;
	const uint32_t outside[][2] = { { 100, 0 }, { 0, 70 }, { UINT32_MAX, 0 },
		{ 0, UINT32_MAX }, { 100, 70 }, { 0x80000000, 0x80000000 } };

	for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++)
		mural_put(&f->brush, outside[i][0], outside[i][1], 0xffffffff);
	assert_int_equal(f->brush.discarded[MURAL_OUT_OF_BOUNDS], 6);
	assert_int_equal(f->brush.painted, 0);
	for (size_t i = 0; i < f->canvas.view.words * 64; i++)
		assert_int_equal(f->brush.damage[i], 0);
}

TEST_WITH(paints_corners_and_blends, set_up, tear_down)
{
	struct fixture *f = *state;
	uint32_t argb = 1;

	mural_put(&f->brush, 0, 0, 0xff111111);
	mural_put(&f->brush, 99, 69, 0xff222222);
	mural_put(&f->brush, 5, 5, 0x00ffffff);
	mural_put(&f->brush, 6, 6, 0x80ff8000);
	assert_int_equal(pixel(f, 0, 0), 0xff111111);
	assert_int_equal(pixel(f, 99, 69), 0xff222222);
	assert_int_equal(pixel(f, 5, 5), BACKGROUND);
	assert_int_equal(pixel(f, 6, 6), mural_blend(BACKGROUND, 0x80ff8000));
	assert_int_equal(f->brush.painted, 3);
	assert_true(mural_get(&f->brush, 99, 69, &argb));
	assert_int_equal(argb, 0xff222222);
	assert_false(mural_get(&f->brush, 100, 69, &argb));
	assert_int_equal(argb, 0xff222222);
}

/* The same pixels by mural_put() and by a batch, some outside and some translucent. */
TEST_WITH(batch_paints_what_put_would_have_painted, set_up, tear_down)
{
	struct fixture *f = *state;
	struct mural_batch batch;
	uint32_t n = 0;
	struct canvas now;
	struct mural_brush at_once;

	assert_int_equal(canvas_init(&now, 100, 70, BACKGROUND), 0);
	assert_int_equal(canvas_brush_init(&now, &at_once, 10, 5, 80, 60), 0);
	canvas_brush_finish(&f->brush);
	assert_int_equal(canvas_brush_init(&f->canvas, &f->brush, 10, 5, 80, 60), 0);
	srandom(1);
	for (int i = 0; i < 20 * MURAL_BATCH + 7; i++) {
		uint32_t x = random() % 82, y = random() % 62;
		uint32_t alpha = i % 50 < 45 ? 0xff : i % 50 * 5;
		uint32_t argb = alpha << 24 | (random() & 0xffffff);

		mural_prefetch(&f->brush, x, y);
		mural_put(&at_once, x, y, argb);
		n = mural_batch_put(&f->brush, &batch, n, x, y, argb);
	}
	mural_batch_flush(&f->brush, &batch, n);
	for (uint32_t i = 0; i < 70; i++)
		assert_memory_equal(f->canvas.pixels + i * f->canvas.stride,
			now.pixels + i * now.stride, 100 * sizeof(uint32_t));
	assert_memory_equal(f->brush.damage, at_once.damage, now.view.words * 64);
	assert_true(at_once.painted > 15 * MURAL_BATCH);
	assert_int_equal(f->brush.painted, at_once.painted);
	assert_memory_equal(
		f->brush.discarded, at_once.discarded, sizeof(at_once.discarded));
	assert_true(at_once.discarded[MURAL_OUT_OF_BOUNDS] > 0);
	canvas_brush_finish(&at_once);
	canvas_finish(&now);
}

TEST_WITH(clips_rows_and_rectangles, set_up, tear_down)
{
	struct fixture *f = *state;
	const uint32_t row[4] = { 0xff000001, 0xff000002, 0xff000003, 0xff000004 };

	mural_row(&f->brush, 98, 3, 4, row);
	assert_int_equal(pixel(f, 98, 3), row[0]);
	assert_int_equal(pixel(f, 99, 3), row[1]);
	assert_int_equal(pixel(f, 0, 4), BACKGROUND);
	assert_int_equal(f->brush.discarded[MURAL_OUT_OF_BOUNDS], 2);
	mural_row(&f->brush, 0, 70, 4, row);
	assert_int_equal(f->brush.discarded[MURAL_OUT_OF_BOUNDS], 6);

	mural_fill(&f->brush, 98, 68, UINT32_MAX, UINT32_MAX, 0xffabcdef);
	assert_int_equal(pixel(f, 97, 69), BACKGROUND);
	assert_int_equal(pixel(f, 98, 68), 0xffabcdef);
	assert_int_equal(pixel(f, 99, 69), 0xffabcdef);
	assert_int_equal(f->brush.painted, 2 + 4);
	mural_fill(&f->brush, 100, 0, 1, 1, 0xff000000);
	assert_int_equal(f->brush.painted, 6);
}

/* A region's brush counts from the region's corner, stays inside and marks the canvas's
 * tiles, not its own. */
TEST_WITH(keeps_to_its_region, set_up, tear_down)
{
	struct fixture *f = *state;
	struct mural_brush part;

	assert_int_equal(canvas_brush_init(&f->canvas, &part, 31, 40, 500, 500), 0);
	assert_int_equal(part.width, 69);
	assert_int_equal(part.height, 30);
	mural_put(&part, 0, 0, 0xff0000aa);
	mural_put(&part, 1, 0, 0xff0000bb);
	mural_put(&part, 69, 0, 0xff0000cc);
	assert_int_equal(pixel(f, 31, 40), 0xff0000aa);
	assert_int_equal(pixel(f, 32, 40), 0xff0000bb);
	assert_int_equal(part.discarded[MURAL_OUT_OF_BOUNDS], 1);
	assert_memory_equal(part.damage, "\0\0\0\0\1\1\0\0\0\0\0\0", 12); /* four a row */
	canvas_brush_finish(&part);

	assert_int_equal(canvas_brush_init(&f->canvas, &part, 100, 0, 1, 1), -ERANGE);
	assert_int_equal(canvas_brush_init(&f->canvas, &part, 0, 70, 1, 1), -ERANGE);
}

TEST_WITH(gives_each_reader_its_own_damage, set_up, tear_down)
{
	struct fixture *f = *state;
	struct mural_reader *late;

	assert_true(mural_reader_take(f->reader, f->tiles));
	assert_int_equal(f->tiles[0], 0xfff); /* 4 x 3 tiles, all pending at first */
	assert_false(mural_reader_take(f->reader, f->tiles));

	mural_put(&f->brush, 40, 0, 0xff000001);
	assert_false(mural_reader_take(f->reader, f->tiles)); /* not published yet */
	canvas_publish(&f->canvas, &f->brush);
	late = canvas_reader_new(&f->canvas);
	assert_true(mural_reader_take(f->reader, f->tiles));
	assert_int_equal(f->tiles[0], 1 << 1);
	assert_false(mural_reader_take(f->reader, f->tiles));
	assert_true(mural_reader_take(late, f->tiles));
	assert_int_equal(f->tiles[0], 0xfff);

	mural_reader_put_back(late, (const uint64_t[]){ 1 << 3 });
	assert_true(mural_reader_arm(late));
	assert_true(mural_reader_take(late, f->tiles));
	assert_int_equal(f->tiles[0], 1 << 3);
	mural_reader_free(late);
}

TEST_WITH(a_reader_may_ignore_a_brush, set_up, tear_down)
{
	struct fixture *f = *state;
	struct mural_reader *other = canvas_reader_new(&f->canvas);
	struct mural_brush stranger;

	assert_int_equal(canvas_brush_init(&f->canvas, &stranger, 0, 0, 100, 70), 0);
	mural_reader_ignore(f->reader, &f->brush);
	assert_true(mural_reader_take(f->reader, f->tiles)); /* as every new one */
	assert_true(mural_reader_take(other, f->tiles));

	mural_put(&f->brush, 40, 0, 0xff000001);
	canvas_publish(&f->canvas, &f->brush);
	assert_false(mural_reader_take(f->reader, f->tiles));
	assert_true(mural_reader_take(other, f->tiles));
	assert_int_equal(f->tiles[0], 1 << 1);

	mural_put(&f->brush, 40, 0, 0xff000002);
	mural_put(&stranger, 1, 40, 0xff000003);
	canvas_publish(&f->canvas, &f->brush);
	canvas_publish(&f->canvas, &stranger);
	assert_true(mural_reader_take(f->reader, f->tiles));
	assert_int_equal(f->tiles[0], 1 << 4);
	assert_true(mural_reader_take(other, f->tiles));
	assert_int_equal(f->tiles[0], 1 << 1 | 1 << 4);

	/* what was published when it goes is not lost, nor what comes later */
	mural_put(&f->brush, 40, 0, 0xff000004);
	canvas_publish(&f->canvas, &f->brush);
	mural_reader_free(f->reader);
	f->reader = canvas_reader_new(&f->canvas);
	assert_true(mural_reader_take(other, f->tiles));
	assert_int_equal(f->tiles[0], 1 << 1);
	assert_true(mural_reader_take(f->reader, f->tiles));
	mural_put(&f->brush, 40, 0, 0xff000005);
	canvas_publish(&f->canvas, &f->brush);
	assert_true(mural_reader_take(f->reader, f->tiles));
	assert_int_equal(f->tiles[0], 1 << 1);
	mural_reader_free(other);
	canvas_brush_finish(&stranger);
}

TEST_WITH(one_reader_ignores_one_brush, set_up, tear_down)
{
	struct fixture *f = *state;
	struct mural_reader *other = canvas_reader_new(&f->canvas);
	struct mural_brush stranger;

	assert_int_equal(canvas_brush_init(&f->canvas, &stranger, 0, 0, 100, 70), 0);
	mural_reader_ignore(f->reader, &f->brush);
	mural_reader_ignore(f->reader, &f->brush);
	mural_reader_ignore(f->reader, &stranger);
	mural_reader_ignore(other, &f->brush);
	assert_true(mural_reader_take(f->reader, f->tiles));
	assert_true(mural_reader_take(other, f->tiles));

	mural_put(&f->brush, 40, 0, 0xff000001);
	canvas_publish(&f->canvas, &f->brush);
	assert_false(mural_reader_take(f->reader, f->tiles));
	assert_true(mural_reader_take(other, f->tiles));
	assert_int_equal(f->tiles[0], 1 << 1);
	mural_put(&stranger, 1, 40, 0xff000002);
	canvas_publish(&f->canvas, &stranger);
	assert_true(mural_reader_take(f->reader, f->tiles));
	assert_int_equal(f->tiles[0], 1 << 4);
	mural_reader_free(other);
	canvas_brush_finish(&stranger);
}

TEST_WITH(what_was_painted_before_is_not_ignored, set_up, tear_down)
{
	struct fixture *f = *state;

	assert_true(mural_reader_take(f->reader, f->tiles));
	mural_put(&f->brush, 40, 0, 0xff000001); /* and not published yet */
	mural_reader_ignore(f->reader, &f->brush);
	mural_put(&f->brush, 1, 40, 0xff000002);
	canvas_publish(&f->canvas, &f->brush);
	assert_true(mural_reader_take(f->reader, f->tiles));
	assert_int_equal(f->tiles[0], 1 << 1);
	assert_false(mural_reader_take(f->reader, f->tiles));
}

static bool
is_notified(const struct mural_reader *reader)
{
	struct pollfd fd = { .fd = mural_reader_fd(reader), .events = POLLIN };

	return poll(&fd, 1, 0) == 1;
}

TEST_WITH(notifies_a_sleeper_once, set_up, tear_down)
{
	struct fixture *f = *state;
	struct mural_reader *other = canvas_reader_new(&f->canvas);

	assert_true(mural_reader_arm(f->reader)); /* new: everything is pending */
	mural_reader_take(f->reader, f->tiles);
	assert_false(mural_reader_arm(f->reader));
	assert_false(is_notified(f->reader));

	mural_put(&f->brush, 1, 1, 0xff000001);
	canvas_publish(&f->canvas, &f->brush);
	assert_true(is_notified(f->reader));
	assert_false(is_notified(other)); /* awake */

	assert_true(mural_reader_arm(f->reader)); /* empties the descriptor */
	assert_false(is_notified(f->reader));
	canvas_publish(&f->canvas, &f->brush);
	assert_false(is_notified(f->reader)); /* nothing was painted in between */

	/* somebody else's take must not lose a sleeper's damage */
	mural_reader_take(f->reader, f->tiles);
	mural_reader_take(other, f->tiles);
	assert_false(mural_reader_arm(f->reader));
	mural_put(&f->brush, 1, 1, 0xff000002);
	canvas_publish(&f->canvas, &f->brush);
	mural_reader_take(other, f->tiles);
	assert_true(is_notified(f->reader));
	assert_true(mural_reader_take(f->reader, f->tiles));
	mural_reader_free(other);
}

TEST_WITH(walks_sets_of_tiles, set_up, tear_down)
{
	const struct mural_view view =
		mural_view_of(33 * MURAL_TILE + 1, 2 * MURAL_TILE + 5);
	uint64_t tiles[2] = { 0 };
	struct mural_rect rect = mural_tile_rect(&view, 101);
	uint32_t tile = 0, x = 0, end, n = 0;

	assert_int_equal(view.tiles_x * view.tiles_y, 102);
	assert_int_equal(view.words, 2);
	assert_true(rect.x == 33 * MURAL_TILE && rect.y == 2 * MURAL_TILE);
	assert_true(rect.width == 1 && rect.height == 5);
	assert_false(mural_tiles_next(&view, tiles, &tile));
	mural_tiles_add_all(&view, tiles);
	for (tile = 0; mural_tiles_next(&view, tiles, &tile); tile++)
		assert_int_equal(tile, n++);
	assert_int_equal(n, 102);
	mural_tiles_remove(tiles, 64);
	tile = 64;
	assert_true(mural_tiles_next(&view, tiles, &tile) && tile == 65);
	assert_true(mural_tiles_next_run(&view, tiles, 1, &x, &end));
	assert_true(x == 0 && end == 30 * MURAL_TILE);
	x = end;
	assert_true(mural_tiles_next_run(&view, tiles, 1, &x, &end));
	assert_true(x == 31 * MURAL_TILE && end == view.width);
	x = end;
	assert_false(mural_tiles_next_run(&view, tiles, 1, &x, &end));
}

TEST_WITH(reuses_wakeups, set_up, tear_down)
{
	struct fixture *f = *state;
	struct mural_reader *reader = canvas_reader_new(&f->canvas);
	int fd = mural_reader_fd(reader);

	assert_int_not_equal(fd, mural_reader_fd(f->reader));
	mural_reader_free(reader);
	reader = canvas_reader_new(&f->canvas);
	assert_int_equal(mural_reader_fd(reader), fd);
	mural_reader_free(reader);
	mural_reader_free(NULL);
}

TEST_WITH(a_brief_reader_takes_its_descriptor_along, set_up, tear_down)
{
	struct fixture *f = *state;

	for (int i = 0; i < 3; i++) {
		struct mural_reader *reader = canvas_reader_new(&f->canvas);
		int fd = mural_reader_fd(reader);

		canvas_reader_set_brief(reader);
		while (mural_reader_take(reader, f->tiles))
			continue;
		assert_false(mural_reader_arm(reader));
		mural_put(&f->brush, 1, 1, 0xff000001 + (uint32_t)i);
		canvas_publish(&f->canvas, &f->brush);
		assert_true(is_notified(reader));
		mural_reader_free(reader);
		assert_int_equal(fcntl(fd, F_GETFD), -1);
		assert_int_equal(errno, EBADF);
		mural_put(&f->brush, 2, 2, 0xff000001 + (uint32_t)i);
		canvas_publish(&f->canvas, &f->brush);
	}
}

UNIT_TESTS(NULL, NULL)
