/* SPDX-License-Identifier: MIT */
/*
 * An autosave: work on the changed canvas that takes a while and is never done twice at
 * once, such as writing it to a file.
 *
 * It is done on libuv's thread pool, `interval` after the canvas first changed since the
 * last time, and whenever it is asked for.  What it took is given back when it failed, so
 * that it is tried again after the interval.  An unchanged canvas costs no wake-up.
 *
 * The main thread's, but for `work`.
 */
#ifndef STORAGE_AUTOSAVE_H
#define STORAGE_AUTOSAVE_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "canvas/canvas.h"

struct autosave {
	struct mural_reader *reader;            /* NULL: it never started, or is over */
	uint64_t *tiles;                        /* what changed; the work may read it */
	uint64_t interval_ms;                   /* 0: only when asked for */
	int (*save)(struct autosave *autosave); /* any thread; 0 or -errno, logged */
	void (*after_save)(
		struct autosave *autosave); /* after each work; NULL: nobody asks */

	/* the rest is autosave.c's */
	uv_loop_t *loop;
	uv_poll_t changed;
	uv_timer_t timer;
	uv_work_t job;
	int result;  /* of the work at hand; the pool's thread until it is done */
	bool saving; /* others may look, on the main thread */
	bool save_again;
};

/* From now on it knows what changes.  0, or -ENOMEM and nothing is left of it. */
int autosave_init(struct autosave *autosave, struct canvas *canvas, uint64_t interval_ms,
	int (*save)(struct autosave *autosave));

/* What changed so far is no reason to work. */
void autosave_reset(struct autosave *autosave);

/* Until then nothing is ever done. */
void autosave_start(struct autosave *autosave, uv_loop_t *loop);

/* Another interval from now on. */
void autosave_set_interval(struct autosave *autosave, uint64_t interval_ms);

/* To be done as soon as possible, changed or not. */
void autosave_run_now(struct autosave *autosave);

/* Waits for the work at hand, for which it turns the loop, and lets go of it.  Whether
 * there is something new to work on: then the tiles are taken, and the work, if it is
 * still wanted, is to be called by the caller.  False for what never started. */
bool autosave_stop(struct autosave *autosave);

/* Accepts a zeroed autosave. */
void autosave_finish(struct autosave *autosave);

#endif
