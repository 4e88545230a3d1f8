/* SPDX-License-Identifier: MIT */
/* Does the operator's acts one after the other: publishes rules and waits until all have
 * seen them, sends the hand to the thread pool. */
#include "canvas/reins.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "canvas/canvas-private.h"
#include "canvas/reins-private.h"

/* What an operator sees of new rules is drawn after they hold: for so long, work in the
 * background gives way to that. */
#define SHOWN_MS 50

/* ------------------------------------------------------------------ acts */

static void
act_free(struct act *act)
{
	cidr_list_finish(&act->networks);
	free(act->mask);
	free(act->sources);
	free(act->changed);
	free(act);
}

struct act *
act_new(struct reins *reins, reins_cb *cb, void *arg)
{
	struct act *act = calloc(1, sizeof(*act));

	if (!act)
		return NULL;
	act->reins = reins;
	act->cb = cb;
	act->arg = arg;
	return act;
}

struct act *
act_new_at(struct reins *reins, const struct mural_rect *rect, reins_cb *cb, void *arg,
	int *ret)
{
	struct mural_rect cut;
	struct act *act;

	*ret = -ERANGE;
	if (!rules_cut(&reins->canvas->view, rect, &cut))
		return NULL;
	*ret = -ENOMEM;
	act = act_new(reins, cb, arg);
	if (act)
		act->rect = cut;
	return act;
}

int
act_begin(struct act *act)
{
	struct reins *reins = act->reins;

	*reins->last = act;
	reins->last = &act->next;
	uv_async_send(&reins->wake);
	return 0;
}

/* The first act is over. */
static void
finish_first(struct reins *reins, int error)
{
	struct act *act = reins->first;

	reins->first = act->next;
	if (!reins->first)
		reins->last = &reins->first;
	reins->state = REINS_IDLE;
	act->done.error = error;
	clock_gettime(CLOCK_REALTIME, &act->done.at);
	act->cb(act->arg, &act->done);
	act_free(act);
}

/* ------------------------------------------------------------------ rules */

static bool
have_all_seen(const struct canvas *canvas)
{
	const struct canvas_thread *thread = canvas->threads;

	while (thread && __atomic_load_n(&thread->seen, __ATOMIC_ACQUIRE) >=
				 canvas->rules->generation)
		thread = thread->next;
	return !thread;
}

static void
publish_rules(struct reins *reins, struct rules *rules)
{
	struct canvas *canvas = reins->canvas;

	reins->old = canvas->rules == canvas->open ? NULL : (struct rules *)canvas->rules;
	/* before anybody looks at rules that ban somebody */
	if (rules->banned.n > 0)
		__atomic_store_n(&canvas->wants_painters, 1, __ATOMIC_RELAXED);
	reins->published_ns = uv_hrtime();
	__atomic_store_n(&canvas->rules, rules, __ATOMIC_RELEASE);
	for (struct canvas_thread *i = canvas->threads; i; i = i->next)
		if (i->ring)
			i->ring(i);
		else
			canvas_thread_look(i);
}

static void
on_shown(uv_timer_t *shown)
{
	canvas_hurry(container_of(shown, struct reins, shown)->canvas, false);
}

/* As long again in between, lest the background waits for as long as a script asks. */
static void
hurry_to_show(struct reins *reins)
{
	const uint64_t now_ms = uv_now(reins->loop);

	if (now_ms < reins->next_hurry_ms || uv_is_active((uv_handle_t *)&reins->shown))
		return;
	reins->next_hurry_ms = now_ms + 2 * SHOWN_MS;
	canvas_hurry(reins->canvas, true);
	uv_timer_start(&reins->shown, on_shown, SHOWN_MS, 0);
}

static void
begin_rules(struct reins *reins, struct act *act)
{
	struct rules *rules = rules_next(reins->canvas, reins->canvas->rules);
	int ret = rules ? act->change(act, rules) : -ENOMEM;

	if (ret == 0)
		ret = rules_finish(rules, reins->canvas);
	if (ret < 0) {
		rules_free(rules);
		finish_first(reins, ret);
		return;
	}
	reins->state = REINS_WAITING;
	if (!act->is_chore)
		hurry_to_show(reins);
	publish_rules(reins, rules);
}

