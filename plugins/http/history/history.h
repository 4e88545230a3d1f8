/* SPDX-License-Identifier: MIT */
/*
 * The past of the wall: /history, what was recorded of it, as pictures and as a film,
 * /tiles, those pictures in pieces that never change, and /timelapse, GIFs of the board's
 * log or of the recording.
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
struct frame;
struct store;

/* What was looked up a moment ago, so that it need not be read again. */
struct history_cache {
	uint64_t cached_ms; /* by the loop's clock */
	struct mural_span span;
};

/* At a time, on libuv's thread pool.  It has four threads, and the snapshot and the
 * recording must not wait. */
#define LOOKUPS_MAX 3

struct history_lookup;

TAILQ_HEAD(lookup_queue, history_lookup);

/* lookup.c's. */
struct history_lookups {
	struct lookup_queue waiting;
	struct history_lookup *running[LOOKUPS_MAX]; /* NULL: a free thread */
};

struct history {
	struct web *web;
	struct store *store;
	const struct board *board;
	struct gif_job board_gif, wall_gif, film;
	struct history_cache cache;
	struct history_lookups lookups;
};

extern const struct route history_routes[]; /* subject: struct history */

/* `history` starts as zeros; stop accepts one that never started.  0 or -errno, logged.
 */
int history_start(struct history *history, struct web *web, struct store *store,
	const struct board *board);
void history_stop(struct history *history);

/* ---- lookup.c */

void history_lookups_init(struct history *history);

/* The most parts into which the time of the recording can be divided. */
#define HISTORY_BARS_MAX 100

/* Which piece of a picture; each level has half the width and height of the one before.
 */
struct tile {
	uint32_t level, column, row;
};

struct history_wish {
	enum {
		WISH_SPAN,    /* of the recording, and how much was painted */
		WISH_PICTURE, /* of the last moment until at_ms */
		WISH_TILE,    /* of the moment at_ms, and of no other */
	} what;
	int64_t at_ms;
	struct tile tile;
	size_t n_bars; /* in how many parts of the span; 0: unasked */
};

/* Answers later. */
enum MHD_Result history_lookup(
	struct request *request, const char *file, const struct history_wish *wish);

/* routes.c's */
enum MHD_Result history_reply_not_recorded(struct request *request);
enum MHD_Result history_reply_span(struct request *request, const struct mural_span *span,
	const uint64_t *bars, size_t n_bars);

/* ---- tiles.c */

enum MHD_Result tile_answer(struct request *request);
enum MHD_Result tile_reply_missing(struct request *request);

/* On any thread: whether a picture of that size has it; the tile, or NULL: out of memory.
 */
bool tile_is_there(const struct tile *tile, uint32_t width, uint32_t height);
struct frame *tile_encode(const struct tile *tile, const struct mural_moment *moment);

/* ---- GIFs */

/* The board replayed from its log: at first all in the first colour, and then after each
 * cell that was set, or as many of these states, evenly spread, as a GIF has frames. */
extern const struct gif_job_ops board_gif_ops;

/* What is rendered of the recording, and gif_job_ops.version() of that. */
struct recording_params {
	const char *file;
	struct gif_range range;
};

void *recording_params_new(const struct history *history, const struct gif_range *range);
uint64_t recording_version(const struct history *history, const struct gif_range *range);

/* The recorded moments in the range, or as many of them, evenly spread, as a GIF has
 * frames; in a palette of its own.  It has the size of the last moment; others are
 * cropped. */
extern const struct gif_job_ops wall_gif_ops;

/* The recorded moments in the range as live.md's pieces, the first of each span of time
 * of the range's step, up to 600. */
extern const struct gif_job_ops film_ops;
