/* SPDX-License-Identifier: MIT */
/* What the reins do for owners by themselves: they make room for new sources, and keep
 * stamps of time from wrapping. */
#include <malloc.h>

#include "base/util.h"
#include "canvas/canvas-private.h"
#include "canvas/keeper.h"
#include "canvas/reins-private.h"
#include "support/unit.h"
#include "unit/canvas/awake-loop.h"

#define SIDE 128
#define CROWD OWNER_CROWD

struct fixture {
	struct canvas canvas;
	struct mural_brush brush;
	struct reins *reins;
	struct awake_loop loop;
};

static int
set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	mallopt(M_PERTURB, 0xa5); /* for libuv to notice what is freed too soon */
	awake_loop_start(&f->loop);
	assert_int_equal(canvas_init(&f->canvas, SIDE, SIDE, 0xff000000), 0);
	assert_int_equal(canvas_keep_owners(&f->canvas), 0);
	owners_crowd(f->canvas.owners, "icmp");
	f->reins = reins_new(&f->canvas, &f->loop.uv);
	assert_non_null(f->reins);
	assert_int_equal(canvas_brush_init(&f->canvas, &f->brush, 0, 0, SIDE, SIDE), 0);
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	awake_loop_release(&f->loop);
	canvas_brush_finish(&f->brush);
	reins_free(f->reins);
	canvas_finish(&f->canvas);
	assert_int_equal(uv_loop_close(&f->loop.uv), 0);
	free(f);
	return 0;
}

/* The id of a source that is seen for the second time. */
static uint16_t
find_owner(struct fixture *f, uint32_t address)
{
	const struct ip_key ip = { .v4 = true, .low = address };
	const struct owner_key key = { .address = &ip };

	(void)owners_find(f->canvas.owners, &key, CROWD);
	return owners_find(f->canvas.owners, &key, CROWD);
}

/* Each source, which has the number of its pixel, until no more get an id of their own.
 */
static void
paint_until_full(struct fixture *f)
{
	for (uint32_t i = 0; !owners_is_full(f->canvas.owners); i++) {
		struct canvas_painter as = { .id = find_owner(f, i) };

		assert_in_range(i, 0, SIDE * SIDE - 1);
		if (as.id == CROWD)
			continue;
		canvas_brush_paint_as(&f->brush, &as);
		mural_put(&f->brush, i % SIDE, i / SIDE, 0xffffffff);
	}
	canvas_publish(&f->canvas, &f->brush);
}

/* How many pixels their crowd has; those that a source has are its own. */
static uint32_t
count_crowd(struct fixture *f)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < SIDE * SIDE; i++) {
		const uint16_t id = word_id(pixel_load(&f->canvas, i % SIDE, i / SIDE));
		char own[32];
		struct owner who;

		n += id == CROWD;
		if (id < OWNER_FIRST)
			continue;
		snprintf(own, sizeof(own), "0.0.%u.%u", i / 256, i % 256);
		owners_describe(f->canvas.owners, id, &who);
		assert_string_equal(who.source, own);
	}
	return n;
}

static void
await_room(struct fixture *f)
{
	while (f->reins->making_room || owners_is_full(f->canvas.owners))
		uv_run(&f->loop.uv, UV_RUN_NOWAIT);
}

/* Nobody waits for it: what is being recorded goes on beside it. */
TEST_WITH(room_is_made_without_hurry, set_up, tear_down)
{
	struct fixture *f = *state;
	bool was_at_it, hurried;

	paint_until_full(f);
	keeper_lock(f->reins->keeper); /* what it ends with waits for that */
	while (count_crowd(f) == 0)
		uv_run(&f->loop.uv, UV_RUN_NOWAIT);
	was_at_it = f->reins->making_room;
	hurried = __atomic_load_n(&f->canvas.hurries, __ATOMIC_RELAXED) != 0;
	keeper_unlock(f->reins->keeper);
	assert_true(was_at_it);
	assert_false(hurried);
	await_room(f);
}

/* As when memory was short after they had been forgotten: nobody gets their ids, and no
 * act finds them any more, until it is tried again. */
TEST_WITH(room_that_was_not_made_is_made_later, set_up, tear_down)
{
	struct fixture *f = *state;
	struct owners *owners = f->canvas.owners;
	uint64_t ids[65536 / 64] = { 0 }, rest[65536 / 64] = { 0 };
	int all, left;

	paint_until_full(f);
	all = owners_match(owners, "0.0.0.0/8", ids);
	assert_true(owners_forget(owners));
	left = owners_match(owners, "0.0.0.0/8", rest);
	assert_in_range(left, 1, all - 1);
	assert_true(owners_forget(owners));
	assert_int_equal(owners_match(owners, "0.0.0.0/8", rest), left);
	assert_true(owners_is_full(owners));
	await_room(f);
	assert_int_equal(count_crowd(f), all - left);
	assert_true(find_owner(f, SIDE * SIDE) != CROWD);
}

static void
on_done(void *arg, const struct reins_done *done)
{
	*(struct reins_done *)arg = *done;
}

