/* SPDX-License-Identifier: MIT */
/*
 * The snapshot: the canvas as a PNG file, so that a restart loses nothing.
 *
 * Written beside its place and renamed into it, so that the file is always a whole
 * picture.  Saved at stop, on request, and `interval` after the canvas first changed
 * since the last one; an unchanged canvas costs no wake-up.  A failure is one line in the
 * log each time it is tried, and the wall goes on.
 *
 * The main thread's; the encoding happens on libuv's thread pool.
 */
#ifndef STORAGE_SNAPSHOT_H
#define STORAGE_SNAPSHOT_H

#include <stdbool.h>
#include <uv.h>

#include "canvas/canvas.h"
#include "config/config.h"
#include "storage/autosave.h"

struct snapshot {
	char *path;          /* empty: none */
	char *next_path;     /* when the save at hand is done; NULL: no other */
	bool may_be_foreign; /* a file that is none of ours may be at `path` */
	struct autosave autosave;
};

/* Paints the picture that was saved onto the canvas, before anybody else paints.  A
 * missing file is no error.  One that cannot be read, is damaged or has another size is
 * set aside under another name and logged, and never overwritten; what is no file stays
 * where it is, and nothing is saved until it is gone.  An empty path: there is no
 * snapshot.  0 or -ENOMEM, logged. */
int snapshot_restore(struct snapshot *snapshot, const struct config_canvas *config,
	struct canvas *canvas);

/* Begins to save what changed since the restore.  Until then nothing is ever written. */
void snapshot_start(struct snapshot *snapshot, uv_loop_t *loop);

/* Goes on with the path and the interval of another config.  The picture is saved at a
 * new path as soon as possible; a file that is there already is set aside. */
void snapshot_reconfigure(struct snapshot *snapshot, const struct config_canvas *config);

/* Saves as soon as possible, changed or not. */
void snapshot_save(struct snapshot *snapshot);

/* Saves once more, if it was started, and lets go of the loop, which it turns for that.
 * Nobody may be painting. */
void snapshot_stop(struct snapshot *snapshot);

#endif