/* What all have seen holds. */
static void
rules_hold(struct reins *reins)
{
	struct canvas *canvas = reins->canvas;
	struct act *act = reins->first;
	bool frozen = canvas->rules->bits[RULES_FROZEN] != NULL;

	rules_free(reins->old);
	reins->old = NULL;
	if (frozen && !reins->frozen)
		clock_gettime(CLOCK_REALTIME, &reins->frozen_since);
	reins->frozen = frozen;
	__atomic_store_n(&canvas->frozen, canvas->rules->all_frozen, __ATOMIC_RELAXED);
	if (canvas->rules->banned.n == 0 && !canvas->owners)
		__atomic_store_n(&canvas->wants_painters, 0, __ATOMIC_RELAXED);
	act->done.wait_ns = uv_hrtime() - reins->published_ns;
	finish_first(reins, 0);
}

bool
canvas_is_frozen(const struct canvas *canvas)
{
	return __atomic_load_n(&canvas->frozen, __ATOMIC_RELAXED) != 0;
}

bool
reins_frozen_since(const struct reins *reins, struct timespec *since)
{
	*since = reins->frozen_since;
	return reins->frozen;
}

static enum rules_kind
rules_kind_of(enum reins_closed kind)
{
	return kind == REINS_FROZEN ? RULES_FROZEN : RULES_PROTECTED;
}

ssize_t
reins_rects(struct reins *reins, enum reins_closed kind, size_t most,
	struct mural_rect **rects)
{
	return rules_rects(
		reins->canvas->rules, reins->canvas, rules_kind_of(kind), most, rects);
}

bool
reins_is_closed(const struct reins *reins, enum reins_closed kind, uint32_t x, uint32_t y)
{
	return rules_has(reins->canvas->rules, rules_kind_of(kind),
		(size_t)y * reins->canvas->stride + x);
}

static int
change_closed(struct act *act, struct rules *rules)
{
	if (act->mask)
		return rules_set_mask(rules, act->reins->canvas, act->kind, &act->rect,
			act->mask, act->rect.width);
	return rules_set(rules, act->reins->canvas, act->kind, &act->rect, act->close);
}

static int
begin_closing(struct reins *reins, const struct mural_rect *rect, enum rules_kind kind,
	bool close, reins_cb *cb, void *arg)
{
	int ret;
	struct act *act = act_new_at(reins, rect, cb, arg, &ret);

	if (!act)
		return ret;
	act->kind = kind;
	act->close = close;
	act->change = change_closed;
	return act_begin(act);
}

int
reins_freeze(struct reins *reins, const struct mural_rect *rect, reins_cb *cb, void *arg)
{
	return begin_closing(reins, rect, RULES_FROZEN, true, cb, arg);
}

int
reins_thaw(struct reins *reins, const struct mural_rect *rect, reins_cb *cb, void *arg)
{
	return begin_closing(reins, rect, RULES_FROZEN, false, cb, arg);
}

int
reins_unprotect(
	struct reins *reins, const struct mural_rect *rect, reins_cb *cb, void *arg)
{
	return begin_closing(reins, rect, RULES_PROTECTED, false, cb, arg);
}

int
reins_protect(struct reins *reins, const struct mural_rect *rect, const uint8_t *mask,
	reins_cb *cb, void *arg)
{
	int ret;
	struct act *act;

	if (!mask)
		return begin_closing(reins, rect, RULES_PROTECTED, true, cb, arg);
	act = act_new_at(reins, rect, cb, arg, &ret);
	if (!act)
		return ret;
	act->mask = malloc((size_t)act->rect.width * act->rect.height);
	if (!act->mask) {
		act_free(act);
		return -ENOMEM;
	}
	for (uint32_t y = 0; y < act->rect.height; y++)
		memcpy(act->mask + (size_t)y * act->rect.width,
			mask + (size_t)y * (rect ? rect->width : act->rect.width),
			act->rect.width);
	act->kind = RULES_PROTECTED;
	act->change = change_closed;
	return act_begin(act);
}

static int
change_banned(struct act *act, struct rules *rules)
{
	return rules_ban(rules, &act->networks);
}

int
reins_ban(struct reins *reins, const struct cidr_list *networks, reins_cb *cb, void *arg)
{
	struct act *act = act_new(reins, cb, arg);

	if (!act)
		return -ENOMEM;
	for (size_t i = 0; i < networks->n; i++)
		if (cidr_list_add(&act->networks, &networks->all[i]) < 0) {
			act_free(act);
			return -ENOMEM;
		}
	act->change = change_banned;
	return act_begin(act);
}

