/* SPDX-License-Identifier: MIT */
/* A canvas with owners, on which three people with names paint: the fixture of the tests
 * of owners. */
#pragma once

#include "canvas/canvas-private.h"
#include "canvas/hand.h"
#include "canvas/keeper.h"
#include "support/unit.h"

#define WIDTH 70
#define HEIGHT 40
#define BACKGROUND 0xff102030
#define CROWD OWNER_CROWD

enum { ANNA, BEN, CARL, PEOPLE };

struct fixture {
	struct canvas canvas;
	struct keeper *keeper;
	struct hand hand;
	struct mural_brush brush;
	uint16_t ids[PEOPLE];
};

static inline uint16_t
name_id(struct fixture *f, const char *name)
{
	const struct owner_key key = { .name = name, .proven = true };

	return owners_find(f->canvas.owners, &key, CROWD);
}

static inline int
set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_int_equal(canvas_init(&f->canvas, WIDTH, HEIGHT, BACKGROUND), 0);
	assert_int_equal(canvas_keep_owners(&f->canvas), 0);
	assert_int_equal(owners_crowd(f->canvas.owners, "p2"), CROWD);
	f->keeper = keeper_new(&f->canvas);
	assert_int_equal(hand_init(&f->hand, &f->canvas, f->keeper), 0);
	assert_int_equal(
		canvas_brush_init(&f->canvas, &f->brush, 0, 0, WIDTH, HEIGHT), 0);
	f->ids[ANNA] = name_id(f, "anna");
	f->ids[BEN] = name_id(f, "ben");
	f->ids[CARL] = name_id(f, "carl");
	*state = f;
	return 0;
}

static inline int
tear_down(void **state)
{
	struct fixture *f = *state;

	canvas_brush_finish(&f->brush);
	hand_finish(&f->hand);
	keeper_free(f->keeper);
	canvas_finish(&f->canvas);
	free(f);
	return 0;
}

/* The keeper sees what was there before, and then what is there now. */
static inline void
paint(struct fixture *f, int who, uint32_t x, uint32_t y, uint32_t argb)
{
	const struct canvas_painter as = { .id = f->ids[who] };

	canvas_brush_paint_as(&f->brush, &as);
	mural_put(&f->brush, x, y, argb);
	canvas_publish(&f->canvas, &f->brush);
	keeper_lock(f->keeper);
	keeper_pass(f->keeper);
	keeper_unlock(f->keeper);
}

static inline uint32_t
colour(const struct fixture *f, uint32_t x, uint32_t y)
{
	return word_colour(pixel_load(&f->canvas, x, y));
}

static inline uint16_t
owner(const struct fixture *f, uint32_t x, uint32_t y)
{
	return word_id(pixel_load(&f->canvas, x, y));
}
