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

/* ------------------------------------------------------------------ anything */

/* The canvas as a plain picture, and any picture of any part of it. */
struct model {
	uint32_t before[WIDTH * HEIGHT], after[WIDTH * HEIGHT];
	uint32_t colours[WIDTH * HEIGHT];
	struct mural_rect at;
	uint64_t tiles[1]; /* that are painted */
	uint64_t pixels;
};

static const uint32_t *
row_of_model(void *arg, uint32_t y)
{
	const struct model *model = arg;

	return model->colours + (size_t)y * model->at.width;
}

/* Of which rows are opaque, transparent, or in part so. */
static uint32_t
any_colour(uint32_t kind)
{
	const uint32_t colour = (uint32_t)random() & 0xffffff;
	const uint32_t alphas[] = { 0xff, 0xff, 0, (uint32_t)random() & 0xff };

	return colour | (kind < 3 ? alphas[kind] : alphas[random() % 4]) << 24;
}

static void
model_begin(struct model *model, const struct canvas *canvas)
{
	*model =
		(struct model){ .at = { .x = random() % WIDTH, .y = random() % HEIGHT } };
	model->at.width = 1 + random() % (WIDTH - model->at.x);
	model->at.height = 1 + random() % (HEIGHT - model->at.y);
	for (uint32_t i = 0; i < WIDTH * HEIGHT; i++)
		model->before[i] = model->after[i] =
			word_colour(pixel_load(canvas, i % WIDTH, i / WIDTH));
	for (uint32_t y = 0, kind; y < model->at.height; y++) {
		kind = random() % 5;
		for (uint32_t x = 0; x < model->at.width; x++) {
			const uint32_t argb = any_colour(kind);
			uint32_t *at = &model->after[(model->at.y + y) * WIDTH +
						     model->at.x + x];

			model->colours[y * model->at.width + x] = argb;
			if (argb >> 24 == 0)
				continue;
			*at = argb >> 24 == 0xff ? argb : mural_blend(*at, argb);
			mural_tiles_add(model->tiles,
				(model->at.y + y) / MURAL_TILE * canvas->view.tiles_x +
					(model->at.x + x) / MURAL_TILE);
			model->pixels++;
		}
	}
}

static void
check_picture(const struct canvas *canvas, const uint32_t *picture)
{
	for (uint32_t i = 0; i < WIDTH * HEIGHT; i++)
		assert_int_equal(word_colour(pixel_load(canvas, i % WIDTH, i / WIDTH)),
			picture[i]);
}

/* Tells of the tiles that it painted, and of no others. */
static void
paint_anything(struct hand *hand, struct mural_reader *reader)
{
	static struct model model;
	const struct hand_picture picture = { row_of_model, &model };
	uint64_t pixels = 0, tiles[1];

	model_begin(&model, hand->canvas);
	assert_int_equal(hand_paint(hand, &model.at, &picture, &pixels), 0);
	assert_int_equal(pixels, model.pixels);
	check_picture(hand->canvas, model.after);
	mural_reader_take(reader, tiles);
	assert_int_equal(tiles[0], model.tiles[0]);
	for (int i = 0; i < 3; i++) {
		pixels = 0;
		assert_int_equal(hand_take_back(hand, hand->journal.number, &pixels), 0);
		assert_int_equal(pixels, model.pixels);
		check_picture(hand->canvas, i % 2 ? model.after : model.before);
		mural_reader_take(reader, tiles);
		assert_int_equal(tiles[0], model.tiles[0]);
	}
	hand_take_back(hand, hand->journal.number, &pixels);
	mural_reader_take(reader, tiles);
}

TEST_WITH(any_picture_is_painted_and_taken_back, set_up, tear_down)
{
	struct fixture *f = *state;
	struct canvas plain;
	struct hand hand;
	struct mural_reader *reader = canvas_reader_new(&f->canvas);
	uint64_t tiles[1];

	srandom(1);
	mural_reader_take(reader, tiles);
	for (int i = 0; i < 1000; i++)
		paint_anything(&f->hand, reader);
	mural_reader_free(reader);
	assert_int_equal(canvas_init(&plain, WIDTH, HEIGHT, BACKGROUND), 0);
	assert_int_equal(hand_init(&hand, &plain, NULL), 0);
	reader = canvas_reader_new(&plain);
	mural_reader_take(reader, tiles);
	for (int i = 0; i < 1000; i++)
		paint_anything(&hand, reader);
	mural_reader_free(reader);
	hand_finish(&hand);
	canvas_finish(&plain);
}

UNIT_TESTS(NULL, NULL)
