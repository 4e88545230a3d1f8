/* SPDX-License-Identifier: MIT */
/*
 * The board: cells on the region of the canvas that the instance has, each `cell` canvas
 * pixels wide and high, each in a colour of the palette.
 *
 * What others paint over a cell is found when somebody asks: the cell then has the colour
 * of the palette that is nearest to its pixels' mean, and no painter.  A cell that still
 * shows the bare background is colour 0, as on the board of a fresh pixel board.
 *
 * All of it on the main loop's thread.
 */
#ifndef HTTP_BOARD_BOARD_H
#define HTTP_BOARD_BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/board/palette.h"

struct MHD_Response;
struct generator;
struct http;

#define BOARD_CELLS_MAX (16u << 20)

struct board_json; /* board-json.c's */

/* The pixels of a cell, channel by channel, if one differs from what it should be. */
struct board_sum {
	uint64_t r, g, b;
	bool differs;
};

struct board {
	struct http *http;
	uint32_t width, height; /* cells */
	uint32_t cell;
	struct palette palette;

	/* row by row */
	uint8_t *colours;
	bool *bare; /* the cell shows the background, and nobody painted it */
	struct generator **painters;

	uint64_t pixels, unnecessary; /* that generators ever set */
	uint64_t changes;             /* of colours, since it was started */
	uint64_t signatures;          /* of colours or painters */

	/* repaint-scan.c's */
	struct mural_reader *reader;
	uint64_t *tiles, *dirty; /* changed tiles; cells to be looked at, a bit each */
	uint32_t *line;          /* one line of pixels of the board */
	struct board_sum *sums;  /* of the cells of one row */
	uint64_t next_scan_ns;   /* by uv_hrtime(): no look before */

	struct board_json *json;
};

int board_start(struct http *http);
void board_stop(struct http *http);

/* Sets a cell, which must be on the board, as a generator's doing: painted, shown,
 * counted, logged, and told to whoever listens. */
void board_paint(struct board *board, uint32_t column, uint32_t row, uint8_t colour,
	struct generator *generator);

/* A cell gets another colour or painter, by whomever; the canvas is not touched. */
void board_set_cell(struct board *board, size_t place, uint8_t colour, bool bare,
	struct generator *painter);

/* ---- repaint-scan.c: what others painted */

/* 0 or -ENOMEM. */
int board_scan_start(struct board *board);
void board_scan_stop(struct board *board);

/* Takes over what changed on the canvas since the last time; some milliseconds late where
 * much changes all the time. */
void board_scan(struct board *board);

/* Looks at what the canvas shows in the cells that the store knows, and paints those that
 * it does not show because murald was killed or the canvas was not kept. */
void board_restore(struct board *board, bool was_clean);

/* ---- board-json.c: what GET answers; borrowed until the next change, NULL: no memory.
 * Call board_scan() before. */

int board_json_start(struct board *board);
void board_json_stop(struct board *board);

/* {"pixels": rows}, and {"pixels": rows, "authors": rows}. */
struct MHD_Response *board_json_pixels(struct board *board);
struct MHD_Response *board_json_frontend(struct board *board);

/* The tags of the two: quoted, strong, of this run of murald only. */
const char *board_json_pixels_tag(struct board *board);
const char *board_json_frontend_tag(struct board *board);

#endif
