/* SPDX-License-Identifier: MIT */
/* The operator's acts: what they close and count, when they are over, what they paint,
 * and how that is taken back. */
#include "canvas/reins.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "base/util.h"
#include "canvas/painters.h"
#include "support/unit.h"
#include "unit/canvas/awake-loop.h"

#define WIDTH 150
#define HEIGHT 90
#define BACKGROUND 0xff102030
#define RED 0xffff0000
#define BLUE 0xff0000ff

struct fixture {
	struct awake_loop loop;
	struct canvas canvas;
	struct reins *reins;
	struct canvas_thread main;
	struct mural_brush brush;      /* a resident of the main thread */
	struct reins_done done;        /* of the last act */
	struct mural_rect changed[20]; /* by it */
	int n_done;
	struct mural_rect opened; /* of the picture that is being painted */
	uint32_t row[WIDTH];
};

static int
set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	awake_loop_start(&f->loop);
	assert_int_equal(canvas_init(&f->canvas, WIDTH, HEIGHT, BACKGROUND), 0);
	f->reins = reins_new(&f->canvas, &f->loop.uv);
	assert_non_null(f->reins);
	canvas_thread_start(&f->canvas, &f->main, NULL);
	assert_int_equal(
		canvas_brush_init(&f->canvas, &f->brush, 0, 0, WIDTH, HEIGHT), 0);
	canvas_brush_join(&f->brush, &f->main, true);
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	canvas_brush_finish(&f->brush);
	canvas_thread_stop(&f->main);
	awake_loop_release(&f->loop);
	reins_free(f->reins);
	canvas_finish(&f->canvas);
	assert_int_equal(uv_loop_close(&f->loop.uv), 0);
	free(f);
	return 0;
}

static void
on_done(void *arg, const struct reins_done *done)
{
	struct fixture *f = arg;

	f->done = *done;
	assert_in_range(done->n_changed, 0, 20);
	for (size_t i = 0; i < done->n_changed; i++)
		f->changed[i] = done->changed[i];
	f->n_done++;
}

/* Waits for one act. */
static void
wait_done(struct fixture *f, int ret)
{
	int before = f->n_done;

	assert_int_equal(ret, 0);
	while (f->n_done == before)
		uv_run(&f->loop.uv, UV_RUN_ONCE);
}

static uint32_t
pixel(const struct fixture *f, uint32_t x, uint32_t y)
{
	uint32_t argb = 0;

	assert_true(mural_get(&f->brush, x, y, &argb));
	return argb;
}

#define RECT(...) (&(struct mural_rect){ __VA_ARGS__ })

TEST_WITH(a_part_is_frozen_and_thawed, set_up, tear_down)
{
	struct fixture *f = *state;
	struct timespec since;

	assert_false(reins_frozen_since(f->reins, &since));
	wait_done(f, reins_freeze(f->reins, RECT(10, 10, 20, 5), on_done, f));
	assert_int_equal(f->done.error, 0);
	assert_true(reins_frozen_since(f->reins, &since));
	assert_false(canvas_is_frozen(&f->canvas));
	mural_fill(&f->brush, 0, 0, WIDTH, HEIGHT, RED);
	assert_int_equal(f->brush.discarded[MURAL_FROZEN], 100);
	assert_int_equal(f->brush.painted, WIDTH * HEIGHT - 100);
	assert_int_equal(pixel(f, 10, 10), BACKGROUND);
	assert_int_equal(pixel(f, 29, 14), BACKGROUND);
	assert_int_equal(pixel(f, 30, 14), RED);
	assert_int_equal(pixel(f, 29, 15), RED);
	wait_done(f, reins_thaw(f->reins, RECT(15, 0, 200, 200), on_done, f));
	mural_fill(&f->brush, 0, 0, WIDTH, HEIGHT, BLUE);
	assert_int_equal(f->brush.discarded[MURAL_FROZEN], 125);
	assert_int_equal(pixel(f, 14, 14), BACKGROUND);
	assert_int_equal(pixel(f, 15, 14), BLUE);
	wait_done(f, reins_thaw(f->reins, NULL, on_done, f));
	assert_int_equal(f->brush.near_width, WIDTH);
	assert_false(reins_frozen_since(f->reins, &since));
}

