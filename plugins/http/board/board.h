/* SPDX-License-Identifier: MIT */
/*
 * The pixel board: cells on the instance's region of the canvas, each `cell` canvas
 * pixels wide and high and of one colour of the palette, set by registered generators.
 *
 * The folder has its cells, generators, settings and HTTP API.  It may use web/ and the
 * store, and must never know who is told of changes (socketio/) or watches the canvas.
 *
 * What other plugins paint over a cell is found when somebody asks: the cell then has the
 * palette colour nearest to the mean of its pixels, and no painter.  A cell that shows
 * the bare background has the one nearest to that, since programs leave out what has the
 * right colour already.
 *
 * All of it on the main loop's thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/board/palette.h"
#include "http/board/secrets.h"
#include "http/board/settings.h"
#include "http/store/store.h"
#include "http/web/web.h"

struct generator;
struct generators;

#define BOARD_CELLS_MAX (16u << 20)

struct board_config {
	struct mural_dimensions size; /* 0x0: as many cells as fit */
	uint32_t cell;
	const char *palette;
	uint64_t rate_ms; /* between two cells of one generator */
	const char *secrets, *admin_token;
	bool click; /* painting from the web page is allowed */
	bool identity_is_name;
	const char *origins;  /* other sites whose pages may paint */
	uint64_t painters;    /* cells of a source in rate_ms; 0: no limit */
	const char *language; /* of the page of /servers, or auto */
};

struct board_json; /* board-json.c's */

/* The sums of a cell's pixels, if one of them is not as expected. */
struct board_sum {
	uint64_t r, g, b;
	bool differs;
};

/* leaderboard.c's page of /servers. */
struct leaderboard {
	struct MHD_Response *page; /* NULL: none yet */
	size_t bytes;
	uint64_t due_ns; /* by uv_hrtime(): it is not rebuilt before */
};

struct board {
	struct web *web;
	struct store *store;
	struct board_config config;
	struct secrets secrets;
	struct generators *generators;
	struct board_settings settings;
	struct leaderboard leaderboard;
	struct mural_ratelimit *paints; /* by source; NULL: none yet */
	uint64_t paints_rate_ms;        /* that it was made for */

	uint32_t width, height; /* cells */
	uint32_t cell;
	struct palette palette;
	uint8_t ground; /* the colour of a bare cell */

	/* row by row */
	uint8_t *colours;
	bool *bare; /* shows the background, and nobody painted it */
	struct generator **painters;
	bool *covered; /* by others, since it was stored */

	uint64_t pixels, unnecessary; /* that generators ever set */
	uint64_t changes;             /* of colours, since the start */
	uint64_t signatures;          /* of colours or painters */

	/* repaint-scan.c's */
	struct mural_reader *reader;
	uint64_t *tiles, *dirty; /* bits: changed tiles; cells to be scanned */
	uint32_t *line;          /* one line of pixels of the board */
	struct board_sum *sums;  /* of the cells of one row */
	uint64_t next_scan_ns;   /* by uv_hrtime(): no scan before */
	struct mural_timer *turns;
	struct mural_rect *parts; /* that an operator has painted over; looked at until
				     next_row */
	size_t n_parts;
	uint32_t next_row;

	struct board_json *json;

	/* Called after a generator has set a cell; may be NULL. */
	void (*on_pixel)(struct board *board, const struct store_pixel *pixel,
		const struct generator *generator);
	/* The same for one that was set on another wall; may be NULL. */
	void (*on_heard)(struct board *board, const struct store_pixel *pixel,
		const struct generator *generator);
	void *data; /* of both */

	const struct sockaddr *peer; /* for whom it is painted now; NULL: not known */
};

extern const struct route board_routes[]; /* subject: struct board */

/* `board` starts as zeros, but for on_pixel and data; stop accepts one that never
 * started.  0 or -errno. */
int board_start(struct board *board, struct web *web, struct store *store,
	const struct board_config *config);
void board_stop(struct board *board);

/* Reads the file of secrets again; an error is logged, and then they stay as they were.
 */
void board_reload(struct board *board);

/* A generator sets a cell, which must be on the board: painted, counted, logged in the
 * store and reported to on_pixel.  Returns MURAL_REASONS, or why murald let nothing of it
 * be painted, such as MURAL_FROZEN. */
enum mural_reason board_paint(struct board *board, uint32_t column, uint32_t row,
	uint8_t colour, struct generator *generator);

/* How long a source (mural_source()) must wait before it sets another cell with any of
 * its generators; 0: not at all, and this one is counted. */
uint64_t board_paint_wait_ms(struct board *board, uint64_t source);

/* It was not set after all. */
void board_credit_paint(struct board *board, uint64_t source);

/* The source has set one on another wall. */
void board_debit_paint(struct board *board, uint64_t source);

/* Counts a cell that was set, and adds it to the log; at the time of now. */
void board_count(
	struct board *board, struct store_pixel *pixel, struct generator *generator);

/* Counts one of which is heard so late that its cell was set again since. */
void board_count_late(struct board *board, const struct store_pixel *pixel,
	struct generator *generator);

/* Cells whose painters were removed are nobody's from here on. */
void board_forget_removed(struct board *board);

/* Records a cell's colour and painter; the canvas is not touched. */
void board_set_cell(struct board *board, size_t place, uint8_t colour, bool bare,
	struct generator *painter);

/* ---- repaint-scan.c: what other plugins painted */

/* 0 or -ENOMEM. */
int board_scan_start(struct board *board);
void board_scan_stop(struct board *board);

/* Adopts what changed on the canvas since the last scan; some milliseconds late where
 * much changes all the time. */
void board_scan(struct board *board);

/* The operator has painted over parts of the canvas: the stored cells there that it does
 * not show any more are forgotten, a moment later. */
void board_forget_covered(
	struct board *board, const struct mural_rect *rects, size_t n_rects);

/* The same at once, if it is still to be done: the board is about to stop. */
void board_forget_now(struct board *board);

/* Repaints the stored cells that the canvas does not show, because murald was killed or
 * the canvas was not kept. */
void board_restore(struct board *board, bool was_clean);

/* ---- board-json.c: the answers to GET */

int board_json_start(struct board *board);
void board_json_stop(struct board *board);

enum board_json_kind {
	BOARD_JSON_PIXELS,   /* {"pixels": rows} */
	BOARD_JSON_FRONTEND, /* {"authors": rows, "pixels": rows} */
	BOARD_JSON_KINDS,
};

/* Call board_scan() before.  While slow readers keep too many older answers in memory, it
 * may be two seconds old. */
enum MHD_Result board_json_reply(
	struct request *request, struct board *board, enum board_json_kind kind);

/* The entity tag of what the board is now: quoted, strong, different after each start of
 * murald. */
const char *board_json_tag(struct board *board, enum board_json_kind kind);

/* ---- leaderboard.c */

enum MHD_Result leaderboard_answer(struct request *request);
void leaderboard_stop(struct board *board);
