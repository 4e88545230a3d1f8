/* SPDX-License-Identifier: MIT */
/* Acts of the hand: clear, restore, undo, and taking them back. */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "base/util.h"
#include "canvas/canvas-private.h"
#include "canvas/reins-private.h"

static int
work_clear(struct act *act)
{
	return hand_clear(&act->reins->hand, &act->rect, act->argb, &act->done.pixels);
}

int
reins_clear(struct reins *reins, const struct mural_rect *rect, uint32_t argb,
	reins_cb *cb, void *arg)
{
	int ret;
	struct act *act = act_new_at(reins, rect, cb, arg, &ret);

	if (!act)
		return ret;
	act->argb = argb;
	act->work = work_clear;
	return act_begin(act);
}

static int
work_restore(struct act *act)
{
	const struct reins_picture *from = act->picture;
	const struct hand_picture picture = { from->row, act->arg };
	int ret = from->open ? from->open(act->arg, &act->rect) : 0;

	if (ret < 0)
		return ret;
	ret = hand_paint(&act->reins->hand, &act->rect, &picture, &act->done.pixels);
	if (from->close)
		from->close(act->arg);
	return ret;
}

int
reins_restore(struct reins *reins, const struct mural_rect *rect,
	const struct reins_picture *picture, reins_cb *cb, void *arg)
{
	int ret;
	struct act *act = act_new_at(reins, rect, cb, arg, &ret);

	if (!act)
		return ret;
	act->picture = picture;
	act->work = work_restore;
	return act_begin(act);
}

static int
work_take_back(struct act *act)
{
	return hand_take_back(&act->reins->hand, act->number, &act->done.pixels);
}

int
reins_take_back(struct reins *reins, uint64_t number, reins_cb *cb, void *arg)
{
	struct act *act = act_new(reins, cb, arg);

	if (!act)
		return -ENOMEM;
	act->number = number;
	act->work = work_take_back;
	return act_begin(act);
}

/* ------------------------------------------------------------------ undo */

/* The picture from before the first of what is undone; NULL: not known, which is not
 * worth failing for. */
static uint32_t *
draw_past(const struct act *act)
{
	const size_t n = (size_t)act->rect.width * act->rect.height;
	uint32_t *pixels, age;
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (!hand_oldest(&act->reins->hand, &act->undo, &age) || age >= WHEN_AGE_MAX)
		return NULL;
	pixels = calloc(n, sizeof(*pixels));
	/* it was painted in the step before that of its stamp, or later */
	if (pixels && act->past(act->arg,
			      (uint64_t)now.tv_sec - (age + 1) * WHEN_STEP_MS / 1000 - 1,
			      &act->rect, pixels) == 0)
		return pixels;
	free(pixels);
	return NULL;
}

/* What is known to lie under it shows at once; most often that is all, and nothing has to
 * be looked up for the rest. */
static int
work_undo(struct act *act)
{
	struct hand *hand = &act->reins->hand;
	struct hand_counts counts = { 0 };
	uint32_t *behind;
	int ret;

	act->undo.rect = act->rect;
	act->undo.ids = act->sources->ids;
	ret = hand_undo(hand, &act->undo, &counts);
	if (act->undo.how == HAND_UNDO_KNOWN && ret == 0 && counts.unknown > 0) {
		counts.unknown = 0;
		act->undo.how = HAND_UNDO_REST;
		act->undo.behind = behind = draw_past(act);
		ret = hand_undo(hand, &act->undo, &counts);
		free(behind);
	}
	act->done.pixels = counts.pixels;
	act->done.unknown = counts.unknown;
	return ret;
}

/* The stamp of that time; false: it is too long ago for stamps to tell. */
static bool
when_of(const struct canvas *canvas, uint64_t since_s, uint16_t *when)
{
	struct timespec now;
	uint64_t ago;

	clock_gettime(CLOCK_REALTIME, &now);
	ago = (uint64_t)now.tv_sec > since_s ? ((uint64_t)now.tv_sec - since_s + 1) / 2
					     : 0;
	*when = (uint16_t)(canvas_when(canvas) - MIN(ago, WHEN_AGE_MAX));
	return since_s != 0 && ago < WHEN_AGE_MAX;
}

int
reins_undo(struct reins *reins, const struct reins_undo *undo, reins_cb *cb, void *arg)
{
	int ret;
	struct act *act;

	if (!reins->canvas->owners)
		return -ENOTSUP;
	act = act_new_at(reins, undo->rect, cb, arg, &ret);
	if (!act)
		return ret;
	act->sources = malloc(sizeof(*act->sources));
	if (!act->sources) {
		free(act);
		return -ENOMEM;
	}
	*act->sources = undo->sources;
	act->undo.ever = !when_of(reins->canvas, undo->since_s, &act->undo.since);
	act->undo.how = undo->count_only ? HAND_UNDO_COUNT
			: undo->behind   ? HAND_UNDO_KNOWN
					 : HAND_UNDO_ALL;
	act->past = undo->behind;
	act->work = work_undo;
	return act_begin(act);
}