TEST_WITH(all_of_it_is_frozen, set_up, tear_down)
{
	struct fixture *f = *state;

	wait_done(f, reins_freeze(f->reins, NULL, on_done, f));
	assert_true(canvas_is_frozen(&f->canvas));
	mural_put(&f->brush, 3, 3, RED);
	mural_put(&f->brush, 3, 3, 0x80ff0000);
	mural_put(&f->brush, WIDTH, 3, RED);
	assert_false(mural_swap(&f->brush, 3, 3, BACKGROUND, RED));
	assert_int_equal(f->brush.discarded[MURAL_FROZEN], 3);
	assert_int_equal(f->brush.discarded[MURAL_OUT_OF_BOUNDS], 1);
	assert_int_equal(pixel(f, 3, 3), BACKGROUND);
	/* for the reason, protection wins */
	wait_done(f, reins_protect(f->reins, RECT(3, 3, 1, 1), NULL, on_done, f));
	assert_true(canvas_is_frozen(&f->canvas));
	mural_put(&f->brush, 3, 3, RED);
	mural_put(&f->brush, 4, 3, RED);
	assert_false(mural_swap(&f->brush, 3, 3, BACKGROUND, RED));
	assert_int_equal(f->brush.discarded[MURAL_PROTECTED], 2);
	assert_int_equal(f->brush.discarded[MURAL_FROZEN], 4);
}

TEST_WITH(a_mask_is_protected, set_up, tear_down)
{
	struct fixture *f = *state;
	uint8_t mask[20 * 4];
	struct mural_rect *rects;

	for (size_t i = 0; i < sizeof(mask); i++)
		mask[i] = i % 20 >= 5;
	/* the canvas ends after the tenth column of it */
	wait_done(
		f, reins_protect(f->reins, RECT(WIDTH - 10, 2, 20, 4), mask, on_done, f));
	mural_fill(&f->brush, 0, 0, WIDTH, HEIGHT, RED);
	assert_int_equal(f->brush.discarded[MURAL_PROTECTED], 5 * 4);
	assert_int_equal(pixel(f, WIDTH - 6, 2), RED);
	assert_int_equal(pixel(f, WIDTH - 5, 2), BACKGROUND);
	assert_int_equal(reins_rects(f->reins, REINS_PROTECTED, 10, &rects), 1);
	assert_memory_equal(rects, RECT(WIDTH - 5, 2, 5, 4), sizeof(struct mural_rect));
	free(rects);
	wait_done(f, reins_unprotect(f->reins, RECT(WIDTH - 4, 3, 1, 1), on_done, f));
	assert_true(mural_swap(&f->brush, WIDTH - 4, 3, BACKGROUND, BLUE));
	assert_int_equal(reins_rects(f->reins, REINS_FROZEN, 10, &rects), 0);
	assert_null(rects);
}

/* What the rectangles cover is what is closed, once. */
TEST_WITH(closed_parts_are_told_as_rectangles, set_up, tear_down)
{
	struct fixture *f = *state;
	static uint8_t covered[HEIGHT][WIDTH];
	struct mural_rect *rects;
	ssize_t n;

	memset(covered, 0, sizeof(covered));
	wait_done(f, reins_freeze(f->reins, RECT(60, 1, 70, 80), on_done, f));
	wait_done(f, reins_thaw(f->reins, RECT(64, 20, 64, 3), on_done, f));
	wait_done(f, reins_freeze(f->reins, RECT(0, 0, 1, 1), on_done, f));
	n = reins_rects(f->reins, REINS_FROZEN, 10, &rects);
	assert_in_range(n, 2, 9);
	for (ssize_t i = 0; i < n; i++)
		for (uint32_t y = 0; y < rects[i].height; y++)
			for (uint32_t x = 0; x < rects[i].width; x++)
				covered[rects[i].y + y][rects[i].x + x]++;
	free(rects);
	mural_fill(&f->brush, 0, 0, WIDTH, HEIGHT, RED);
	for (uint32_t y = 0; y < HEIGHT; y++)
		for (uint32_t x = 0; x < WIDTH; x++)
			assert_int_equal(covered[y][x],
				reins_is_closed(f->reins, REINS_FROZEN, x, y));
	assert_int_equal(reins_rects(f->reins, REINS_FROZEN, 1, &rects), 1);
	free(rects);
	for (uint32_t y = 0; y < HEIGHT; y++)
		for (uint32_t x = 0; x < WIDTH; x++)
			assert_int_equal(covered[y][x], pixel(f, x, y) == BACKGROUND);
}

