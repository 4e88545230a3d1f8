/* SPDX-License-Identifier: MIT */
/* Makes brushes, and sets up what they may do by the rules in force. */
#include "canvas/painters.h"

#include <errno.h>
#include <stdlib.h>

#include "base/util.h"
#include "canvas/canvas-private.h"

/* ------------------------------------------------------------------ threads */

void
canvas_thread_start(struct canvas *canvas, struct canvas_thread *thread,
	void (*ring)(struct canvas_thread *thread))
{
	*thread = (struct canvas_thread){
		.canvas = canvas,
		.next = canvas->threads,
		.rules = canvas->rules,
		.seen = canvas->rules->generation,
		.ring = ring,
	};
	canvas->threads = thread;
}

void
canvas_thread_stop(struct canvas_thread *thread)
{
	struct canvas_thread **link;

	if (!thread->canvas)
		return;
	for (link = &thread->canvas->threads; *link != thread; link = &(*link)->next)
		;
	*link = thread->next;
	thread->canvas = NULL;
}

/* Lets code that fills batches store pairs directly while no rule applies to the brush.
 */
static void
brush_own(struct mural_brush *brush)
{
	const struct painter *painter = brush->canvas;

	brush->owner = brush->store == store_pairs
			       ? (uint32_t)(painter->owner >> OWNER_SHIFT)
			       : 0;
}

/* Sets a brush up for the rules of its thread and for whom it paints. */
static void
brush_apply(struct mural_brush *brush)
{
	struct painter *painter = brush->canvas;
	const struct rules *rules = painter->rules;
	bool is_near;

	if (painter->as.banned)
		brush->store = store_banned;
	else if (painter->as.refused)
		brush->store = store_refused;
	else if (rules && rules->all_frozen && !rules->bits[RULES_PROTECTED])
		brush->store = store_frozen;
	else if (rules && rules->closed)
		brush->store = store_guarded;
	else
		brush->store = painter->open;
	is_near = brush->store == store_plain;
	brush->near_width = is_near ? brush->width : 0;
	brush->near_height = is_near ? brush->height : 0;
	brush_own(brush);
}

/* For a painter that is not kept, the caller has checked it. */
static bool
is_banned(const struct painter *painter, const struct canvas_painter *as)
{
	if (!as->kept)
		return as->banned;
	return as->has_address && painter->rules &&
	       cidr_list_contains(&painter->rules->banned, &as->address);
}

static void
brush_look(struct mural_brush *brush)
{
	struct painter *painter = brush->canvas;

	if (painter->generation == painter->thread->rules->generation)
		return;
	painter->rules = painter->thread->rules;
	painter->generation = painter->rules->generation;
	painter->as.banned = is_banned(painter, &painter->as);
	brush_apply(brush);
}

/* The release orders everything that the thread has stored and published before the
 * generation. */
static void
thread_adopt(struct canvas_thread *thread, const struct rules *rules)
{
	const struct canvas_painter nobody = { 0 };
	struct canvas *canvas = thread->canvas;

	thread->rules = rules;
	for (struct painter *i = thread->residents; i; i = i->next) {
		/* an id that is not kept may mean another source from now on */
		if (!i->as.kept)
			canvas_brush_paint_as(i->brush, &nobody);
		brush_look(i->brush);
	}
	__atomic_store_n(&thread->seen, rules->generation, __ATOMIC_RELEASE);
	if (canvas->on_seen)
		canvas->on_seen(canvas->on_seen_arg);
}

void
canvas_thread_look(struct canvas_thread *thread)
{
	const struct rules *rules =
		__atomic_load_n(&thread->canvas->rules, __ATOMIC_ACQUIRE);

	if (rules != thread->rules)
		thread_adopt(thread, rules);
}

bool
canvas_wants_painters(const struct canvas *canvas)
{
	return __atomic_load_n(&canvas->wants_painters, __ATOMIC_RELAXED) != 0;
}

/* ------------------------------------------------------------------ owners */

uint16_t
canvas_find_owner(struct canvas *canvas, const struct owner_key *key, uint16_t crowd)
{
	return canvas->owners ? owners_find(canvas->owners, key, crowd) : 0;
}

uint16_t
canvas_take_owner(struct canvas *canvas, const struct owner_key *key, uint16_t crowd)
{
	return canvas->owners ? owners_take(canvas->owners, key, crowd) : 0;
}

void
canvas_release_owner(struct canvas *canvas, uint16_t id)
{
	if (canvas->owners)
		owners_release(canvas->owners, id);
}

uint16_t
canvas_crowd(struct canvas *canvas, const char *instance)
{
	return canvas->owners ? owners_crowd(canvas->owners, instance) : 0;
}

/* ------------------------------------------------------------------ brushes */

int
canvas_brush_init(struct canvas *canvas, struct mural_brush *brush, uint32_t left,
	uint32_t top, uint32_t width, uint32_t height)
{
	const struct mural_view *view = &canvas->view;
	const size_t first = (size_t)top * canvas->stride + left;
	struct painter *painter;

	if (left >= view->width || top >= view->height || width == 0 || height == 0)
		return -ERANGE;
	*brush = (struct mural_brush){
		.width = MIN(width, view->width - left),
		.height = MIN(height, view->height - top),
		.pixels = canvas->pixels + first * canvas->step,
		.stride = canvas->stride * canvas->step,
		.step = canvas->step,
		.left = left,
		.top = top,
		.tiles_x = view->tiles_x,
		.damage = canvas_alloc_lines(view->words * 64),
		.canvas = calloc(1, sizeof(*painter)),
	};
	painter = brush->canvas;
	if (!brush->damage || !painter) {
		canvas_brush_finish(brush);
		return -ENOMEM;
	}
	painter->brush = brush;
	painter->canvas = canvas;
	painter->published = canvas->published;
	painter->first = first;
	painter->open = canvas->step == 1 ? store_plain : store_pairs;
	brush_apply(brush);
	return 0;
}

void
canvas_brush_join(struct mural_brush *brush, struct canvas_thread *thread, bool resident)
{
	struct painter *painter = brush->canvas;

	painter->brush = brush;
	painter->thread = thread;
	if (!resident)
		return;
	painter->link = &thread->residents;
	painter->next = thread->residents;
	if (painter->next)
		painter->next->link = &painter->next;
	thread->residents = painter;
	brush_look(brush);
}

const struct rules *
canvas_brush_begin(struct mural_brush *brush)
{
	struct painter *painter = brush->canvas;

	canvas_thread_look(painter->thread);
	brush_look(brush);
	return painter->rules;
}

void
canvas_brush_paint_as(struct mural_brush *brush, const struct canvas_painter *as)
{
	struct painter *painter = brush->canvas;
	const bool banned = is_banned(painter, as);
	bool same = painter->as.banned == banned && painter->as.refused == as->refused;

	painter->as = *as;
	painter->as.banned = banned;
	painter->owner = owner_word(as->id, canvas_when(painter->canvas));
	if (same)
		brush_own(brush);
	else
		brush_apply(brush);
}

void
canvas_brush_finish(struct mural_brush *brush)
{
	struct painter *painter = brush->canvas;

	if (painter && painter->link) {
		*painter->link = painter->next;
		if (painter->next)
			painter->next->link = painter->link;
	}
	if (painter && painter->as.kept)
		canvas_release_owner(painter->canvas, painter->as.id);
	free(painter);
	free(brush->damage);
	*brush = (struct mural_brush){ 0 };
}
