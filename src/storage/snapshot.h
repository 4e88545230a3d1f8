/* SPDX-License-Identifier: MIT */
/*
 * The snapshot: the canvas as a PNG file, so that a restart loses nothing.
 *
 * It is replaced atomically: at stop, on request, and `snapshot_interval` after the
 * canvas first changed since the last save.  Each failure is logged, and murald carries
 * on.
 *
 * The main thread's; the encoding happens on libuv's thread pool.
 */
#pragma once

#include <stdbool.h>
#include <uv.h>

#include "canvas/canvas.h"
#include "config/config.h"
#include "storage/autosave.h"

struct snapshot {
	char *path;          /* empty: none */
	char *next_path;     /* once the current save ends; NULL: no change */
	bool may_be_foreign; /* the file at `path` may not be ours to overwrite */
	void (*saved)(struct snapshot *snapshot, int result); /* to `path`; optional */
	struct autosave autosave;
};

/* The size of the saved picture; false: there is none. */
bool snapshot_find_size(
	const struct config_canvas *config, struct mural_dimensions *size);

/* Paints the saved picture onto the canvas, before anything else paints.  A missing file
 * is no error.  One of another size is renamed, with that size in its name, and found
 * again by it; one that is unreadable or damaged is set aside, never overwritten;
 * anything but a regular file stays, and nothing is saved until it is gone.  An empty
 * path: there is no snapshot.  0 or -ENOMEM, logged. */
int snapshot_restore(struct snapshot *snapshot, const struct config_canvas *config,
	struct canvas *canvas);

/* Starts to save what changed since the restore.  Nothing is written before. */
void snapshot_start(struct snapshot *snapshot, uv_loop_t *loop);

/* Applies the path and the interval of a new config.  The picture is saved to a new path
 * as soon as possible; a file that is there already is set aside. */
void snapshot_reconfigure(struct snapshot *snapshot, const struct config_canvas *config);

/* As soon as possible, changed or not. */
void snapshot_save(struct snapshot *snapshot);

/* If started, saves once more, for which it runs the loop, and leaves it.  Nothing may be
 * painting. */
void snapshot_stop(struct snapshot *snapshot);
