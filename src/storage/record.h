/* SPDX-License-Identifier: MIT */
/*
 * The record: the wall's history in a file, for the timelapse and for looking back.
 *
 * What changed is appended once an interval, whoever painted it; an unchanged canvas
 * writes nothing.  history-format.h says what is written, <mural/history.h> reads it. The
 * file grows to a part's size, is then set aside under a number, and the oldest parts go
 * when all of them are too much or too old.  A failure is one line in the log, and the
 * wall goes on; what was not written is written, as it then is, when it works again.
 *
 * The main thread's; packing and writing happen on libuv's thread pool.
 */
#ifndef STORAGE_RECORD_H
#define STORAGE_RECORD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <uv.h>

#include "canvas/canvas.h"
#include "config/config.h"
#include "storage/autosave.h"

struct record {
	struct autosave autosave;
	uv_timer_t sync; /* the main thread's */

	/* the work's, on whatever thread it runs */
	const char *file; /* borrowed */
	uint64_t max_size, max_age_ms, segment_max;
	int fd;
	off_t end;            /* of what is whole */
	uint32_t *shadow;     /* the canvas as it was recorded last */
	bool whole;           /* the next record must be of all tiles */
	uint64_t whole_len;   /* bytes of the last such record */
	uint64_t changes_len; /* bytes of those after it */
	uint32_t n_changes;   /* how many those are */
	int64_t last_ms;      /* time of the last record */
	int64_t segment_ms;   /* time of this part's first */
	int64_t synced_ms;
	bool unsynced; /* some records are only the kernel's yet */
	bool failed;   /* and that was said */
};

/* Begins to record what the canvas shows from now on.  An empty file name: nothing is
 * ever recorded.  What is at that place and is no recording is left alone and nothing is
 * recorded, which the log says.  0 or -ENOMEM, logged. */
int record_start(struct record *record, const struct config_record *config,
	struct canvas *canvas, uv_loop_t *loop);

/* Records once more, if there is something new, and turns the loop for that.  Nobody may
 * be painting.  Accepts what never started. */
void record_stop(struct record *record);

#endif
