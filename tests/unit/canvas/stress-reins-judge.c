/* SPDX-License-Identifier: MIT */
/* The model of stress-reins: what each pixel must be, after who painted and undid it
 * when. */
#include "unit/canvas/stress-reins.h"

static bool
is_inside(const struct deed *deed, uint32_t x, uint32_t y)
{
	return x - deed->rect.x < deed->rect.width &&
	       y - deed->rect.y < deed->rect.height;
}

/* Whether painter `i` came wholly after all others and after all acts that touch it. */
static bool
came_last(int i, uint32_t x, uint32_t y)
{
	const size_t at = (size_t)y * WIDTH + x;
	const struct stroke *mine = &painters[i].strokes[at];

	if (mine->begin == 0 || mine->number == UNKNOWN)
		return false;
	for (int j = 0; j < PAINTERS; j++) {
		const struct stroke *other = &painters[j].strokes[at];

		if (j != i && other->begin && other->end > mine->begin)
			return false;
		if (other->begin && other->number == UNKNOWN)
			return false;
	}
	for (int a = 0; a < n_deeds; a++) {
		bool his = deeds[a].verb != UNDO || deeds[a].owner == painters[i].owner;

		if (is_inside(&deeds[a], x, y) && his && deeds[a].end > mine->begin)
			return false;
	}
	return true;
}

/* Whether all that this source painted there was painted before. */
static bool
painted_before(uint16_t owner, size_t at, uint64_t before)
{
	for (int i = 0; i < PAINTERS; i++) {
		const struct stroke *stroke = &painters[i].strokes[at];

		if (painters[i].owner == owner && stroke->begin &&
			(stroke->end > before || stroke->number == UNKNOWN))
			return false;
	}
	return true;
}

/* After an undo nothing older of that source shows, unless something was taken back. */
static void
judge_undone(uint32_t x, uint32_t y, uint64_t top)
{
	for (int a = 0; a < n_deeds; a++) {
		bool must = deeds[a].verb == UNDO && is_inside(&deeds[a], x, y) &&
			    painted_before(deeds[a].owner, (size_t)y * WIDTH + x,
				    deeds[a].begin);

		for (int b = a + 1; b < n_deeds; b++)
			must &= deeds[b].verb != TAKE_BACK;
		found.not_undone += must && word_id(top) == deeds[a].owner;
	}
}

/* One act there, an undo of `owner`, and one other painted there, wholly before, and
 * stood for a pass of the keeper: that one is back. */
static void
judge_what_came_back(uint32_t x, uint32_t y, uint64_t top)
{
	const size_t at = (size_t)y * WIDTH + x;
	const struct deed *undo = NULL;
	const struct painter_thread *under = NULL;
	uint64_t first = UINT64_MAX, last = 0;

	for (int a = 0; a < n_deeds; a++)
		if (is_inside(&deeds[a], x, y)) {
			if (undo || deeds[a].verb != UNDO)
				return;
			undo = &deeds[a];
		}
	for (int i = 0; undo && i < PAINTERS; i++) {
		const struct stroke *stroke = &painters[i].strokes[at];

		if (stroke->begin == 0)
			continue;
		if (stroke->number == UNKNOWN)
			return;
		if (painters[i].owner == undo->owner) {
			first = MIN(first, stroke->first);
			last = MAX(last, stroke->end);
		} else if (under) {
			return;
		} else {
			under = &painters[i];
		}
	}
	if (!undo || !under || last == 0 || last > undo->begin ||
		under->strokes[at].end > first ||
		!was_seen(under->strokes[at].end, first))
		return;
	found.stood++;
	found.stood_wrong += word_id(top) != under->owner ||
			     (word_colour(top) & 0xffff) != under->strokes[at].number;
}

static void
judge(uint32_t x, uint32_t y)
{
	const uint64_t top = pixel_load(&canvas, x, y);
	const uint32_t number = word_colour(top) >> 16 & 0xff;
	const uint16_t id = word_id(top);

	found.judged++;
	if (id >= OWNER_FIRST && (number >= PAINTERS || painters[number].owner != id)) {
		found.torn++;
		return;
	}
	for (int i = 0; i < PAINTERS; i++)
		if (came_last(i, x, y))
			found.lost += id != painters[i].owner || (int)number != i ||
				      (word_colour(top) & 0xffff) !=
					      painters[i].strokes[y * WIDTH + x].number;
	judge_undone(x, y, top);
	judge_what_came_back(x, y, top);
	found.stale += copy[y * WIDTH + x] != word_colour(top);
}

void
judge_all(void)
{
	for (uint32_t y = 0; y < HEIGHT; y++)
		for (uint32_t x = 0; x < WIDTH; x++)
			judge(x, y);
	for (int i = 0; i < PAINTERS; i++) {
		uint64_t sum = painters[i].brush.painted;

		for (int reason = 0; reason < MURAL_REASONS; reason++)
			sum += painters[i].brush.discarded[reason];
		found.miscounted += sum != painters[i].sent;
	}
}
