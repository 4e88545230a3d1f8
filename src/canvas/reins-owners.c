/* SPDX-License-Identifier: MIT */
/* Knows who painted: lets the keeper look, makes room for sources, keeps stamps of time
 * from wrapping, and tells. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/util.h"
#include "canvas/canvas-private.h"
#include "canvas/keeper.h"
#include "canvas/reins-private.h"

#define TICK_MS 100

/* At least this long between two attempts to make room. */
#define ROOM_MS 1000

/* How often stamps are clamped; much less than the hour that is left until they wrap. */
#define CLAMP_MS (30 * 60 * 1000)

/* A larger canvas has no keeper: undo then takes what lay under a pixel from the
 * recording. */
#define KEEPER_SIZE_MAX (UINT64_C(256) * 1024 * 1024)

/* ------------------------------------------------------------------ the keeper */

static void
run_pass(uv_work_t *pass)
{
	struct reins *reins = container_of(pass, struct reins, pass);

	canvas_give_way(reins->canvas);
	keeper_lock(reins->keeper);
	keeper_pass(reins->keeper);
	keeper_unlock(reins->keeper);
}

static void
on_passed(uv_work_t *pass, int status)
{
	(void)status;
	container_of(pass, struct reins, pass)->passing = false;
}

static void
begin_pass(struct reins *reins)
{
	if (reins->keeper && !reins->passing)
		reins->passing = uv_queue_work(reins->loop, &reins->pass, run_pass,
					 on_passed) == 0;
}

/* ------------------------------------------------------------------ passes over all */

/* Whoever has the id of one that was forgotten is not highlighted in its place. */
static void
highlight_none_forgotten(struct canvas *canvas)
{
	bool any = false;

	for (int id = OWNER_FIRST; id < OWNER_IDS; id++) {
		const uint64_t bit = UINT64_C(1) << id % 64;

		if (!(canvas->highlighted[id / 64] & bit) ||
			owners_heir(canvas->owners, (uint16_t)id) == id)
			continue;
		__atomic_fetch_and(&canvas->highlighted[id / 64], ~bit, __ATOMIC_RELAXED);
		any = true;
	}
	if (any && canvas->highlighting)
		canvas_highlight(canvas, canvas->highlighted);
}

static void
on_room_made(void *arg, const struct reins_done *done)
{
	struct reins *reins = arg;

	if (done->error == 0) {
		highlight_none_forgotten(reins->canvas);
		owners_reuse(reins->canvas->owners);
	}
	reins->making_room = false;
}

/* Gives the pixels of those that were forgotten to their crowds, also those that the last
 * act can put back. */
static int
work_inherit(struct act *act)
{
	struct canvas *canvas = act->reins->canvas;
	const struct hand_journal *journal = &act->reins->hand.journal;
	const size_t n = (size_t)journal->rect.width * journal->rect.height;

	for (uint32_t y = 0; y < canvas->view.height; y++)
		for (uint32_t x = 0; x < canvas->view.width; x++) {
			uint64_t word = pixel_load(canvas, x, y);
			uint16_t id = word_id(word);
			uint16_t heir = owners_heir(canvas->owners, id);

			if (heir != id)
				(void)pixel_swap(canvas, x, y, &word,
					word ^ owner_word(id ^ heir, 0));
		}
	if (act->reins->keeper) {
		keeper_lock(act->reins->keeper);
		keeper_inherit(act->reins->keeper, canvas->owners);
		keeper_unlock(act->reins->keeper);
	}
	owners_inherit(canvas->owners, journal->was, n);
	owners_inherit(canvas->owners, journal->put, n);
	return 0;
}

/* Rules that are like those before: a thread that has seen them finds no forgotten id any
 * more. */
static int
change_nothing(struct act *act, struct rules *rules)
{
	(void)act;
	(void)rules;
	return 0;
}

static void
on_nothing_changed(void *arg, const struct reins_done *done)
{
	struct reins *reins = arg;
	struct act *act = done->error == 0 ? act_new(reins, on_room_made, reins) : NULL;

	reins->making_room = act != NULL;
	if (!act)
		return;
	act->work = work_inherit;
	act->is_chore = true;
	act_begin(act);
}

/* What fails for want of memory is tried again: ids that were forgotten once are not any
 * source's until the end of it. */
static void
make_room(struct reins *reins)
{
	struct act *act;

	if (!owners_forget(reins->canvas->owners))
		return;
	act = act_new(reins, on_nothing_changed, reins);
	if (!act)
		return;
	act->change = change_nothing;
	act->is_chore = true;
	reins->making_room = true;
	act_begin(act);
}

/* Sets stamps that are too old to be compared to the greatest age that can be, also of
 * what can be put back: the last act is taken back where what it put is unchanged. */
