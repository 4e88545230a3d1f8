/* SPDX-License-Identifier: MIT */
/* How long work in the background gives way to acts that change rules. */
#include "canvas/canvas.h"
#include "canvas/reins.h"
#include "support/unit.h"

static void
on_done(void *arg, const struct reins_done *done)
{
	assert_int_equal(done->error, 0);
	*(bool *)arg = true;
}

static void
on_late(uv_timer_t *timer)
{
	(void)timer;
	abort();
}

static void
freeze(struct reins *reins, uv_loop_t *loop)
{
	bool is_done = false;

	assert_int_equal(reins_freeze(reins, NULL, on_done, &is_done), 0);
	while (!is_done)
		uv_run(loop, UV_RUN_NOWAIT);
}

enum { CALM_MS = 100 }; /* from one wait to the next, at least */

/* Which is after they hold; not twice as long for two, nor all the time for many. */
TEST(the_background_waits_until_new_rules_are_shown)
{
	uv_loop_t loop;
	struct canvas canvas;
	struct reins *reins;
	uv_timer_t awake; /* the loop has something to do */
	uint64_t begin;

	assert_int_equal(uv_loop_init(&loop), 0);
	uv_timer_init(&loop, &awake);
	uv_timer_start(&awake, on_late, 600000, 0);
	assert_int_equal(canvas_init(&canvas, 64, 64, 0xff000000), 0);
	reins = reins_new(&canvas, &loop);
	assert_non_null(reins);
	uv_update_time(&loop);
	begin = uv_now(&loop);
	freeze(reins, &loop);
	freeze(reins, &loop);
	assert_int_equal(canvas.hurries, 1);
	while (canvas.hurries > 0)
		uv_run(&loop, UV_RUN_NOWAIT);
	canvas_give_way(&canvas);
	while (canvas.hurries == 0)
		freeze(reins, &loop);
	assert_true(uv_now(&loop) >= begin + CALM_MS);
	reins_free(reins);
	assert_int_equal(canvas.hurries, 0);
	canvas_finish(&canvas);
	uv_close((uv_handle_t *)&awake, NULL);
	uv_run(&loop, UV_RUN_NOWAIT);
	assert_int_equal(uv_loop_close(&loop), 0);
}

UNIT_TESTS(NULL, NULL)
