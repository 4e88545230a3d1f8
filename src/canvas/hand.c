/* SPDX-License-Identifier: MIT */
/* Paints for the operator, and takes it back. */
#include "canvas/hand.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "canvas/canvas-private.h"
#include "canvas/keeper.h"

/* Pixels whose journal, of 64 MiB, is kept for acts of fewer. */
#define ROOM_KEPT ((size_t)4 << 20)

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

/* Whether the memory of the journal before does for n pixels, without being held for much
 * fewer. */
static bool
journal_fits(const struct hand_journal *journal, size_t n)
{
	return n == journal->room || (n < journal->room && journal->room <= ROOM_KEPT);
}

/* A journal of zeros in place of the one before, in its memory if that fits: to be given
 * new pages, one by one, would take longer than to paint. */
static int
journal_begin(struct hand *hand, const struct mural_rect *rect)
{
	const size_t n = (size_t)rect->width * rect->height;
	struct hand_journal *journal = &hand->journal;

	if (journal_fits(journal, n)) {
		memset(journal->was, 0, n * sizeof(*journal->was));
		memset(journal->put, 0, n * sizeof(*journal->put));
	} else {
		journal_finish(journal);
		journal->was = calloc(n, sizeof(*journal->was));
		journal->put = calloc(n, sizeof(*journal->put));
		journal->room = n;
	}
	if (!journal->was || !journal->put) {
		journal_finish(journal);
		return -ENOMEM;
	}
	journal->rect = *rect;
	journal->number = ++hand->numbers;
	journal->undid = false;
	return 0;
}

/* ------------------------------------------------------------------ runs */

/* A part of a row of the rectangle that lies on one tile. */
struct run {
	uint32_t x, y, n, tile;
	size_t at; /* the place of its first pixel in pictures */
	uint32_t *pixels;
	uint64_t *was, *put;    /* of the journal */
	struct keeper_row kept; /* of NULLs: nobody knows what lies under */
};

/* Adds to what it counts, and returns whether it changed a pixel. */
typedef bool run_work(struct hand *hand, const struct run *run, void *arg);

static struct run
run_at(const struct hand *hand, const struct mural_rect *rect, uint32_t x, uint32_t y)
{
	const struct hand_journal *journal = &hand->journal;
	const size_t at = (size_t)(y - rect->y) * rect->width + x - rect->x;
	const uint32_t end =
		MIN((x / MURAL_TILE + 1) * MURAL_TILE, rect->x + rect->width);
	/* who only counts has no journal of this rectangle, and does not look into it */
	const bool has_journal = memcmp(&journal->rect, rect, sizeof(*rect)) == 0;
	const size_t place = has_journal ? at : 0;
	struct run run = { x, y, end - x, mural_tile_at(&hand->brush, x, y), at,
		pixel_at(hand->canvas, x, y), journal->was + place, journal->put + place,
		{ NULL, NULL } };

	if (hand->keeper)
		run.kept = keeper_row(hand->keeper, x, y);
	return run;
}

/* Tile by tile in each row. */
static int
each_run(struct hand *hand, const struct mural_rect *rect, run_work *work, void *arg)
{
	const uint32_t right = rect->x + rect->width, bottom = rect->y + rect->height;

	for (uint32_t y = rect->y; y < bottom; y++) {
		uint32_t x = rect->x;

		if (is_stopped(hand))
			return -ECANCELED;
		while (x < right) {
			const struct run run = run_at(hand, rect, x, y);

			if (work(hand, &run, arg))
				mural_mark(&hand->brush, run.tile);
			x += run.n;
		}
	}
	return 0;
}

/* ------------------------------------------------------------------ painting */

static inline void
exchange_pixel(const struct run *run, size_t i, const size_t step, uint32_t colour,
	uint64_t owner)
{
	const uint64_t put = step == 1 ? colour : owner | colour_word(colour);

	run->put[i] = put;
	run->was[i] = word_exchange(&run->pixels[i * step], step, put);
}

/* Opaque ones, whatever the step of the canvas, which is a constant to whoever calls
 * this.  Four in one round, whose counting takes as long as a pixel. */
__attribute__((always_inline)) static inline void
exchange_run(struct run run, const size_t step, const uint32_t *colours, uint64_t owner)
{
	for (; run.n >= 4; run.n -= 4) {
		exchange_pixel(&run, 0, step, colours[0], owner);
		exchange_pixel(&run, 1, step, colours[1], owner);
		exchange_pixel(&run, 2, step, colours[2], owner);
		exchange_pixel(&run, 3, step, colours[3], owner);
		run.pixels += 4 * step;
		run.was += 4;
		run.put += 4;
		colours += 4;
	}
	for (uint32_t i = 0; i < run.n; i++)
		exchange_pixel(&run, i, step, colours[i], owner);
}

/* What is transparent leaves a pixel, and its place in the journal, alone.  Returns how
 * many are not. */
