/* SPDX-License-Identifier: MIT */
/* Pixels that know who painted them: what they look like to everybody else, ids in
 * bounded memory, and undo. */
#include "canvas/owners.h"

#include <errno.h>
#include <string.h>

#include "base/util.h"
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

static uint16_t
name_id(struct fixture *f, const char *name)
{
	const struct owner_key key = { .name = name, .proven = true };

	return owners_find(f->canvas.owners, &key, CROWD, canvas_when(&f->canvas));
}

static int
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

static int
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
static void
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

static struct hand_counts
undo_so(struct fixture *f, int first, int last, struct hand_undo what)
{
	uint64_t ids[65536 / 64] = { 0 };
	struct hand_counts counts = { 0 };

	for (int i = first; i <= last; i++)
		ids[f->ids[i] / 64] |= UINT64_C(1) << f->ids[i] % 64;
	what.rect = (struct mural_rect){ 0, 0, WIDTH, HEIGHT };
	what.ids = ids;
	assert_int_equal(hand_undo(&f->hand, &what, &counts), 0);
	return counts;
}

static struct hand_counts
undo(struct fixture *f, int first, int last, int32_t since)
{
	return undo_so(f, first, last,
		(struct hand_undo){ .ever = since < 0, .since = (uint16_t)since });
}

static uint32_t
colour(const struct fixture *f, uint32_t x, uint32_t y)
{
	return word_colour(pixel_load(&f->canvas, x, y));
}

static uint16_t
owner(const struct fixture *f, uint32_t x, uint32_t y)
{
	return word_id(pixel_load(&f->canvas, x, y));
}

/* ---- the canvas */

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
	assert_int_equal(brushes[0].painted, brushes[1].painted);
	assert_int_equal(brushes[0].discarded[MURAL_OUT_OF_BOUNDS],
		brushes[1].discarded[MURAL_OUT_OF_BOUNDS]);
	canvas_brush_finish(&brushes[0]);
	canvas_brush_finish(&brushes[1]);
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

/* ---- the hand */

/* Runs that are opaque, and such as are so in part. */
TEST_WITH(a_picture_covers_what_it_is_opaque_on, set_up, tear_down)
{
	const struct mural_rect rect = { 20, 1, 50, 2 };
	uint32_t picture[100];
	struct fixture *f = *state;
	struct mural_rect *changed;
	uint64_t pixels = 0;

	paint(f, ANNA, 69, 2, 0xff0000aa);
	for (uint32_t i = 0; i < 100; i++)
		picture[i] = 0xff000000 | i;
	picture[51] = 0x00ffffff;
	picture[99] = 0x80ffffff;
	assert_int_equal(hand_paint(&f->hand, &rect, picture, 0, &pixels), 0);
	assert_int_equal(pixels, 99);
	for (uint32_t i = 0; i < 99; i++)
		assert_int_equal(colour(f, 20 + i % 50, 1 + i / 50),
			i == 51 ? BACKGROUND : picture[i]);
	assert_int_equal(owner(f, 21, 2), OWNER_NOBODY);
	assert_int_equal(owner(f, 22, 2), OWNER_OPERATOR);
	assert_int_equal(colour(f, 69, 2), mural_blend(0xff0000aa, 0x80ffffff));
	assert_int_equal(hand_changed(&f->hand, &changed), 1);
	assert_memory_equal(changed, &rect, sizeof(rect));
	free(changed);
	assert_int_equal(hand_take_back(&f->hand, f->hand.journal.number, &pixels), 0);
	assert_int_equal(colour(f, 20, 1), BACKGROUND);
	assert_int_equal(owner(f, 69, 2), f->ids[ANNA]);
}

/* ---- undo */

TEST_WITH(undo_gives_back_what_was_under_it, set_up, tear_down)
{
	struct fixture *f = *state;
	struct hand_counts counts;

	paint(f, ANNA, 1, 1, 0xff0000aa);
	paint(f, BEN, 1, 1, 0xff0000bb);
	paint(f, BEN, 1, 1, 0xff0000bc);
	paint(f, BEN, 2, 1, 0xff0000bb);
	paint(f, CARL, 3, 1, 0xff0000cc);
	counts = undo(f, BEN, BEN, -1);
	assert_int_equal(counts.pixels, 2);
	assert_int_equal(counts.unknown, 0);
	assert_int_equal(colour(f, 1, 1), 0xff0000aa);
	assert_int_equal(owner(f, 1, 1), f->ids[ANNA]);
	assert_int_equal(colour(f, 2, 1), BACKGROUND);
	assert_int_equal(owner(f, 2, 1), OWNER_NOBODY);
	assert_int_equal(colour(f, 3, 1), 0xff0000cc);
}

