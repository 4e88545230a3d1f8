/* SPDX-License-Identifier: MIT */
/*
 * A bitmap font, drawn for murald: 8 x 14 pixels, scaled by whole factors.
 *
 * Text is kept as cells, one byte a character, so that its length is its width.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of a cell, including the space to the next character and row. */
enum { FONT_WIDTH = 8, FONT_HEIGHT = 14 };

/* Cells beyond printable ASCII. */
enum {
	FONT_UNKNOWN = 0x7f,
	FONT_MIDDLE_DOT = 0x80,
	FONT_ELLIPSIS = 0x81,
};

/* Where to draw. */
struct font_bitmap {
	uint32_t *pixels;
	size_t stride; /* pixels from one row to the next */
	uint32_t width, height;
};

/* Converts UTF-8 to at most `len` cells, including a final 0; characters that the font
 * lacks become FONT_UNKNOWN.  Returns the number of cells without the 0. */
size_t font_cells(const char *text, char *cells, size_t len);

/* Whether the dot at x < FONT_WIDTH, y < FONT_HEIGHT from the top left is set. */
bool font_dot(char cell, unsigned x, unsigned y);

/* Draws a row of cells, each dot a square of factor x factor, clipped to the bitmap.  The
 * background is left as it is. */
void font_draw(const struct font_bitmap *bitmap, uint32_t x, uint32_t y, uint32_t factor,
	uint32_t colour, const char *cells, size_t n_cells);

/* Fills a rectangle, clipped to the bitmap. */
void font_fill(const struct font_bitmap *bitmap, uint32_t x, uint32_t y, uint32_t width,
	uint32_t height, uint32_t colour);
