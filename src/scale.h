/* SPDX-License-Identifier: MIT */
/*
 * The scale: which pixel of the canvas each pixel of a screen shows, and the copying of
 * what changed from one to the other.
 *
 * The picture is the canvas at its size on the screen; it may be smaller than the screen
 * (the rest is black) or larger (the middle is seen).  Each pixel of the screen shows the
 * canvas pixel that lies under its centre: nothing is ever mixed.  The mapping is kept as
 * one table an axis, so that what a tile covers is read off the same table that the
 * copying uses, and the two cannot disagree.
 *
 * Screens are written and never read: their memory is often uncached.
 */
#ifndef SCALE_H
#define SCALE_H

#include <stddef.h>
#include <stdint.h>

#include <mural/reader.h>

/* Pixels of the screen, right and bottom excluded; empty when left == right. */
struct scale_box {
	uint32_t left, top, right, bottom;
};

struct scale_axis {
	uint32_t picture;  /* pixels that the whole canvas takes on the screen */
	uint32_t start;    /* first pixel of the screen that shows canvas */
	uint32_t length;   /* pixels of the screen that do */
	uint16_t *sources; /* for each of them: the pixel of the canvas */
	uint16_t *edges;   /* for each tile, and one more: the first of them, from 0 */
};

struct scale {
	struct mural_view view;
	uint32_t width, height; /* of the screen */
	struct scale_axis x, y;
	uint32_t *source, *line; /* a row of the canvas, and as the screen shows it */
};

/* `mode` is one of config.h's SCALE_: fit, the largest picture that keeps the canvas's
 * shape; integer, the largest whole multiple of the canvas, at least one; fill, the
 * smallest picture that keeps the shape and covers the screen; none, pixel for pixel.
 * Sides of the screen up to 65535.  0 or -ENOMEM; scale_finish() in any case. */
int scale_init(struct scale *scale, uint32_t mode, const struct mural_view *view,
	uint32_t width, uint32_t height);

/* Accepts a zeroed scale. */
void scale_finish(struct scale *scale);

/* What the tiles first_x to last_x of row tile_y cover, maybe nothing. */
struct scale_box scale_tiles(
	const struct scale *scale, uint32_t first_x, uint32_t last_x, uint32_t tile_y);

/* Makes a whole screen black.  `pitch` is the bytes from one row to the next. */
void scale_clear(const struct scale *scale, uint8_t *pixels, size_t pitch);

/* Copies a set of tiles from the reader's canvas to the screen, as XRGB8888.  Returns a
 * box around all that was written. */
struct scale_box scale_draw(const struct scale *scale, const struct mural_reader *reader,
	const uint64_t *tiles, uint8_t *pixels, size_t pitch);

#endif
