/* SPDX-License-Identifier: MIT */
/*
 * The font: letters for the screen, drawn for murald, 8 pixels wide and 14 high, and
 * larger by whole factors.
 *
 * Text is kept as cells, one byte a letter, so that its length is its width.
 */
#ifndef HUD_FONT_H
#define HUD_FONT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of a cell, the space to the next letter and the next row included. */
enum { FONT_WIDTH = 8, FONT_HEIGHT = 14 };

/* Cells beyond printable ASCII. */
enum {
	FONT_UNKNOWN = 0x7f,
	FONT_MIDDLE_DOT = 0x80,
	FONT_ELLIPSIS = 0x81,
	FONT_BELOW = 0x82, /* an arrow: the word goes on in the next row */
};

/* Where to draw. */
struct font_bitmap {
	uint32_t *pixels;
	size_t stride; /* pixels from one row to the next */
	uint32_t width, height;
};

/* Turns UTF-8 into cells, `len` bytes with the 0 at the end; a letter that is not there
 * is FONT_UNKNOWN.  Returns how many cells. */
size_t font_cells(const char *text, char *cells, size_t len);

/* Whether the cell has ink at x, y, counted from its top left; x < FONT_WIDTH, y <
 * FONT_HEIGHT. */
bool font_dot(char cell, unsigned x, unsigned y);

/* Draws cells in a row, each dot a square of factor x factor; what lies outside of the
 * bitmap is left out.  Only ink is drawn. */
void font_draw(const struct font_bitmap *bitmap, uint32_t x, uint32_t y, uint32_t factor,
	uint32_t colour, const char *cells, size_t n_cells);

/* Draws a rectangle, cut to the bitmap. */
void font_fill(const struct font_bitmap *bitmap, uint32_t x, uint32_t y, uint32_t width,
	uint32_t height, uint32_t colour);

#endif