TEST_WITH(what_was_undone_does_not_come_back, set_up, tear_down)
{
	struct fixture *f = *state;
	struct hand_counts counts;

	paint(f, ANNA, 1, 1, 0xff0000aa);
	paint(f, BEN, 1, 1, 0xff0000bb);
	assert_int_equal(undo(f, ANNA, ANNA, -1).pixels, 0);
	counts = undo(f, BEN, BEN, -1);
	assert_int_equal(counts.pixels, 1);
	assert_int_equal(counts.unknown, 1);
	assert_int_equal(colour(f, 1, 1), BACKGROUND);
	/* nor does an accomplice's */
	paint(f, ANNA, 2, 2, 0xff0000aa);
	paint(f, BEN, 2, 2, 0xff0000bb);
	assert_int_equal(undo(f, ANNA, BEN, -1).pixels, 1);
	assert_int_equal(colour(f, 2, 2), BACKGROUND);
}

/* Where the recording has to be asked, the rest comes later, and others may come first.
 */
TEST_WITH(what_is_known_is_undone_first, set_up, tear_down)
{
	const struct hand_undo known = { .ever = true, .how = HAND_UNDO_KNOWN };
	struct hand_undo rest = { .ever = true, .how = HAND_UNDO_REST };
	struct fixture *f = *state;
	uint64_t ids[65536 / 64] = { 0 }, pixels = 0;
	uint32_t behind[WIDTH * HEIGHT], age;
	struct hand_counts counts;

	for (uint32_t i = 0; i < WIDTH * HEIGHT; i++)
		behind[i] = i;
	paint(f, CARL, 9, 9, 0xff0000cc);
	canvas_set_when(&f->canvas, 10);
	paint(f, BEN, 1, 1, 0xff0000bb);
	canvas_set_when(&f->canvas, 20);
	for (uint32_t x = 2; x <= 4; x++) {
		paint(f, ANNA, x, 1, 0xff0000aa);
		paint(f, BEN, x, 1, 0xff0000bb);
	}
	undo(f, ANNA, ANNA, -1);
	counts = undo_so(
		f, BEN, BEN, (struct hand_undo){ .ever = true, .how = HAND_UNDO_COUNT });
	assert_int_equal(counts.pixels, 4);
	assert_int_equal(counts.unknown, 3);
	counts = undo_so(f, BEN, BEN, known);
	assert_int_equal(counts.pixels, 1);
	assert_int_equal(counts.unknown, 3);
	assert_int_equal(colour(f, 1, 1), BACKGROUND);
	assert_int_equal(colour(f, 2, 1), 0xff0000bb);

	canvas_set_when(&f->canvas, 30);
	ids[f->ids[BEN] / 64] |= UINT64_C(1) << f->ids[BEN] % 64;
	rest.ids = ids;
	rest.rect = (struct mural_rect){ 0, 0, WIDTH, HEIGHT };
	assert_true(hand_oldest(&f->hand, &rest, &age));
	assert_int_equal(age, 20);
	paint(f, CARL, 3, 1, 0xff0000cc);
	paint(f, CARL, 4, 1, 0xff0000cc);
	paint(f, BEN, 4, 1, 0xff0000bd);
	paint(f, BEN, 1, 1, 0xff0000bd);
	rest.behind = behind;
	counts = undo_so(f, BEN, BEN, rest);
	assert_int_equal(counts.pixels, 2);
	assert_int_equal(counts.unknown, 1);
	assert_int_equal(colour(f, 1, 1), 0xff0000bd);
	assert_int_equal(colour(f, 2, 1), 0xff000000 | (WIDTH + 2));
	assert_int_equal(colour(f, 3, 1), 0xff0000cc);
	assert_int_equal(colour(f, 4, 1), 0xff0000cc);
	/* it is one act */
	assert_int_equal(hand_take_back(&f->hand, f->hand.journal.number, &pixels), 0);
	assert_int_equal(pixels, 2);
	assert_int_equal(colour(f, 2, 1), 0xff0000bb);
	assert_int_equal(colour(f, 4, 1), 0xff0000bd);
}

TEST_WITH(an_undo_is_taken_back, set_up, tear_down)
{
	struct fixture *f = *state;
	uint64_t pixels = 0;

	paint(f, ANNA, 1, 1, 0xff0000aa);
	paint(f, BEN, 1, 1, 0xff0000bb);
	paint(f, BEN, 2, 1, 0xff0000bb);
	undo(f, BEN, BEN, -1);
	paint(f, CARL, 2, 1, 0xff0000cc);
	assert_int_equal(hand_take_back(&f->hand, f->hand.journal.number, &pixels), 0);
	assert_int_equal(pixels, 1);
	assert_int_equal(colour(f, 1, 1), 0xff0000bb);
	assert_int_equal(colour(f, 2, 1), 0xff0000cc);
	/* and what lies under it is known again */
	assert_int_equal(undo(f, BEN, BEN, -1).unknown, 0);
	assert_int_equal(colour(f, 1, 1), 0xff0000aa);
}

TEST_WITH(time_is_compared_where_it_wraps, set_up, tear_down)
{
	struct fixture *f = *state;

	canvas_set_when(&f->canvas, 65530);
	paint(f, ANNA, 1, 1, 0xff0000a1);
	canvas_set_when(&f->canvas, 65540);
	paint(f, ANNA, 2, 1, 0xff0000a2);
	assert_int_equal(undo(f, ANNA, ANNA, 65535).pixels, 1);
	assert_int_equal(colour(f, 1, 1), 0xff0000a1);
	assert_int_equal(colour(f, 2, 1), BACKGROUND);
	assert_int_equal(undo(f, ANNA, ANNA, -1).pixels, 1);
}

