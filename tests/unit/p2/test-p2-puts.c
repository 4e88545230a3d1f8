/* SPDX-License-Identifier: MIT */
/* Tests that blocks of Puts paint what their Puts would paint one after the other. */
#include <string.h>

#include "canvas/canvas.h"
#include "p2/puts.h"
#include "support/unit.h"

/* Of the canvas, and of a region whose corner is in the middle of a tile. */
#define WIDTH 300
#define HEIGHT 200
#define REGION_LEFT 37
#define REGION_TOP 13
#define REGION_WIDTH 200
#define REGION_HEIGHT 150

/* 0,0 in the region. */
#define LEFT 90
#define TOP (-40)

struct wall {
	struct canvas canvas;
	struct mural_brush brush;
};

static void
wall_open(struct wall *wall)
{
	assert_int_equal(canvas_init(&wall->canvas, WIDTH, HEIGHT, 0xff000000), 0);
	assert_int_equal(canvas_brush_init(&wall->canvas, &wall->brush, REGION_LEFT,
				 REGION_TOP, REGION_WIDTH, REGION_HEIGHT),
		0);
}

static void
wall_close(struct wall *wall)
{
	canvas_brush_finish(&wall->brush);
	canvas_finish(&wall->canvas);
}

static void
assert_same_walls(const struct wall *wall, const struct wall *model)
{
	const struct mural_brush *brush = &wall->brush;
	const size_t tiles = (size_t)brush->tiles_x * ((HEIGHT + 31) / 32);

	for (uint32_t y = 0; y < REGION_HEIGHT; y++) {
		for (uint32_t x = 0; x < REGION_WIDTH; x++) {
			uint32_t is, should;

			assert_true(mural_get(brush, x, y, &is));
			assert_true(mural_get(&model->brush, x, y, &should));
			assert_int_equal(is, should);
		}
	}
	assert_memory_equal(brush->damage, model->brush.damage, tiles);
	assert_int_equal(brush->painted, model->brush.painted);
	assert_memory_equal(
		brush->discarded, model->brush.discarded, sizeof(model->brush.discarded));
}

/* Where some of a block's Puts are; the others are where they meet each other. */
enum where { INSIDE, AT_THE_EDGE, FAR_AWAY };

static int32_t
coordinate(enum where where, int32_t side)
{
	const int32_t edge[] = { -1, 0, side - 1, side };

	if (where == AT_THE_EDGE)
		return edge[random() % 4];
	return (int32_t)(random() % 65025) - 32512;
}

/* Puts of any colour, one of sixteen `where`. */
static void
make_block(struct p2_block *block, enum where where)
{
	for (unsigned i = 0; i < P2_BLOCK; i++) {
		const bool is_there = where != INSIDE && random() % 16 == 0;

		block->x[i] = random() % 40 - LEFT;
		block->y[i] = REGION_HEIGHT - 1 - random() % 40 - TOP;
		block->argb[i] = 0xff000000 | (uint32_t)random();
		if (is_there && random() % 2)
			block->x[i] = coordinate(where, REGION_WIDTH) - LEFT;
		else if (is_there)
			block->y[i] = coordinate(where, REGION_HEIGHT) - TOP;
	}
}

static void
paint_one_by_one(struct wall *model, const struct p2_block *block, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		mural_put(&model->brush, (uint32_t)(block->x[i] + LEFT),
			(uint32_t)(block->y[i] + TOP), block->argb[i]);
}

/* Some callbacks of some blocks each, of which some are not painted whole. */
static void
paint_both(struct wall *wall, struct wall *model, enum where where)
{
	struct p2_puts puts;
	struct p2_block block;

	for (int callback = 0; callback < 100; callback++) {
		p2_puts_begin(&puts, &wall->brush, LEFT, TOP);
		for (long blocks = random() % 5; blocks > 0; blocks--) {
			const unsigned n = random() % 8 ? P2_BLOCK : random() % P2_BLOCK;

			make_block(&block, random() % 3 ? where : INSIDE);
			p2_puts_add(&puts, &block, n);
			paint_one_by_one(model, &block, n);
		}
		p2_puts_finish(&puts);
		assert_same_walls(wall, model);
	}
}

static void
assert_paints_alike(enum where where, bool is_near)
{
	struct wall wall, model;

	srandom(5);
	wall_open(&wall);
	wall_open(&model);
	if (!is_near)
		wall.brush.near_width = wall.brush.near_height = 0;
	paint_both(&wall, &model, where);
	wall_close(&wall);
	wall_close(&model);
}

TEST(blocks_paint_what_their_puts_would)
{
	assert_paints_alike(INSIDE, true);
}

TEST(what_lies_outside_is_counted)
{
	assert_paints_alike(AT_THE_EDGE, true);
	assert_paints_alike(FAR_AWAY, true);
}

TEST(murald_looks_where_it_must)
{
	assert_paints_alike(INSIDE, false);
	assert_paints_alike(FAR_AWAY, false);
}

/* The last of several colours stays, also across blocks. */
TEST(puts_on_one_pixel_stay_in_order)
{
	struct wall wall;
	struct p2_block block;
	struct p2_puts puts;
	uint32_t argb = 0;

	wall_open(&wall);
	p2_puts_begin(&puts, &wall.brush, 0, 0);
	for (uint32_t n = 0; n < 5; n++) {
		for (unsigned i = 0; i < P2_BLOCK; i++) {
			block.x[i] = block.y[i] = 7;
			block.argb[i] = 0xff000000 | (n << 8) | i;
		}
		if (n % 2 == 0)
			block.x[0] = -1; /* by the slow path */
		p2_puts_add(&puts, &block, P2_BLOCK);
	}
	p2_puts_finish(&puts);
	assert_true(mural_get(&wall.brush, 7, 7, &argb));
	assert_int_equal(argb, 0xff000000 | 4 << 8 | (P2_BLOCK - 1));
	assert_int_equal(wall.brush.painted, 5 * P2_BLOCK - 3);
	wall_close(&wall);
}

UNIT_TESTS(NULL, NULL)
