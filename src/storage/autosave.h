/* SPDX-License-Identifier: MIT */
/*
 * src/storage: keeps the canvas in files: as a picture (snapshot) and as a recording over
 * time (record, history).  Uses the canvas, the config and base/; must never know who
 * paints, nor the display.
 *
 * This file: a job that saves the changed canvas, run on libuv's thread pool and never
 * twice at once: `interval_ms` after the canvas first changed since the last run, and on
 * request.  A failed run gives its tiles back and is repeated after the interval.  An
 * unchanged canvas causes no wake-up.
 *
 * The main thread's, except for save().
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "canvas/canvas.h"

struct autosave {
	struct mural_reader *reader; /* NULL: never initialised, or finished */
	uint64_t *tiles;             /* what changed; save() may read and change it */
	uint64_t interval_ms;        /* 0: only on request */
	int (*save)(struct autosave *autosave); /* any thread; 0 or -errno, logged */
	void (*after_save)(struct autosave *autosave); /* optional */

	int result; /* of the run; the pool's thread's until after_save() */

	/* private */
	uv_loop_t *loop;
	uv_poll_t changed;
	uv_timer_t timer;
	uv_work_t job;
	bool saving; /* may be read, on the main thread */
	bool save_again;
};

/* Tracks changes from now on.  0, or -ENOMEM and there is nothing to finish. */
int autosave_init(struct autosave *autosave, struct canvas *canvas, uint64_t interval_ms,
	int (*save)(struct autosave *autosave));

/* Forgets what changed so far. */
void autosave_reset(struct autosave *autosave);

/* Nothing is saved before. */
void autosave_start(struct autosave *autosave, uv_loop_t *loop);

void autosave_set_interval(struct autosave *autosave, uint64_t interval_ms);

/* As soon as possible, changed or not. */
void autosave_run_now(struct autosave *autosave);

/* Runs the loop until the current run has ended, and leaves it.  True: there are unsaved
 * changes; their tiles are taken, and the caller may call save().  False if it was never
 * started. */
bool autosave_stop(struct autosave *autosave);

/* Accepts a zeroed autosave. */
void autosave_finish(struct autosave *autosave);
