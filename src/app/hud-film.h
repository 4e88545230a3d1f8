/* SPDX-License-Identifier: MIT */
/*
 * The film on the invitation: what was painted in the last hours, in fast motion.
 *
 * It is read from the recording while it plays, one picture at a time on libuv's thread
 * pool; a picture that takes longer than its turn leaves out the next ones, and between
 * two films nothing is read or held.  It plays for twenty seconds, again every five
 * minutes for an hour, and stands from then on.  The main thread's.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "app/reel.h"
#include "hud/hud.h"

struct hud_film_job;

struct hud_film {
	struct hud *hud;
	uv_loop_t *loop;
	const char *file; /* empty: nothing is recorded */
	void (*on_open)(struct hud_film *film);
	uv_timer_t next;          /* the next picture, or the next film */
	struct hud_film_job *job; /* which reads; NULL: none */
	bool is_working;          /* it does just now */
	uint32_t working;         /* the same, with those of films that have ended */
	bool plays;               /* and is wanted */
	int64_t cleared_ms;       /* what was before is not shown; since 1970 */
	uint64_t wanted_ns, began_ns;
	/* of the pictures; 0: there are none */
	uint32_t width, height;
	int64_t begin_ms;
};

/* on_open() is called when there are pictures, and what they are was not known yet, or is
 * another than it was.  The file's name is borrowed. */
void hud_film_start(struct hud_film *film, struct hud *hud, const char *file,
	uv_loop_t *loop, void (*on_open)(struct hud_film *film));

/* Nothing happens if it plays, or stops, already. */
void hud_film_play(struct hud_film *film);
void hud_film_end(struct hud_film *film);

/* The canvas was cleared: what was before is over. */
void hud_film_forget(struct hud_film *film);

/* Runs the loop until nothing is read.  Accepts what never started. */
void hud_film_stop(struct hud_film *film);