/* ---- ids */

TEST_WITH(sources_have_names, set_up, tear_down)
{
	struct fixture *f = *state;
	struct owners *owners = f->canvas.owners;
	const struct ip_key address = { .v4 = true, .low = 0xc0000207 };
	const struct owner_key forgeable = { .address = &address };
	const struct owner_key proven = { .address = &address, .proven = true };
	uint64_t ids[65536 / 64] = { 0 };
	struct owner who;
	uint16_t id;

	owners_describe(owners, f->ids[ANNA], &who);
	assert_string_equal(who.source, "p2:anna");
	assert_string_equal(who.instance, "p2");
	assert_false(who.forgeable);
	assert_int_equal(owners_find(owners, &forgeable, CROWD, 1), CROWD);
	id = owners_find(owners, &forgeable, CROWD, 1);
	assert_true(id >= OWNER_FIRST);
	owners_describe(owners, id, &who);
	assert_string_equal(who.source, "192.0.2.7");
	assert_true(who.forgeable);
	assert_int_not_equal(owners_find(owners, &proven, CROWD, 1), id);
	assert_int_equal(owners_match(owners, "192.0.2.0/24", ids), 2);
	assert_int_equal(owners_match(owners, "192.0.2.7", ids), 2);
	assert_int_equal(owners_match(owners, "p2:ben", ids), 1);
	assert_int_equal(owners_match(owners, "p2:crowd", ids), 1);
	assert_int_equal(owners_match(owners, "p2:nobody", ids), 0);
	assert_int_equal(owners_match(owners, "nonsense", ids), -EINVAL);
	assert_true(ids[id / 64] >> id % 64 & 1);
	owners_describe(owners, OWNER_OPERATOR, &who);
	assert_string_equal(who.source, "operator");
}

/* As the reins do it, with nobody else painting. */
static void
make_room(struct fixture *f)
{
	if (!owners_is_full(f->canvas.owners) || !owners_forget(f->canvas.owners))
		return;
	for (uint32_t y = 0; y < HEIGHT; y++)
		for (uint32_t x = 0; x < WIDTH; x++) {
			uint64_t word = pixel_load(&f->canvas, x, y);
			uint16_t id = word_id(word);
			uint16_t heir = owners_heir(f->canvas.owners, id);

			pixel_swap(
				&f->canvas, x, y, &word, word ^ owner_word(id ^ heir, 0));
		}
	owners_reuse(f->canvas.owners);
}

/* Each forged source is heard twice; a colour says who painted it. */
TEST_WITH(forgers_displace_nobody, set_up, tear_down)
{
	struct fixture *f = *state;
	struct owners *owners = f->canvas.owners;
	const uint64_t forged = getenv("MURALD_LONG") ? 10000000 : 200000;
	const struct ip_key honest = { .v4 = true, .low = 7 };
	const struct owner_key pinger = { .address = &honest };
	uint64_t wrong = 0, named = 0;

	owners_crowd(owners, "icmp");
	for (uint64_t i = 0; i < forged * 2; i++) {
		const struct ip_key address = { .low = 1000 + i / 2, .high = 1 };
		const struct owner_key key = { .address = &address };
		struct canvas_painter as = { .id = owners_find(
						     owners, &key, CROWD + 1, 1) };

		canvas_brush_paint_as(&f->brush, &as);
		mural_put(&f->brush, i * 7 % (WIDTH - 1), i / 7 % HEIGHT,
			0xff000000 | (uint32_t)(1000 + i / 2));
		if (i % 16 == 0) {
			as.id = owners_find(owners, &pinger, CROWD + 1, 1);
			canvas_brush_paint_as(&f->brush, &as);
			mural_put(&f->brush, WIDTH - 1, i / 16 % HEIGHT, 0xff000007);
		}
		if (i % 4096 == 0)
			make_room(f);
	}
	for (uint32_t y = 0; y < HEIGHT; y++)
		for (uint32_t x = 0; x < WIDTH; x++) {
			uint16_t id = owner(f, x, y);
			struct owner who;

			owners_describe(owners, id, &who);
			if (x == WIDTH - 1)
				assert_string_equal(who.source, "0.0.0.7");
			if (x == WIDTH - 1 || id < OWNER_FIRST)
				continue;
			named++;
			wrong += !strrchr(who.source, ':') ||
				 strtoul(strrchr(who.source, ':') + 1, NULL, 16) !=
					 (colour(f, x, y) & 0xffff);
		}
	assert_int_equal(wrong, 0);
	assert_true(named > 100);
	owners_describe(owners, f->ids[ANNA], &(struct owner){ 0 });
	assert_int_equal(name_id(f, "anna"), f->ids[ANNA]);
}

UNIT_TESTS(NULL, NULL)