static uint32_t
blend_run(const struct canvas *canvas, const struct run *run, const uint32_t *colours,
	uint64_t owner)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < run->n; i++) {
		uint32_t colour = colours[i];

		if (colour >> 24 == 0)
			continue;
		if (colour >> 24 != 0xff)
			colour = mural_blend(
				word_colour(pixel_load(canvas, run->x + i, run->y)),
				colour);
		run->put[i] = pixel_make(canvas, colour, owner);
		run->was[i] = word_exchange(
			&run->pixels[i * canvas->step], canvas->step, run->put[i]);
		n++;
	}
	return n;
}

/* A row of the rectangle at once.  Returns how many pixels of it were painted. */
static uint32_t
exchange_row(struct hand *hand, const struct mural_rect *rect, uint32_t y,
	const uint32_t *colours, uint64_t owner)
{
	const uint32_t last = mural_tile_at(&hand->brush, rect->x + rect->width - 1, y);
	struct run run = run_at(hand, rect, rect->x, y);

	run.n = rect->width;
	if (hand->canvas->step == 1)
		exchange_run(run, 1, colours, 0);
	else
		exchange_run(run, 2, colours, owner);
	for (uint32_t tile = run.tile; tile <= last; tile++)
		mural_mark(&hand->brush, tile);
	return run.n;
}

/* The same of one that is not opaque, tile by tile. */
static uint32_t
blend_row(struct hand *hand, const struct mural_rect *rect, uint32_t y,
	const uint32_t *colours, uint64_t owner)
{
	uint32_t n = 0;

	for (uint32_t x = 0; x < rect->width;) {
		const struct run run = run_at(hand, rect, rect->x + x, y);
		const uint32_t painted =
			blend_run(hand->canvas, &run, colours + x, owner);

		if (painted > 0)
			mural_mark(&hand->brush, run.tile);
		n += painted;
		x += run.n;
	}
	return n;
}

int
hand_paint(struct hand *hand, const struct mural_rect *rect,
	const struct hand_picture *picture, uint64_t *pixels)
{
	const uint64_t owner = owner_word(OWNER_OPERATOR, canvas_when(hand->canvas));
	int ret = journal_begin(hand, rect);

	for (uint32_t y = 0; y < rect->height && ret == 0; y++) {
		const uint32_t *colours = picture->row(picture->arg, y);

		if (is_stopped(hand))
			ret = -ECANCELED;
		else if (canvas_are_opaque(colours, rect->width))
			*pixels += exchange_row(hand, rect, rect->y + y, colours, owner);
		else
			*pixels += blend_row(hand, rect, rect->y + y, colours, owner);
	}
	canvas_publish(hand->canvas, &hand->brush);
	return ret;
}

static const uint32_t *
same_row(void *row, uint32_t y)
{
	(void)y;
	return row;
}

int
hand_clear(
	struct hand *hand, const struct mural_rect *rect, uint32_t argb, uint64_t *pixels)
{
	uint32_t *row = calloc(rect->width, sizeof(*row));
	const struct hand_picture plain = { same_row, row };
	int ret;

	if (!row)
		return -ENOMEM;
	for (uint32_t x = 0; x < rect->width; x++)
		row[x] = 0xff000000 | argb;
	ret = hand_paint(hand, rect, &plain, pixels);
	free(row);
	return ret;
}

/* ------------------------------------------------------------------ undo */

static bool
is_meant(const struct hand_undo *undo, uint64_t word)
{
	return word_has_id(word, undo->ids) &&
	       (undo->ever || (int16_t)(word_when(word) - undo->since) >= 0);
}

/* What was undone already is in the journal. */
bool
hand_oldest(const struct hand *hand, const struct hand_undo *undo, uint32_t *age)
{
	const struct mural_rect *rect = &undo->rect;
	const uint64_t *was = hand->journal.was;
	const uint16_t now = canvas_when(hand->canvas);
	bool any = false;

	*age = 0;
	for (uint32_t y = 0; y < rect->height; y++) {
		const pixel_word *row = pixel_at(hand->canvas, rect->x, rect->y + y);

		for (uint32_t x = 0; x < rect->width; x++, was++) {
			uint64_t word = *was ? *was : word_load(&row[x]);
			uint16_t old = (uint16_t)(now - word_when(word));

			if (!is_meant(undo, word))
				continue;
			any = true;
			*age = old > *age ? old : *age;
		}
	}
	return any;
}

struct undoing {
	const struct hand_undo *undo;
	struct hand_counts *counts;
};

/* Accomplices of the one on top are passed over.  0: nobody knows. */
static inline uint64_t
find_under(const struct hand_undo *undo, const struct keeper_row *kept, uint32_t i,
	uint64_t top)
{
	const uint64_t under = kept->seen ? keeper_under(kept, i, top) : 0;

	return word_has_id(under, undo->ids) ? 0 : under;
}

static uint64_t
find_behind(const struct hand *hand, const struct hand_undo *undo, size_t at)
{
	return colour_word(0xff000000 |
			   (undo->behind ? undo->behind[at] : hand->canvas->background));
}