/* ------------------------------------------------------------------ the thread pool */

static void
run_work(uv_work_t *job)
{
	struct act *act = container_of(job, struct reins, job)->first;
	ssize_t n;

	if (!act->is_chore)
		canvas_hurry(act->reins->canvas, true);
	act->done.error = act->work(act);
	if (!act->is_chore)
		canvas_hurry(act->reins->canvas, false);
	if (act->done.error < 0 || act->done.pixels == 0 ||
		act->undo.how == HAND_UNDO_COUNT)
		return;
	n = hand_changed(&act->reins->hand, &act->changed);
	act->done.changed = act->changed;
	act->done.n_changed = (size_t)MAX(n, 0);
}

static void
on_worked(uv_work_t *job, int status)
{
	struct reins *reins = container_of(job, struct reins, job);
	struct act *act = reins->first;

	if (status == 0 && act->done.pixels > 0 && act->undo.how != HAND_UNDO_COUNT)
		act->done.number = reins->hand.journal.number;
	finish_first(reins, status < 0 ? -ECANCELED : act->done.error);
	uv_async_send(&reins->wake);
}

static void
begin_work(struct reins *reins)
{
	int ret = uv_queue_work(reins->loop, &reins->job, run_work, on_worked);

	if (ret < 0)
		finish_first(reins, ret);
	else
		reins->state = REINS_WORKING;
}

/* ------------------------------------------------------------------ turns */

static void
on_wake(uv_async_t *wake)
{
	struct reins *reins = container_of(wake, struct reins, wake);

	if (reins->state == REINS_WAITING && have_all_seen(reins->canvas))
		rules_hold(reins);
	if (reins->state != REINS_IDLE || !reins->first)
		return;
	if (reins->first->change)
		begin_rules(reins, reins->first);
	else
		begin_work(reins);
	uv_async_send(&reins->wake);
}

static void
on_seen(void *arg)
{
	uv_async_send(&((struct reins *)arg)->wake);
}

struct reins *
reins_new(struct canvas *canvas, uv_loop_t *loop)
{
	struct reins *reins = calloc(1, sizeof(*reins));

	if (!reins)
		return NULL;
	reins->canvas = canvas;
	reins->loop = loop;
	reins->last = &reins->first;
	if (uv_async_init(loop, &reins->wake, on_wake) < 0) {
		free(reins);
		return NULL;
	}
	uv_timer_init(loop, &reins->shown);
	uv_unref((uv_handle_t *)&reins->wake);
	uv_unref((uv_handle_t *)&reins->shown);
	reins->wake.data = reins->shown.data = reins;
	reins->n_handles = 2;
	canvas->on_seen_arg = reins;
	canvas->on_seen = on_seen;
	if (reins_owners_start(reins) == 0 &&
		hand_init(&reins->hand, canvas, reins->keeper) == 0)
		return reins;
	reins_free(reins);
	return NULL;
}

static void
on_handle_closed(uv_handle_t *handle)
{
	struct reins *reins = handle->data;

	if (--reins->n_handles == 0)
		free(reins);
}

void
reins_free(struct reins *reins)
{
	uv_loop_t *loop;

	if (!reins)
		return;
	loop = reins->loop;
	reins->canvas->on_seen = NULL;
	if (uv_is_active((uv_handle_t *)&reins->shown))
		canvas_hurry(reins->canvas, false);
	uv_timer_stop(&reins->shown);
	hand_stop(&reins->hand);
	while (reins->state == REINS_WORKING)
		uv_run(loop, UV_RUN_ONCE);
	while (reins->first)
		finish_first(reins, -ECANCELED);
	reins_owners_stop(reins);
	hand_finish(&reins->hand);
	rules_free(reins->old);
	if (reins->canvas->rules != reins->canvas->open) {
		rules_free((struct rules *)reins->canvas->rules);
		reins->canvas->rules = reins->canvas->open;
	}
	uv_close((uv_handle_t *)&reins->wake, on_handle_closed);
	uv_close((uv_handle_t *)&reins->shown, on_handle_closed);
	if (reins->has_tick)
		uv_close((uv_handle_t *)&reins->tick, on_handle_closed);
	uv_run(loop, UV_RUN_NOWAIT);
}
