/* SPDX-License-Identifier: MIT */
/*
 * The scale: which pixel of the canvas each pixel of a screen shows, and the copying of
 * what changed from one to the other.
 *
 * The picture is the canvas at its size on the screen; it may be smaller than its area
 * (the rest is black) or larger (the middle is seen).  Each pixel of the screen shows the
 * canvas pixel that lies under its centre: nothing is ever mixed.  The mapping is kept as
 * one table an axis, so that what a tile covers is read off the same table that the
 * copying uses, and the two cannot disagree.
 *
 * A screen that hangs on its side, or is looked at from behind, has two shapes: as people
 * see it, upright and readable, and as its memory lies.  Areas are given in the first,
 * boxes come back in the second.  Turning and mirroring are part of the tables, too.
 *
 * Screens are written, from left to right, and never read: their memory is often
 * uncached.
 */
#ifndef DISPLAY_SCALE_H
#define DISPLAY_SCALE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mural/reader.h>

#include "base/box.h"

/* A screen's memory, how people see it, and where in that the canvas goes. */
struct scale_screen {
	uint32_t width, height; /* pixels of the memory, each side up to 65535 */
	uint32_t quarter_turns; /* quarters, clockwise, that the picture is turned: 0 to 3
				 */
	bool mirrored;          /* left and right, as people see them, are exchanged */
	bool rgb565;            /* two bytes a pixel; else XRGB8888 */
	struct box area;        /* as people see it, not empty */
};

/* One of the canvas's axes, and the axis of the memory that it lies along. */
struct scale_axis {
	uint32_t picture; /* pixels that the whole canvas takes on the screen */
	uint32_t start;   /* first pixel of the memory that shows canvas */
	uint32_t length;  /* pixels of the memory that do */
	bool reversed;    /* the canvas's first pixel comes last */
	uint16_t *lookup; /* for each of them, as they lie: the pixel of the canvas */
	uint16_t *edges;  /* for each tile, and one more: the first of them, counted
			   * from where the canvas begins */
};

struct scale {
	struct mural_view view;
	struct scale_screen screen;
	bool transposed; /* the canvas's rows are the memory's columns */
	struct scale_axis x, y;
	uint32_t *row;    /* a row of the canvas ... */
	uint32_t *band;   /* ... or a column of tiles, as rows (transposed only) */
	uint32_t *line;   /* the same as the screen shows it */
	uint16_t *packed; /* in two bytes a pixel (rgb565 only) */
};

/* The size of a screen as people see it. */
void scale_upright_size(
	const struct scale_screen *screen, uint32_t *width, uint32_t *height);

/* `mode` is one of config.h's SCALE_: fit, the largest picture that keeps the canvas's
 * shape; integer, the largest whole multiple of the canvas, at least one; fill, the
 * smallest picture that keeps the shape and covers the area; none, pixel for pixel.
 * 0 or -ENOMEM; scale_finish() in any case. */
int scale_init(struct scale *scale, uint32_t mode, const struct mural_view *view,
	const struct scale_screen *screen);

/* Accepts a zeroed scale. */
void scale_finish(struct scale *scale);

/* What a rectangle of tiles covers of the memory, maybe nothing. */
struct box scale_tiles(const struct scale *scale, uint32_t first_x, uint32_t first_y,
	uint32_t last_x, uint32_t last_y);

/* Makes a whole screen black.  `pitch` is the bytes from one row to the next. */
void scale_clear(const struct scale *scale, uint8_t *pixels, size_t pitch);

/* Copies a set of tiles from the reader's canvas to the screen.  Returns a box around all
 * that was written. */
struct box scale_draw(const struct scale *scale, const struct mural_reader *reader,
	const uint64_t *tiles, uint8_t *pixels, size_t pitch);

/* Copies a picture, 0xffRRGGBB row after row and as large as the box, to where people see
 * that box.  Returns the box of the memory that was written. */
struct box scale_paste(const struct scale *scale, const uint32_t *picture,
	const struct box *seen, uint8_t *pixels, size_t pitch);

#endif