/* A pixel that somebody else paints meanwhile stays.  Returns whether it was changed. */
static inline bool
undo_pixel(const struct hand *hand, const struct hand_undo *undo, const struct run *run,
	uint32_t i, struct hand_counts *counts)
{
	pixel_word *pixel = (pixel_word *)run->pixels + i;
	uint64_t top = word_load(pixel), under, put;

	do {
		if (!is_meant(undo, top))
			return false;
		under = find_under(undo, &run->kept, i, top);
		if (undo->how == HAND_UNDO_COUNT ||
			(undo->how == HAND_UNDO_KNOWN && under == 0)) {
			counts->pixels += undo->how == HAND_UNDO_COUNT;
			counts->unknown += under == 0;
			return false;
		}
		put = under ? under : find_behind(hand, undo, run->at + i);
	} while (!word_swap(pixel, 2, &top, put));
	counts->pixels++;
	counts->unknown += under == 0;
	run->was[i] = top;
	run->put[i] = put;
	if (run->kept.seen)
		keeper_put(&run->kept, i, put, 0);
	return true;
}

/* The first pixel from `i` on that another one than `id` painted. */
static inline uint32_t
end_of_owner(const pixel_word *pixels, uint32_t i, uint32_t n, uint16_t id)
{
	while (i < n && word_id(word_load(&pixels[i])) == id)
		i++;
	return i;
}

/* Works with local copies: for all the compiler knows, a store to a pixel may change the
 * originals. */
static bool
undo_run(struct hand *hand, const struct run *at, void *arg)
{
	const struct undoing *undoing = arg;
	const struct hand_undo undo = *undoing->undo;
	const struct run run = *at;
	const pixel_word *pixels = (const pixel_word *)run.pixels;
	struct hand_counts counts = { 0 };
	bool any = false;

	for (uint32_t i = 0; i < run.n;) {
		const uint64_t word = word_load(&pixels[i]);

		if (!word_has_id(word, undo.ids)) {
			i = end_of_owner(pixels, i + 1, run.n, word_id(word));
			continue;
		}
		if (undo.how != HAND_UNDO_REST || run.was[i] == 0)
			any |= undo_pixel(hand, &undo, &run, i, &counts);
		i++;
	}
	undoing->counts->pixels += counts.pixels;
	undoing->counts->unknown += counts.unknown;
	return any;
}

/* The keeper forgets what lay under the undone pixels only after the undo was published,
 * so that nobody waits for that. */
int
hand_undo(struct hand *hand, const struct hand_undo *undo, struct hand_counts *counts)
{
	const bool changes = undo->how != HAND_UNDO_COUNT;
	struct undoing undoing = { undo, counts };
	int ret = 0;

	if (changes && undo->how != HAND_UNDO_REST)
		ret = journal_begin(hand, &undo->rect);
	if (ret < 0)
		return ret;
	if (hand->keeper) {
		keeper_lock(hand->keeper);
		keeper_pass(hand->keeper);
	}
	if (changes)
		hand->journal.undid = true;
	ret = each_run(hand, &undo->rect, undo_run, &undoing);
	canvas_publish(hand->canvas, &hand->brush);
	if (hand->keeper) {
		if (changes)
			keeper_forget(hand->keeper, &undo->rect, undo->ids);
		keeper_unlock(hand->keeper);
	}
	return ret;
}

/* ------------------------------------------------------------------ taking back */

/* Puts back what was there, and remembers that as what was put; `step`, that of the
 * canvas, is a constant to whoever calls this.  Returns how many pixels. */
__attribute__((always_inline)) static inline uint32_t
take_back_pixels(const struct run run, const size_t step, bool undid)
{
	uint32_t n = 0;

	for (size_t i = 0; i < run.n; i++) {
		const uint64_t before = run.was[i], put = run.put[i];
		uint64_t seen = put;

		if (before == 0)
			continue;
		if (!word_swap(&run.pixels[i * step], step, &seen, before)) {
			run.was[i] = run.put[i] = 0;
			continue;
		}
		run.was[i] = put;
		run.put[i] = before;
		if (run.kept.seen)
			keeper_put(&run.kept, (uint32_t)i, before, undid ? put : 0);
		n++;
	}
	return n;
}

static bool
take_back_run(struct hand *hand, const struct run *run, void *arg)
{
	const bool undid = hand->journal.undid;
	const uint32_t n = hand->canvas->step == 1 ? take_back_pixels(*run, 1, undid)
						   : take_back_pixels(*run, 2, undid);

	*(uint64_t *)arg += n;
	return n > 0;
}

int
hand_take_back(struct hand *hand, uint64_t number, uint64_t *pixels)
{
	struct hand_journal *journal = &hand->journal;
	int ret;

	if (journal->number == 0)
		return -ENOENT;
	if (journal->number != number)
		return -ESTALE;
	journal->number = ++hand->numbers;
	if (hand->keeper)
		keeper_lock(hand->keeper);
	ret = each_run(hand, &journal->rect, take_back_run, pixels);
	if (hand->keeper)
		keeper_unlock(hand->keeper);
	journal->undid = false;
	canvas_publish(hand->canvas, &hand->brush);
	return ret;
}