TEST_WITH(the_banned_paint_nothing, set_up, tear_down)
{
	struct fixture *f = *state;
	const struct canvas_painter banned = { .banned = true, .refused = true };
	const struct canvas_painter nobody = { 0 };
	struct cidr_list networks = { 0 };
	struct cidr network;
	const struct rules *rules;

	assert_true(cidr_parse("192.0.2.0/24", &network));
	assert_int_equal(cidr_list_add(&networks, &network), 0);
	cidr_list_sort(&networks);
	assert_false(canvas_wants_painters(&f->canvas));
	wait_done(f, reins_ban(f->reins, &networks, on_done, f));
	assert_true(canvas_wants_painters(&f->canvas));
	rules = canvas_brush_begin(&f->brush);
	assert_true(cidr_list_contains(
		&rules->banned, &(struct ip_key){ .v4 = true, .low = 0xc0000207 }));
	mural_put(&f->brush, 1, 1, RED);
	canvas_brush_paint_as(&f->brush, &banned);
	mural_put(&f->brush, 1, 1, BLUE);
	assert_int_equal(f->brush.discarded[MURAL_BANNED], 1);
	assert_int_equal(f->brush.discarded[MURAL_UNAUTHORIZED], 0);
	assert_int_equal(pixel(f, 1, 1), RED);
	canvas_brush_paint_as(&f->brush, &nobody);
	assert_int_equal(f->brush.near_width, WIDTH);
	cidr_list_finish(&networks);
	wait_done(f, reins_ban(f->reins, &networks, on_done, f));
	assert_false(canvas_wants_painters(&f->canvas));
}

/* ---- the acknowledgement */

struct other {
	struct canvas_thread thread;
	pthread_t id;
	uint32_t rung, stop;
};

static void
ring_other(struct canvas_thread *thread)
{
	__atomic_store_n(
		&container_of(thread, struct other, thread)->rung, 1, __ATOMIC_SEQ_CST);
}

TEST_WITH(an_act_waits_for_every_thread, set_up, tear_down)
{
	struct fixture *f = *state;
	struct other other = { 0 };

	canvas_thread_start(&f->canvas, &other.thread, ring_other);
	assert_int_equal(reins_freeze(f->reins, NULL, on_done, f), 0);
	assert_int_equal(reins_clear(f->reins, NULL, RED, on_done, f), 0);
	assert_int_equal(f->n_done, 0);
	for (int i = 0; i < 50; i++)
		uv_run(&f->loop.uv, UV_RUN_NOWAIT);
	assert_int_equal(f->n_done, 0);
	assert_false(canvas_is_frozen(&f->canvas));
	assert_int_equal(other.rung, 1);
	assert_int_equal(f->brush.near_width, 0);
	canvas_thread_look(&other.thread);
	while (f->n_done < 2)
		uv_run(&f->loop.uv, UV_RUN_ONCE);
	assert_true(canvas_is_frozen(&f->canvas));
	assert_int_equal(pixel(f, 3, 3), RED);
	canvas_thread_stop(&other.thread);
}

/* ---- the hand */

static int
open_numbers(void *arg, const struct mural_rect *rect)
{
	struct fixture *f = arg;

	f->opened = *rect;
	return 0;
}

