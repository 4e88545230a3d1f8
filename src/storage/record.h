/* SPDX-License-Identifier: MIT */
/*
 * Records the canvas over time in a file, for timelapses and for seeking in the past.
 *
 * Once an interval, what changed is appended, whoever painted it; an unchanged canvas
 * writes nothing.  history-format.h defines the format, <mural/history.h> reads it.  A
 * file that has reached a segment's size is renamed to a number.  Older segments are
 * thinned when all together are too large (retention.h).  A failure is logged once;
 * what was not written is written, as it then is, as soon as that works again.
 *
 * The main thread's; packing and writing happen on libuv's thread pool.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <uv.h>

#include "base/log.h"
#include "canvas/canvas.h"
#include "config/config.h"
#include "storage/autosave.h"
#include "storage/record-writer.h"
#include "storage/retention.h"

struct record {
	struct autosave autosave;
	uv_timer_t sync; /* the main thread's; before the file is open, of the retries */
	struct log_dedup tries; /* these log */
	struct retention retention;

	/* of the save at hand, on whichever thread it runs */
	const char *file; /* borrowed */
	uint64_t max_age_ms, segment_max;
	struct record_writer writer;
	int64_t last_ms;    /* time of the last record */
	int64_t segment_ms; /* time of this segment's first */
	int64_t synced_ms;
	bool unsynced;      /* some records are not flushed to disk */
	bool retention_due; /* a segment was closed, or waits for that */
	bool failed;        /* and this was logged */
};

/* Starts to record.  With an empty file name nothing is ever recorded.  A file that
 * cannot be opened, or is something else, is logged and tried again every second.  0 or
 * -ENOMEM, logged. */
int record_start(struct record *record, const struct config_record *config,
	struct canvas *canvas, uv_loop_t *loop);

/* Records once more, if something changed, and runs the loop for that.  Nothing may be
 * painting.  Accepts what never started. */
void record_stop(struct record *record);
