/* SPDX-License-Identifier: MIT */
/* Says which parts of the canvas the hand's last act changed. */
#include <errno.h>
#include <stdlib.h>

#include "base/util.h"
#include "canvas/hand.h"

/* The least rectangle of the canvas around what changed in this part of it; false:
 * nothing did.  Most rows have changed from end to end, and are looked at no further. */
static bool
shrink(const struct hand_journal *journal, struct mural_rect *part)
{
	const struct mural_rect *rect = &journal->rect;
	uint32_t left = UINT32_MAX, right = 0, top = UINT32_MAX, bottom = 0;

	for (uint32_t y = part->y; y < part->y + part->height; y++) {
		const uint64_t *was =
			journal->was + (size_t)(y - rect->y) * rect->width - rect->x;
		uint32_t first = part->x, last = part->x + part->width - 1;

		while (first < last && was[first] == 0)
			first++;
		if (was[first] == 0)
			continue;
		while (was[last] == 0)
			last--;
		left = MIN(left, first);
		right = MAX(right, last);
		top = MIN(top, y);
		bottom = y;
	}
	if (top == UINT32_MAX)
		return false;
	*part = (struct mural_rect){ left, top, right - left + 1, bottom - top + 1 };
	return true;
}

/* Makes one of two that lie side by side, or one above the other, and are as long. */
static bool
joins(struct mural_rect *first, const struct mural_rect *second)
{
	if (first->y == second->y && first->height == second->height &&
		first->x + first->width == second->x)
		first->width += second->width;
	else if (first->x == second->x && first->width == second->width &&
		 first->y + first->height == second->y)
		first->height += second->height;
	else
		return false;
	return true;
}

static uint32_t
tile_end(uint32_t at, uint32_t most)
{
	return MIN((at / MURAL_TILE + 1) * MURAL_TILE, most);
}

ssize_t
hand_changed(const struct hand *hand, struct mural_rect **rects)
{
	const struct mural_rect *rect = &hand->journal.rect;
	const uint32_t right = rect->x + rect->width, bottom = rect->y + rect->height;
	const size_t most =
		(size_t)(rect->width / MURAL_TILE + 2) * (rect->height / MURAL_TILE + 2);
	struct mural_rect *all = calloc(most, sizeof(*all));
	size_t n = 0;

	*rects = all;
	if (!all)
		return -ENOMEM;
	for (uint32_t y = rect->y; y < bottom; y = tile_end(y, bottom)) {
		size_t row = n;

		for (uint32_t x = rect->x; x < right; x = tile_end(x, right)) {
			struct mural_rect part = { x, y, tile_end(x, right) - x,
				tile_end(y, bottom) - y };

			if (shrink(&hand->journal, &part) &&
				(n == row || !joins(&all[n - 1], &part)))
				all[n++] = part;
		}
		if (row > 0 && n == row + 1 && joins(&all[row - 1], &all[row]))
			n--;
	}
	return (ssize_t)n;
}
