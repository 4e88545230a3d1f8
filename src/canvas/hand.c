/* SPDX-License-Identifier: MIT */
/* Paints for the operator, and takes it back. */
#include "canvas/hand.h"

#include <errno.h>
#include <stdlib.h>

#include "base/util.h"
#include "canvas/canvas-private.h"
#include "canvas/keeper.h"

int
hand_init(struct hand *hand, struct canvas *canvas, struct keeper *keeper)
{
	*hand = (struct hand){ .canvas = canvas, .keeper = keeper };
	return canvas_brush_init(
		canvas, &hand->brush, 0, 0, canvas->view.width, canvas->view.height);
}

static void
journal_finish(struct hand_journal *journal)
{
	free(journal->was);
	free(journal->put);
	*journal = (struct hand_journal){ 0 };
}

void
hand_finish(struct hand *hand)
{
	journal_finish(&hand->journal);
	if (hand->canvas)
		canvas_brush_finish(&hand->brush);
}

void
hand_stop(struct hand *hand)
{
	__atomic_store_n(&hand->stop, 1, __ATOMIC_RELAXED);
}

static bool
is_stopped(const struct hand *hand)
{
	return __atomic_load_n(&hand->stop, __ATOMIC_RELAXED) != 0;
}

/* A journal of zeros in place of the one before. */
static int
journal_begin(struct hand *hand, const struct mural_rect *rect)
{
	const size_t n = (size_t)rect->width * rect->height;
	struct hand_journal *journal = &hand->journal;

	journal_finish(journal);
	journal->was = calloc(n, sizeof(*journal->was));
	journal->put = calloc(n, sizeof(*journal->put));
	if (!journal->was || !journal->put) {
		journal_finish(journal);
		return -ENOMEM;
	}
	journal->rect = *rect;
	journal->number = ++hand->numbers;
	return 0;
}

/* Paints a part of a row; what is transparent leaves it, and its place in the journal,
 * alone.  Returns how many pixels are not. */
static uint32_t
paint_run(struct hand *hand, const struct mural_rect *run, const uint32_t *picture,
	uint32_t argb, uint64_t owner, size_t at)
{
	struct canvas *canvas = hand->canvas;
	uint64_t *was = hand->journal.was + at, *put = hand->journal.put + at;
	uint32_t *pixel = pixel_at(canvas, run->x, run->y);
	const size_t step = canvas->step;
	uint32_t n = 0;

	for (uint32_t i = 0; i < run->width; i++, pixel += step) {
		uint32_t colour = picture ? picture[at + i] : 0xff000000 | argb;

		if (colour >> 24 == 0)
			continue;
		if (colour >> 24 != 0xff)
			colour = mural_blend(
				word_colour(pixel_load(canvas, run->x + i, run->y)),
				colour);
		put[i] = step == 1 ? colour : owner | colour_word(colour);
		was[i] = word_exchange(pixel, step, put[i]);
		n++;
	}
	return n;
}

/* Tile by tile, each of which is marked once. */
static uint64_t
paint_row(struct hand *hand, const struct mural_rect *row, const uint32_t *picture,
	uint32_t argb, uint64_t owner, size_t at)
{
	const uint32_t end = row->x + row->width;
	struct mural_rect run = { row->x, row->y, 0, 1 };
	uint64_t pixels = 0;

	for (; run.x < end; run.x += run.width) {
		uint32_t n;

		run.width = MIN((run.x / MURAL_TILE + 1) * MURAL_TILE, end) - run.x;
		n = paint_run(hand, &run, picture, argb, owner, at + run.x - row->x);
		if (n > 0)
			mural_mark(
				&hand->brush, mural_tile_at(&hand->brush, run.x, run.y));
		pixels += n;
	}
	return pixels;
}

int
hand_paint(struct hand *hand, const struct mural_rect *rect, const uint32_t *picture,
	uint32_t argb, uint64_t *pixels)
{
	struct canvas *canvas = hand->canvas;
	const uint64_t owner = owner_word(OWNER_OPERATOR, canvas_when(canvas));
	struct mural_rect row = { rect->x, rect->y, rect->width, 1 };
	int ret = journal_begin(hand, rect);

	if (ret < 0)
		return ret;
	for (uint32_t i = 0; i < rect->height && ret == 0; i++, row.y++) {
		*pixels += paint_row(
			hand, &row, picture, argb, owner, (size_t)i * rect->width);
		ret = is_stopped(hand) ? -ECANCELED : 0;
	}
	canvas_publish(canvas, &hand->brush);
	return ret;
}

/* ------------------------------------------------------------------ undo */

static bool
has_id(const uint64_t *ids, uint64_t word)
{
	return ids[word_id(word) / 64] >> word_id(word) % 64 & 1;
}

static bool
is_meant(const struct hand_undo *undo, uint64_t word)
{
	return has_id(undo->ids, word) &&
	       (undo->ever || (int16_t)(word_when(word) - undo->since) >= 0);
}

