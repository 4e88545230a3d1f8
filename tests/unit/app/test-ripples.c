/* SPDX-License-Identifier: MIT */
/* Which pixels are marked with a ripple. */
#include "app/hud-ripples.h"

#include <unistd.h>

#include "ingest/worker.h"
#include "support/unit.h"

/* A wall with two instances on one thread. */
struct desk {
	struct instance slow, fast;
	struct shard slow_shard, fast_shard;
	struct plugins plugins;
	struct ingest ingest;
	uv_loop_t loop;
	struct canvas canvas;
	struct hud *hud;
	struct hud_ripples ripples;
	uint32_t colour;
};

/* UV_RUN_ONCE blocks for good if the last timer was due before it. */
static void
turn(uv_loop_t *loop)
{
	uv_run(loop, UV_RUN_NOWAIT);
	usleep(1000);
}

/* Until it sleeps; what was painted before is seen then. */
static void
look(struct desk *desk)
{
	do
		turn(&desk->loop);
	while (uv_is_active((uv_handle_t *)&desk->ripples.again));
}

static void
begin(struct desk *desk)
{
	*desk = (struct desk){ .ingest = { .n_workers = 1 } };
	desk->ingest.plugins = &desk->plugins;
	desk->plugins.instances = &desk->slow;
	desk->slow.next = &desk->fast;
	desk->slow.shards = &desk->slow_shard;
	desk->fast.shards = &desk->fast_shard;
	desk->hud = hud_new();
	uv_loop_init(&desk->loop);
	assert_int_equal(canvas_init(&desk->canvas, 640, 320, 0xff000000), 0);
	assert_int_equal(hud_ripples_start(&desk->ripples, desk->hud, &desk->ingest,
				 &desk->canvas, &desk->loop),
		0);
	look(desk);
}

static void
end(struct desk *desk)
{
	hud_ripples_stop(&desk->ripples);
	hud_ripples_stop(&desk->ripples);
	uv_run(&desk->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&desk->loop), 0);
	canvas_finish(&desk->canvas);
	hud_free(desk->hud);
}

/* As workers do: what is counted, then what is seen.  `shard` NULL: nobody did. */
static void
paint(struct desk *desk, struct shard *shard, uint32_t n)
{
	struct mural_brush brush;

	assert_int_equal(canvas_brush_init(&desk->canvas, &brush, 0, 0, 640, 320), 0);
	for (uint32_t i = 0; i < n; i++)
		mural_put(&brush, 100 * i % 640, 50 * i % 320,
			0xff000000 | ++desk->colour * 4099);
	if (shard)
		shard->published.painted += n;
	canvas_publish(&desk->canvas, &brush);
	canvas_brush_finish(&brush);
}

/* How many there are now; then there are none. */
static uint32_t
ripples_after(struct desk *desk)
{
	struct hud_ripple ripples[HUD_RIPPLES_MAX];
	uint32_t n;

	look(desk);
	n = hud_get_ripples(desk->hud, ripples);
	hud_set_ripples(desk->hud, ripples, 0);
	desk->ripples.n = 0;
	return n;
}

TEST(what_slow_protocols_paint_has_ripples)
{
	struct hud_ripple ripples[HUD_RIPPLES_MAX];
	struct desk desk;

	begin(&desk);
	assert_int_equal(ripples_after(&desk), 0);
	paint(&desk, &desk.slow_shard, 2);
	look(&desk);
	assert_int_equal(hud_get_ripples(desk.hud, ripples), 2);
	assert_int_equal(ripples[0].x, 0);
	assert_int_equal(ripples[0].y, 0);
	assert_int_equal(ripples[1].x, 100);
	assert_int_equal(ripples[1].y, 50);
	end(&desk);
}

/* The operator's hand, whose paint is counted for nobody, and who is not slow. */
TEST(others_have_none)
{
	struct desk desk;

	begin(&desk);
	paint(&desk, NULL, 1);
	assert_int_equal(ripples_after(&desk), 0);
	paint(&desk, &desk.fast_shard, 21);
	assert_int_equal(ripples_after(&desk), 0);
	paint(&desk, &desk.fast_shard, 1);
	paint(&desk, &desk.slow_shard, 1);
	assert_int_equal(ripples_after(&desk), 0);
	/* which is slow still beside it */
	paint(&desk, &desk.slow_shard, 2);
	assert_int_equal(ripples_after(&desk), 2);
	end(&desk);
}

/* Nor two at one place, or more than eight. */
TEST(they_are_few)
{
	struct desk desk;

	begin(&desk);
	paint(&desk, &desk.slow_shard, 1);
	desk.ripples.ripples[0] = (struct hud_ripple){ 4, 3, uv_hrtime() + 60000000000 };
	desk.ripples.n = 1;
	look(&desk);
	assert_int_equal(desk.ripples.n, 1);
	assert_int_equal(desk.ripples.ripples[0].x, 4);
	assert_int_equal(ripples_after(&desk), 0);
	paint(&desk, &desk.slow_shard, 13);
	assert_int_equal(ripples_after(&desk), HUD_RIPPLES_MAX);
	end(&desk);
}

/* Of more places than are kept none is made up when one of before is near two. */
TEST(places_that_are_not_kept_have_none)
{
	struct mural_brush brush;
	struct desk desk;

	begin(&desk);
	desk.ripples.ripples[0] = (struct hud_ripple){ 9, 3, uv_hrtime() + 60000000000 };
	desk.ripples.n = 1;
	assert_int_equal(canvas_brush_init(&desk.canvas, &brush, 0, 0, 640, 320), 0);
	mural_put(&brush, 5, 3, 0xff00ff00);
	mural_put(&brush, 13, 3, 0xff00ff00);
	for (uint32_t i = 1; i < 19; i++)
		mural_put(&brush, 32 * i, 300, 0xff00ff00);
	desk.slow_shard.published.painted += 20;
	canvas_publish(&desk.canvas, &brush);
	canvas_brush_finish(&brush);
	look(&desk);
	assert_int_equal(desk.ripples.n, HUD_RIPPLES_MAX - 1);
	end(&desk);
}

/* It is looked at when it is over, and what it left is no news. */
TEST(a_flood_is_not_looked_at)
{
	struct desk desk;

	begin(&desk);
	desk.fast_shard.published.painted += 10001;
	paint(&desk, &desk.slow_shard, 1);
	while (desk.ripples.knows)
		turn(&desk.loop);
	assert_true(uv_is_active((uv_handle_t *)&desk.ripples.again));
	assert_int_equal(ripples_after(&desk), 0);
	assert_true(desk.ripples.knows);
	paint(&desk, &desk.slow_shard, 1);
	assert_int_equal(ripples_after(&desk), 1);
	end(&desk);
}

static int
start_service(struct mural_host *host)
{
	(void)host;
	return 0;
}

/* A tap on the page paints a cell, which is one place. */
TEST(a_cell_has_one_ripple)
{
	const struct mural_plugin board = { .start = start_service };
	struct mural_brush brush;
	struct desk desk;

	begin(&desk);
	desk.slow.plugin = &board;
	assert_int_equal(canvas_brush_init(&desk.canvas, &brush, 0, 0, 640, 320), 0);
	for (uint32_t cell = 0; cell < 2; cell++)
		mural_fill(&brush, 200 + 80 * cell, 100, 4, 4, 0xff00ff00);
	desk.slow_shard.published.painted += 2 * 16;
	canvas_publish(&desk.canvas, &brush);
	canvas_brush_finish(&brush);
	assert_int_equal(ripples_after(&desk), 2);
	end(&desk);
}

UNIT_TESTS(NULL, NULL)
