/* SPDX-License-Identifier: MIT */
/*
 * Holds a recording to its size and age, so that it keeps the whole night.
 *
 * Segments that are too old are removed.  When all together are too large, one after the
 * other is thinned to every second of its moments: the one that has the most bytes for
 * its time, the time counting less the longer ago it is.  So the past becomes coarse step
 * by step, and what filled the disk in minutes gives way before a quiet evening does.  A
 * segment of a single moment is removed instead, unless it is the beginning.
 *
 * The main thread's, except where it says so; the work is done on libuv's thread pool, in
 * steps between which others get their turn.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "config/config.h"
#include "storage/thinning.h"

struct retention {
	const char *file;     /* borrowed */
	uint64_t closed_most; /* bytes that segments may have, beside the current file */
	uint64_t max_age_ms;
	uv_loop_t *loop;

	/* private; of the work at hand, on whichever thread it runs */
	uv_work_t work;
	bool busy; /* the main thread's */
	bool again, stopping;
	bool more;   /* the work is not done */
	bool failed; /* and this was logged */
	struct thinning thinning;
};

/* `segment_max`: how large the current file becomes. */
void retention_init(struct retention *retention, const struct config_record *config,
	uint64_t segment_max, uv_loop_t *loop);

/* Removes what murald was thinning when it was killed, which nothing else would ever do.
 * Before the first retention_run(), and once the recording is locked: until then it may
 * be what another murald is thinning. */
void retention_remove_leftover(const struct retention *retention);

/* Starts what there is to do, when a segment was closed.  Nothing after
 * retention_stop(). */
void retention_run(struct retention *retention);

/* Whether segments are still larger than they may be.  Any thread. */
bool retention_is_behind(const struct retention *retention);

/* Runs the loop until the step at hand is done, and leaves the rest. */
void retention_stop(struct retention *retention);