static int
work_clamp(struct act *act)
{
	struct canvas *canvas = act->reins->canvas;
	const struct hand_journal *journal = &act->reins->hand.journal;
	const size_t n = (size_t)journal->rect.width * journal->rect.height;
	const uint16_t now = canvas_when(canvas);
	const uint16_t oldest = (uint16_t)(now - WHEN_AGE_MAX);

	for (uint32_t y = 0; y < canvas->view.height; y++)
		for (uint32_t x = 0; x < canvas->view.width; x++) {
			uint64_t word = pixel_load(canvas, x, y);
			const uint64_t clamped = word_clamp(word, oldest);

			if (clamped != word)
				(void)pixel_swap(canvas, x, y, &word, clamped);
		}
	if (act->reins->keeper) {
		keeper_lock(act->reins->keeper);
		keeper_clamp(act->reins->keeper, oldest);
		keeper_unlock(act->reins->keeper);
	}
	words_clamp(journal->was, n, oldest);
	words_clamp(journal->put, n, oldest);
	return 0;
}

static void
on_clamped(void *arg, const struct reins_done *done)
{
	(void)arg;
	(void)done;
}

static void
begin_clamp(struct reins *reins)
{
	struct act *act = act_new(reins, on_clamped, reins);

	if (!act)
		return;
	act->work = work_clamp;
	act->is_chore = true;
	act_begin(act);
}

static void
on_tick(uv_timer_t *tick)
{
	struct reins *reins = container_of(tick, struct reins, tick);
	const uint64_t now_ms = uv_now(reins->loop);

	canvas_set_when(reins->canvas, (uint32_t)(now_ms / WHEN_STEP_MS));
	begin_pass(reins);
	if (owners_is_full(reins->canvas->owners) && !reins->making_room &&
		now_ms - reins->room_ms >= ROOM_MS) {
		reins->room_ms = now_ms;
		make_room(reins);
	}
	if (now_ms - reins->clamp_ms >= CLAMP_MS) {
		reins->clamp_ms = now_ms;
		begin_clamp(reins);
	}
}

int
reins_owners_start(struct reins *reins)
{
	struct canvas *canvas = reins->canvas;

	if (!canvas->owners)
		return 0;
	if (keeper_size(canvas) > KEEPER_SIZE_MAX)
		log_info("canvas: too large to remember what lies under a pixel; undo "
			 "takes that from the recording");
	else if (!(reins->keeper = keeper_new(canvas)))
		return -ENOMEM;
	uv_timer_init(reins->loop, &reins->tick);
	uv_unref((uv_handle_t *)&reins->tick);
	reins->tick.data = reins;
	reins->has_tick = true;
	reins->n_handles++;
	reins->clamp_ms = uv_now(reins->loop);
	canvas_set_when(canvas, (uint32_t)(uv_now(reins->loop) / WHEN_STEP_MS));
	return uv_timer_start(&reins->tick, on_tick, 0, TICK_MS);
}

void
reins_owners_stop(struct reins *reins)
{
	if (reins->has_tick)
		uv_timer_stop(&reins->tick);
	while (reins->passing)
		uv_run(reins->loop, UV_RUN_ONCE);
	keeper_free(reins->keeper);
	reins->keeper = NULL;
}

/* ------------------------------------------------------------------ telling */

int
reins_who(struct reins *reins, uint32_t x, uint32_t y, struct reins_who *who)
{
	struct canvas *canvas = reins->canvas;
	struct timespec now;
	struct owner owner;
	uint64_t word;
	uint16_t age;

	if (!canvas->owners)
		return -ENOTSUP;
	if (x >= canvas->view.width || y >= canvas->view.height)
		return -ERANGE;
	word = pixel_load(canvas, x, y);
	age = (uint16_t)(canvas_when(canvas) - word_when(word));
	clock_gettime(CLOCK_REALTIME, &now);
	owners_describe(canvas->owners, word_id(word), &owner);
	*who = (struct reins_who){
		.forgeable = owner.forgeable,
		.before = age >= WHEN_AGE_MAX,
		.when_s = word_id(word) ? (uint64_t)now.tv_sec -
						  (uint64_t)age * WHEN_STEP_MS / 1000
					: 0,
		.argb = word_colour(word),
	};
	snprintf(who->source, sizeof(who->source), "%s", owner.source);
	snprintf(who->instance, sizeof(who->instance), "%s", owner.instance);
	return 0;
}

ssize_t
reins_sources_add(struct reins *reins, const char *text, struct reins_sources *sources)
{
	if (!reins->canvas->owners)
		return -ENOTSUP;
	return owners_match(reins->canvas->owners, text, sources->ids);
}

/* Every tile is shown anew when it begins and ends. */
int
reins_highlight(struct reins *reins, const struct reins_sources *sources)
{
	struct canvas *canvas = reins->canvas;

	if (!canvas->owners)
		return -ENOTSUP;
	canvas_highlight(canvas, sources ? sources->ids : NULL);
	return 0;
}
