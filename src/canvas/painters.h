/* SPDX-License-Identifier: MIT */
/*
 * The canvas's side of those who paint: threads that say which rules (rules.h) they have
 * seen, and brushes that keep to them.
 */
#pragma once

#include "canvas/canvas.h"
#include "canvas/owners.h"
#include "canvas/rules.h"

/* A thread on which brushes paint.  Embed it. */
struct canvas_thread {
	struct canvas *canvas;
	struct canvas_thread *next; /* the main thread's */
	const struct rules *rules;  /* that it saw last; its own */
	uint64_t seen; /* their generation; itself: release, others: acquire */
	struct painter *residents; /* brushes that are used at any time; its own */

	/* Has the thread call canvas_thread_look() soon; called on the main thread.
	 * NULL: this is the main thread. */
	void (*ring)(struct canvas_thread *thread);
};

/* The main thread. */
void canvas_thread_start(struct canvas *canvas, struct canvas_thread *thread,
	void (*ring)(struct canvas_thread *thread));

/* When it calls nobody any more.  Accepts one that never started. */
void canvas_thread_stop(struct canvas_thread *thread);

/* Takes note of new rules: what was painted before them is published.  The thread itself,
 * between two callbacks. */
void canvas_thread_look(struct canvas_thread *thread);

/* The brush keeps to the rules.  `resident`: also outside of callbacks, on the main
 * thread.  The main thread, before it is painted with. */
void canvas_brush_join(
	struct mural_brush *brush, struct canvas_thread *thread, bool resident);

/* For whom a brush paints. */
struct canvas_painter {
	uint16_t id;  /* owners.h; 0: nobody */
	bool banned;  /* what it paints is discarded as banned */
	bool refused; /* else as unauthorized */
	bool kept;    /* the id means the same until somebody releases it, and whether
		       * it is banned is said by the address and the rules in force */
	bool has_address;
	struct ip_key address;
};

/* On a canvas with owners the id of a source, or else that of the crowd; to be released
 * if it was taken.  On another 0. */
uint16_t canvas_find_owner(
	struct canvas *canvas, const struct owner_key *key, uint16_t crowd);
uint16_t canvas_take_owner(
	struct canvas *canvas, const struct owner_key *key, uint16_t crowd);
void canvas_release_owner(struct canvas *canvas, uint16_t id);

/* That of an instance's crowd; the main thread. */
uint16_t canvas_crowd(struct canvas *canvas, const char *instance);

/* Looks at the rules, and paints for that one from now on.  The brush's thread, before
 * each callback; returns the rules, which hold until the next. */
const struct rules *canvas_brush_begin(struct mural_brush *brush);
void canvas_brush_paint_as(
	struct mural_brush *brush, const struct canvas_painter *painter);