static const uint32_t *
row_of_numbers(void *arg, uint32_t y)
{
	struct fixture *f = arg;

	for (uint32_t x = 0; x < f->opened.width; x++)
		f->row[x] = 0xff000000 | (y * f->opened.width + x);
	return f->row;
}

static void
close_numbers(void *arg)
{
	((struct fixture *)arg)->opened = (struct mural_rect){ 0 };
}

static const struct reins_picture numbers = { open_numbers, row_of_numbers,
	close_numbers };

static int
find_nothing(void *arg, const struct mural_rect *rect)
{
	(void)arg;
	(void)rect;
	return -ENOENT;
}

static const struct reins_picture nothing = { .open = find_nothing };

TEST_WITH(an_act_can_be_taken_back, set_up, tear_down)
{
	struct fixture *f = *state;
	uint64_t clear;

	wait_done(f, reins_take_back(f->reins, 0, on_done, f));
	assert_int_equal(f->done.error, -ENOENT);
	mural_fill(&f->brush, 0, 0, 20, 20, RED);
	wait_done(f, reins_freeze(f->reins, NULL, on_done, f));
	wait_done(f, reins_clear(f->reins, RECT(10, 10, 20, 20), BLUE, on_done, f));
	assert_int_equal(f->done.pixels, 400);
	assert_int_equal(pixel(f, 19, 19), BLUE);
	clear = f->done.number;
	assert_int_not_equal(clear, 0);
	wait_done(f, reins_thaw(f->reins, NULL, on_done, f));
	mural_put(&f->brush, 11, 11, 0xff00ff00);
	wait_done(f, reins_take_back(f->reins, clear + 1, on_done, f));
	assert_int_equal(f->done.error, -ESTALE);
	wait_done(f, reins_take_back(f->reins, clear, on_done, f));
	assert_int_equal(f->done.error, 0);
	assert_int_equal(f->done.pixels, 399);
	assert_int_equal(pixel(f, 11, 11), 0xff00ff00);
	assert_int_equal(pixel(f, 19, 19), RED);
	assert_int_equal(pixel(f, 20, 20), BACKGROUND);
	/* and that as well */
	wait_done(f, reins_take_back(f->reins, f->done.number, on_done, f));
	assert_int_equal(f->done.pixels, 399);
	assert_int_equal(pixel(f, 11, 11), 0xff00ff00);
	assert_int_equal(pixel(f, 19, 19), BLUE);
}

static void
assert_changed(const struct fixture *f, size_t i, struct mural_rect rect)
{
	assert_in_range(i, 0, f->done.n_changed - 1);
	assert_memory_equal(&f->changed[i], &rect, sizeof(rect));
}

TEST_WITH(an_act_says_what_it_changed, set_up, tear_down)
{
	struct fixture *f = *state;
	uint64_t clear;

	wait_done(f, reins_clear(f->reins, NULL, BLUE, on_done, f));
	assert_int_equal(f->done.n_changed, 1);
	assert_changed(f, 0, *RECT(0, 0, WIDTH, HEIGHT));
	wait_done(f, reins_clear(f->reins, RECT(10, 10, 50, 70), RED, on_done, f));
	assert_int_equal(f->done.n_changed, 1);
	assert_changed(f, 0, *RECT(10, 10, 50, 70));
	clear = f->done.number;
	/* what others paint meanwhile stays, and is not changed */
	mural_fill(&f->brush, 0, 0, WIDTH, HEIGHT, 0xff00ff00);
	mural_put(&f->brush, 12, 13, RED);
	mural_put(&f->brush, 20, 14, RED);
	mural_put(&f->brush, 59, 79, RED);
	wait_done(f, reins_take_back(f->reins, clear, on_done, f));
	assert_int_equal(f->done.pixels, 3);
	assert_int_equal(f->done.n_changed, 2);
	assert_changed(f, 0, *RECT(12, 13, 9, 2));
	assert_changed(f, 1, *RECT(59, 79, 1, 1));
	wait_done(f, reins_freeze(f->reins, NULL, on_done, f));
	assert_int_equal(f->done.n_changed, 0);
}

