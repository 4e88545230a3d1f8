/* SPDX-License-Identifier: MIT */
/* The reins make room for new sources by themselves. */
#include <malloc.h>

#include "base/util.h"
#include "canvas/canvas-private.h"
#include "canvas/keeper.h"
#include "canvas/reins-private.h"
#include "support/unit.h"

#define SIDE 128
#define CROWD OWNER_CROWD

/* Each source has a pixel, until no more get an id of their own. */
static void
paint_until_full(struct canvas *canvas, struct mural_brush *brush)
{
	for (uint32_t i = 0; !owners_is_full(canvas->owners); i++) {
		const struct ip_key address = { .v4 = true, .low = i };
		const struct owner_key key = { .address = &address };
		struct canvas_painter as = { 0 };

		assert_in_range(i, 0, SIDE * SIDE - 1);
		(void)owners_find(canvas->owners, &key, CROWD);
		as.id = owners_find(canvas->owners, &key, CROWD);
		if (as.id == CROWD)
			continue;
		canvas_brush_paint_as(brush, &as);
		mural_put(brush, i % SIDE, i / SIDE, 0xffffffff);
	}
	canvas_publish(canvas, brush);
}

static bool
has_crowd(const struct canvas *canvas)
{
	for (uint32_t i = 0; i < SIDE * SIDE; i++)
		if (word_id(pixel_load(canvas, i % SIDE, i / SIDE)) == CROWD)
			return true;
	return false;
}

static void
on_late(uv_timer_t *timer)
{
	(void)timer;
	abort();
}

/* Nobody waits for it: what is being recorded goes on beside it. */
TEST(room_is_made_without_hurry)
{
	struct canvas canvas;
	struct mural_brush brush;
	struct reins *reins;
	uv_timer_t awake; /* the reins do not keep a loop running */
	uv_loop_t loop;
	bool was_at_it, hurried;

	mallopt(M_PERTURB, 0xa5); /* for libuv to notice what is freed too soon */
	uv_loop_init(&loop);
	uv_timer_init(&loop, &awake);
	uv_timer_start(&awake, on_late, 60000, 0);
	assert_int_equal(canvas_init(&canvas, SIDE, SIDE, 0xff000000), 0);
	assert_int_equal(canvas_keep_owners(&canvas), 0);
	owners_crowd(canvas.owners, "icmp");
	reins = reins_new(&canvas, &loop);
	assert_non_null(reins);
	assert_int_equal(canvas_brush_init(&canvas, &brush, 0, 0, SIDE, SIDE), 0);
	paint_until_full(&canvas, &brush);

	keeper_lock(reins->keeper); /* what it ends with waits for that */
	while (!has_crowd(&canvas))
		uv_run(&loop, UV_RUN_NOWAIT);
	was_at_it = reins->making_room;
	hurried = __atomic_load_n(&canvas.hurries, __ATOMIC_RELAXED) != 0;
	keeper_unlock(reins->keeper);
	assert_true(was_at_it);
	assert_false(hurried);
	while (reins->making_room)
		uv_run(&loop, UV_RUN_NOWAIT);

	uv_close((uv_handle_t *)&awake, NULL);
	canvas_brush_finish(&brush);
	reins_free(reins);
	canvas_finish(&canvas);
	assert_int_equal(uv_loop_close(&loop), 0);
}

UNIT_TESTS(NULL, NULL)
