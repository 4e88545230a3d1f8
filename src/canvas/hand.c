/* SPDX-License-Identifier: MIT */
/* Paints for the operator, and takes it back. */
#include "canvas/hand.h"

#include <errno.h>
#include <stdlib.h>

#include "canvas/canvas-private.h"

int
hand_init(struct hand *hand, struct canvas *canvas)
{
	*hand = (struct hand){ .canvas = canvas };
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

int
hand_paint(struct hand *hand, const struct mural_rect *rect, const uint32_t *picture,
	uint32_t argb, uint64_t *pixels)
{
	struct canvas *canvas = hand->canvas;
	const uint64_t owner = owner_word(OWNER_OPERATOR, canvas_when(canvas));
	uint64_t *was, *put;
	int ret = journal_begin(hand, rect);

	if (ret < 0)
		return ret;
	was = hand->journal.was;
	put = hand->journal.put;
	for (uint32_t y = rect->y; y < rect->y + rect->height && ret == 0; y++) {
		for (uint32_t x = rect->x; x < rect->x + rect->width; x++) {
			uint32_t colour = 0xff000000 | (picture ? *picture++ : argb);

			*put = pixel_make(canvas, colour, owner);
			*was++ = pixel_exchange(canvas, x, y, *put++);
			mural_mark(&hand->brush, mural_tile_at(&hand->brush, x, y));
		}
		*pixels += rect->width;
		ret = is_stopped(hand) ? -ECANCELED : 0;
	}
	canvas_publish(canvas, &hand->brush);
	return ret;
}

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
	for (uint32_t y = rect.y; y < rect.y + rect.height && !is_stopped(hand); y++)
		for (uint32_t x = rect.x; x < rect.x + rect.width; x++)
			*pixels += take_back_pixel(hand, i++, x, y);
	canvas_publish(hand->canvas, &hand->brush);
	return is_stopped(hand) ? -ECANCELED : 0;
}
