/* SPDX-License-Identifier: MIT */
/* The hand paints pictures, undoes what owners painted, and takes both back. */
#include "unit/canvas/owned-canvas.h"

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

enum { COLUMNS = 50, ROWS = 3 };

static const uint32_t *
row_of_picture(void *picture, uint32_t y)
{
	return (const uint32_t *)picture + y * COLUMNS;
}

/* Rows that are opaque, and such as are so in part. */
TEST_WITH(a_picture_covers_what_it_is_opaque_on, set_up, tear_down)
{
	const struct mural_rect rect = { 20, 1, COLUMNS, ROWS };
	uint32_t colours[COLUMNS * ROWS];
	const struct hand_picture picture = { row_of_picture, colours };
	struct fixture *f = *state;
	struct mural_rect *changed;
	uint64_t pixels = 0;

	paint(f, ANNA, 69, 2, 0xff0000aa);
	for (uint32_t i = 0; i < COLUMNS * ROWS; i++)
		colours[i] = 0xff000000 | i;
	colours[51] = 0x00ffffff;
	colours[99] = 0x80ffffff;
	assert_int_equal(hand_paint(&f->hand, &rect, &picture, &pixels), 0);
	assert_int_equal(pixels, COLUMNS * ROWS - 1);
	for (uint32_t i = 0; i < COLUMNS * ROWS; i++)
		if (i != 99)
			assert_int_equal(colour(f, 20 + i % COLUMNS, 1 + i / COLUMNS),
				i == 51 ? BACKGROUND : colours[i]);
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

UNIT_TESTS(NULL, NULL)