TEST_WITH(a_picture_is_restored_in_one_frame, set_up, tear_down)
{
	struct fixture *f = *state;
	struct mural_reader *reader = canvas_reader_new(&f->canvas);
	uint64_t tiles[8];

	mural_reader_take(reader, tiles);
	wait_done(
		f, reins_restore(f->reins, RECT(100, 50, 1000, 2), &numbers, on_done, f));
	assert_int_equal(f->done.pixels, 100);
	assert_int_equal(pixel(f, 100, 50), 0xff000000);
	assert_int_equal(pixel(f, 149, 51), 0xff000063);
	assert_int_equal(f->opened.width, 0);
	assert_true(mural_reader_take(reader, tiles));
	assert_false(mural_reader_take(reader, tiles));
	wait_done(f, reins_restore(f->reins, NULL, &nothing, on_done, f));
	assert_int_equal(f->done.error, -ENOENT);
	assert_int_equal(f->done.number, 0);
	mural_reader_free(reader);
}

struct recorder {
	struct canvas *canvas;
	pthread_t thread;
	uint32_t saw;
	bool over; /* the main thread's */
};

static void *
look_later(void *arg)
{
	struct recorder *recorder = arg;

	canvas_give_way(recorder->canvas);
	recorder->saw = recorder->canvas->pixels[0];
	return NULL;
}

static int
begin_recording(void *arg, const struct mural_rect *rect)
{
	struct recorder *recorder = arg;

	(void)rect;
	return -pthread_create(&recorder->thread, NULL, look_later, recorder);
}

static const uint32_t *
red_row(void *arg, uint32_t y)
{
	static const uint32_t red[] = { RED };

	(void)arg;
	(void)y;
	return red;
}

static const struct reins_picture recorded = { begin_recording, red_row, NULL };

static void
on_recorded(void *arg, const struct reins_done *done)
{
	struct recorder *recorder = arg;

	assert_int_equal(done->error, 0);
	pthread_join(recorder->thread, NULL);
	recorder->over = true;
}

/* What is copied meanwhile is the canvas after it. */
TEST_WITH(who_gives_way_goes_on_after_an_act, set_up, tear_down)
{
	struct fixture *f = *state;
	struct recorder recorder = { .canvas = &f->canvas };

	look_later(&recorder);
	assert_int_equal(recorder.saw, BACKGROUND);
	assert_int_equal(reins_restore(f->reins, RECT(0, 0, 1, 1), &recorded, on_recorded,
				 &recorder),
		0);
	while (!recorder.over)
		uv_run(&f->loop.uv, UV_RUN_ONCE);
	assert_int_equal(recorder.saw, RED);
}

TEST_WITH(nothing_lies_outside, set_up, tear_down)
{
	struct fixture *f = *state;
	const struct mural_rect *outside = RECT(WIDTH, 0, 1, 1);

	assert_int_equal(reins_freeze(f->reins, outside, on_done, f), -ERANGE);
	assert_int_equal(reins_thaw(f->reins, RECT(0, 0, 0, 9), on_done, f), -ERANGE);
	assert_int_equal(reins_protect(f->reins, outside, NULL, on_done, f), -ERANGE);
	assert_int_equal(reins_clear(f->reins, outside, RED, on_done, f), -ERANGE);
	assert_int_equal(reins_restore(f->reins, outside, &nothing, on_done, f), -ERANGE);
	assert_int_equal(f->n_done, 0);
}

TEST_WITH(what_is_still_to_be_done_is_cancelled, set_up, tear_down)
{
	struct fixture *f = *state;

	for (int i = 0; i < 3; i++)
		assert_int_equal(reins_clear(f->reins, NULL, RED, on_done, f), 0);
	reins_free(f->reins);
	assert_int_equal(f->n_done, 3);
	assert_int_equal(f->done.error, -ECANCELED);
	f->reins = NULL;
}

UNIT_TESTS(NULL, NULL)
