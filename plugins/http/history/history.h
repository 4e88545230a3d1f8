/* SPDX-License-Identifier: MIT */
/*
 * The past of the wall: /history, what was recorded of it, and /timelapse, GIFs of the
 * board's log or of the recording.
 *
 * The folder may use the board, the store and viewers' PNG encoder.  It must never write
 * to any of them.
 *
 * All of it on the main loop's thread, but for what reads and renders.
 */
#pragma once

#include <stdint.h>

#include <mural/history.h>

#include "http/history/gif-job.h"
#include "http/web/web.h"

struct board;
struct store;

/* What was looked up a moment ago, so that it need not be read again. */
struct history_cache {
	uint64_t cached_ms; /* by the loop's clock; 0: never */
	struct mural_span span;
	unsigned n_lookups; /* that are running */
};

struct wall_gif_range {
	int64_t from_ms, to_ms;
};

struct history {
	struct web *web;
	struct store *store;
	const struct board *board;
	struct gif_job board_gif, wall_gif;
	struct wall_gif_range range; /* of wall_gif */
	unsigned gif_buffers;        /* gif-job.c's: GIFs in memory */
	struct history_cache cache;
};

extern const struct route history_routes[]; /* subject: struct history */

/* `history` starts as zeros; stop accepts one that never started.  0 or -errno, logged.
 */
int history_start(struct history *history, struct web *web, struct store *store,
	const struct board *board);
void history_stop(struct history *history);

/* The board replayed from its log: at first all in the first colour, and then after each
 * cell that was set, or as many of these states, evenly spread, as a GIF has frames. */
extern const struct gif_job_ops board_gif_ops;

/* The recorded moments in history->range, or as many of them, evenly spread, as a GIF has
 * frames; in 252 colours.  It has the size of the last moment; others are cropped. */
extern const struct gif_job_ops wall_gif_ops;
