/* SPDX-License-Identifier: MIT */
/* How long work in the background gives way to acts that change rules. */
#include "canvas/canvas.h"
#include "canvas/reins.h"
#include "support/unit.h"
#include "unit/canvas/awake-loop.h"

static void
on_done(void *arg, const struct reins_done *done)
{
	assert_int_equal(done->error, 0);
	*(bool *)arg = true;
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
	struct awake_loop loop;
	struct canvas canvas;
	struct reins *reins;
	uint64_t begin;

	awake_loop_start(&loop);
	assert_int_equal(canvas_init(&canvas, 64, 64, 0xff000000), 0);
	reins = reins_new(&canvas, &loop.uv);
	assert_non_null(reins);
	uv_update_time(&loop.uv);
	begin = uv_now(&loop.uv);
	freeze(reins, &loop.uv);
	freeze(reins, &loop.uv);
	assert_int_equal(canvas.hurries, 1);
	while (canvas.hurries > 0)
		uv_run(&loop.uv, UV_RUN_NOWAIT);
	canvas_give_way(&canvas);
	while (canvas.hurries == 0)
		freeze(reins, &loop.uv);
	assert_true(uv_now(&loop.uv) >= begin + CALM_MS);
	awake_loop_release(&loop);
	reins_free(reins);
	assert_int_equal(canvas.hurries, 0);
	canvas_finish(&canvas);
	assert_int_equal(uv_loop_close(&loop.uv), 0);
}

UNIT_TESTS(NULL, NULL)