bool
hand_oldest(const struct hand *hand, const struct hand_undo *undo, uint32_t *age)
{
	const struct mural_rect *rect = &undo->rect;
	const uint16_t now = canvas_when(hand->canvas);
	bool any = false;

	*age = 0;
	for (uint32_t y = rect->y; y < rect->y + rect->height; y++)
		for (uint32_t x = rect->x; x < rect->x + rect->width; x++) {
			uint64_t word = pixel_load(hand->canvas, x, y);
			uint16_t old = (uint16_t)(now - word_when(word));

			if (!is_meant(undo, word))
				continue;
			any = true;
			*age = old > *age ? old : *age;
		}
	return any;
}

/* Accomplices of the one on top are passed over. */
static uint64_t
find_under(const struct hand *hand, const struct hand_undo *undo, uint32_t x, uint32_t y,
	uint64_t top, bool *known)
{
	const struct mural_rect *rect = &undo->rect;
	uint64_t under = hand->keeper ? keeper_under(hand->keeper, x, y, top) : 0;
	uint32_t behind = hand->canvas->background;

	*known = under != 0 && !has_id(undo->ids, under);
	if (*known)
		return under;
	if (undo->behind)
		behind = undo->behind[(size_t)(y - rect->y) * rect->width + x - rect->x];
	return colour_word(0xff000000 | behind);
}

/* Whoever comes meanwhile stays. */
static bool
undo_pixel(struct hand *hand, const struct hand_undo *undo, uint32_t x, uint32_t y,
	size_t i, bool *known)
{
	uint64_t top = pixel_load(hand->canvas, x, y), put;

	do {
		if (!is_meant(undo, top))
			return false;
		put = find_under(hand, undo, x, y, top, known);
		if (undo->count_only)
			return true;
	} while (!pixel_swap(hand->canvas, x, y, &top, put));
	hand->journal.was[i] = top;
	hand->journal.put[i] = put;
	if (hand->keeper)
		keeper_put(hand->keeper, x, y, put, 0);
	mural_mark(&hand->brush, mural_tile_at(&hand->brush, x, y));
	return true;
}

static int
undo_rows(struct hand *hand, const struct hand_undo *undo, uint64_t *pixels,
	uint64_t *unknown)
{
	const struct mural_rect *rect = &undo->rect;
	size_t i = 0;

	for (uint32_t y = rect->y; y < rect->y + rect->height; y++) {
		if (is_stopped(hand))
			return -ECANCELED;
		for (uint32_t x = rect->x; x < rect->x + rect->width; x++) {
			bool known;

			if (undo_pixel(hand, undo, x, y, i++, &known)) {
				++*pixels;
				*unknown += !known;
			}
		}
	}
	return 0;
}

int
hand_undo(struct hand *hand, const struct hand_undo *undo, uint64_t *pixels,
	uint64_t *unknown)
{
	int ret = undo->count_only ? 0 : journal_begin(hand, &undo->rect);

	if (ret < 0)
		return ret;
	if (hand->keeper) {
		keeper_lock(hand->keeper);
		keeper_pass(hand->keeper);
	}
	if (!undo->count_only)
		hand->journal.undid = true;
	ret = undo_rows(hand, undo, pixels, unknown);
	if (hand->keeper) {
		if (!undo->count_only)
			keeper_forget(hand->keeper, &undo->rect, undo->ids);
		keeper_unlock(hand->keeper);
	}
	canvas_publish(hand->canvas, &hand->brush);
	return ret;
}

/* ------------------------------------------------------------------ taking back */

/* Puts back what was there, and remembers that as what was put. */
static bool
take_back_pixel(struct hand *hand, size_t i, uint32_t x, uint32_t y)
{
	uint64_t *was = &hand->journal.was[i], *put = &hand->journal.put[i];
	uint64_t seen = *put, before = *was;

	if (before == 0)
		return false;
	if (!pixel_swap(hand->canvas, x, y, &seen, before)) {
		*was = *put = 0;
		return false;
	}
	if (hand->keeper)
		keeper_put(hand->keeper, x, y, before, hand->journal.undid ? *put : 0);
	*was = *put;
	*put = before;
	mural_mark(&hand->brush, mural_tile_at(&hand->brush, x, y));
	return true;
}

int
hand_take_back(struct hand *hand, uint64_t number, uint64_t *pixels)
{
	struct hand_journal *journal = &hand->journal;
	const struct mural_rect rect = journal->rect;
	size_t i = 0;

	if (journal->number == 0)
		return -ENOENT;
	if (journal->number != number)
		return -ESTALE;
	journal->number = ++hand->numbers;
	if (hand->keeper)
		keeper_lock(hand->keeper);
	for (uint32_t y = rect.y; y < rect.y + rect.height && !is_stopped(hand); y++)
		for (uint32_t x = rect.x; x < rect.x + rect.width; x++)
			*pixels += take_back_pixel(hand, i++, x, y);
	if (hand->keeper)
		keeper_unlock(hand->keeper);
	journal->undid = false;
	canvas_publish(hand->canvas, &hand->brush);
	return is_stopped(hand) ? -ECANCELED : 0;
}