static uint64_t
await_act(struct fixture *f, struct reins_done *done)
{
	while (done->at.tv_sec == 0)
		uv_run(&f->loop.uv, UV_RUN_ONCE);
	assert_int_equal(done->error, 0);
	return done->number;
}

/* What an act replaced comes back as its crowd's, and not as that of who has its id
 * since.
 */
TEST_WITH(taking_back_after_room_was_made, set_up, tear_down)
{
	struct fixture *f = *state;
	const struct mural_rect all = { 0, 0, SIDE, SIDE };
	struct reins_done cleared = { 0 }, back = { 0 };
	uint64_t number;

	paint_until_full(f);
	assert_int_equal(reins_clear(f->reins, &all, 0, on_done, &cleared), 0);
	number = await_act(f, &cleared);
	await_room(f);
	for (uint32_t i = 0; find_owner(f, SIDE * SIDE + i) != CROWD; i++)
		continue;
	assert_int_equal(reins_take_back(f->reins, number, on_done, &back), 0);
	(void)await_act(f, &back);
	assert_true(count_crowd(f) > 0);
}

/* Those that are forged while room is made find none yet, for which no proven source is
 * forgotten. */
TEST_WITH(forged_ones_take_no_proven_ones_place, set_up, tear_down)
{
	struct fixture *f = *state;
	const struct ip_key ip = { .v4 = true, .low = SIDE * SIDE - 1 };
	const struct owner_key key = { .address = &ip, .proven = true };
	const uint16_t id = owners_find(f->canvas.owners, &key, CROWD);
	struct canvas_painter as = { .id = id };

	assert_true(id != CROWD);
	canvas_brush_paint_as(&f->brush, &as);
	mural_put(&f->brush, SIDE - 1, SIDE - 1, 0xffffffff);
	paint_until_full(f);
	while (!f->reins->making_room)
		uv_run(&f->loop.uv, UV_RUN_ONCE);
	assert_int_equal(find_owner(f, SIDE * SIDE), CROWD);
	await_room(f);
	assert_int_equal(word_id(pixel_load(&f->canvas, SIDE - 1, SIDE - 1)), id);
	assert_int_equal(owners_find(f->canvas.owners, &key, CROWD), id);
}

TEST_WITH(nobody_is_highlighted_in_the_place_of_another, set_up, tear_down)
{
	struct fixture *f = *state;
	struct reins_sources all = { { 0 } };
	uint16_t id;

	paint_until_full(f);
	assert_true(reins_sources_add(f->reins, "0.0.0.0/8", &all) > 0);
	assert_int_equal(reins_highlight(f->reins, &all), 0);
	await_room(f);
	id = find_owner(f, SIDE * SIDE);
	assert_true(id != CROWD);
	assert_false(word_has_id(owner_word(id, 0), f->canvas.highlighted));
}

static void
pass(struct fixture *f)
{
	keeper_lock(f->reins->keeper);
	keeper_pass(f->reins->keeper);
	keeper_unlock(f->reins->keeper);
}

static bool
is_too_old(uint64_t word, uint16_t oldest)
{
	return (int16_t)(word_when(word) - oldest) < 0;
}

/* Stamps of the pixels become younger then, and those of what can come back with them. */
TEST_WITH(taking_back_what_was_done_yesterday, set_up, tear_down)
{
	struct fixture *f = *state;
	struct hand *hand = &f->reins->hand;
	const uint16_t oldest = (uint16_t)(canvas_when(&f->canvas) - WHEN_AGE_MAX);
	const struct canvas_painter as = { .id = find_owner(f, 0) };
	const struct mural_rect all = { 0, 0, SIDE, SIDE };
	struct reins_done back = { 0 };
	uint64_t pixels = 0, under;

	canvas_set_when(&f->canvas, (uint16_t)(oldest - 100));
	canvas_brush_paint_as(&f->brush, &as);
	mural_put(&f->brush, 0, 0, 0xffffffff);
	canvas_publish(&f->canvas, &f->brush);
	pass(f);
	assert_int_equal(hand_clear(hand, &all, 0, &pixels), 0);
	pass(f);
	f->reins->clamp_ms -= 24 * 3600 * 1000;
	while (f->reins->first ||
		is_too_old(pixel_load(&f->canvas, SIDE - 1, SIDE - 1), oldest))
		uv_run(&f->loop.uv, UV_RUN_NOWAIT);
	keeper_lock(f->reins->keeper);
	under = *keeper_row(f->reins->keeper, 0, 0).under;
	keeper_unlock(f->reins->keeper);
	assert_int_equal(word_id(under), as.id);
	assert_false(is_too_old(under, oldest));
	assert_int_equal(
		reins_take_back(f->reins, hand->journal.number, on_done, &back), 0);
	(void)await_act(f, &back);
	assert_int_equal(back.pixels, SIDE * SIDE);
	assert_int_equal(word_id(pixel_load(&f->canvas, 0, 0)), as.id);
	assert_false(is_too_old(pixel_load(&f->canvas, 0, 0), oldest));
}

UNIT_TESTS(NULL, NULL)
