/* SPDX-License-Identifier: MIT */
/*
 * The board: cells on the region of the canvas that the instance has, each `cell` canvas
 * pixels wide and high, each in a colour of the palette.
 *
 * All of it on the main loop's thread.
 */
#ifndef BOARD_H
#define BOARD_H

#include "palette.h"

struct http;

/* On neither side of a board are more cells than a canvas has pixels. */
#define BOARD_CELLS_MAX (16u << 20)

struct board {
	uint32_t width, height; /* cells */
	uint32_t cell;
	struct palette palette;
};

int board_start(struct http *http);
void board_stop(struct http *http);

#endif
