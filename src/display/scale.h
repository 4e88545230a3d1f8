/* SPDX-License-Identifier: MIT */
/*
 * Scaling: maps canvas pixels to the pixels of a screen, and copies what changed.
 *
 * The picture is the canvas scaled to the screen; it may be smaller than its area (the
 * rest is black) or larger (the middle is shown).  Each pixel of the canvas is seen.
 * Where the picture is larger than the canvas, a pixel of the screen shows the canvas
 * pixel under its centre: no method is sharper, whole factors come out even, and others
 * repeat some rows and columns once more, but leave none out.  Where it is smaller, a
 * pixel shows the mean of all that it covers (average.h).
 *
 * A screen that is rotated or mirrored has two coordinate systems: upright, as people see
 * it, and that of its memory.  Areas are given in the first, boxes are returned in the
 * second.  Rotation and mirroring are part of the tables.
 *
 * Screen memory is written from left to right and never read: it is often uncached.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mural/reader.h>

#include "base/box.h"
#include "display/average.h"
#include "display/axis.h"

/* A screen's memory, its transform, and the area for the canvas. */
struct scale_screen {
	uint32_t width, height; /* pixels of the memory, each side up to 65535 */
	uint32_t quarter_turns; /* of the picture, clockwise: 0 to 3 */
	bool mirrored;          /* left and right, as people see them, are exchanged */
	bool rgb565;            /* two bytes a pixel; else XRGB8888 */
	struct box area;        /* as people see it; empty: nothing is shown */
	struct mural_rect part; /* of the canvas, as far as it has it; 0x0: all */
};

struct scale {
	struct mural_view view;
	struct scale_screen screen;
	bool transposed; /* canvas rows are memory columns */
	bool averaged;   /* an axis is reduced */
	bool dims; /* the canvas is drawn at 3/8 of its values; the owner's to set */
	struct scale_axis x, y;
	/* scratch space */
	uint32_t *row;     /* a row of the canvas ... */
	uint32_t *band;    /* ... or some columns, as rows (transposed only) */
	uint32_t *line;    /* the same, scaled */
	uint16_t *packed;  /* the same, as RGB565 (rgb565 only) */
	average_sum *sums; /* light of a row of the canvas (averaged only) */
};

/* The size of a screen as people see it. */
void scale_upright_size(
	const struct scale_screen *screen, uint32_t *width, uint32_t *height);

/* `mode` is one of config.h's SCALE_: fit, the largest picture that keeps the aspect
 * ratio; integer, the largest whole multiple of the canvas, at least one; fill, the
 * smallest picture that keeps the aspect ratio and covers the area; none, pixel for
 * pixel.  0 or -ENOMEM; scale_finish() in any case. */
int scale_init(struct scale *scale, uint32_t mode, const struct mural_view *view,
	const struct scale_screen *screen);

/* Accepts a zeroed scale. */
void scale_finish(struct scale *scale);

/* The memory that a rectangle of tiles covers; may be empty. */
struct box scale_tiles(const struct scale *scale, uint32_t first_x, uint32_t first_y,
	uint32_t last_x, uint32_t last_y);

/* Whether the screen shows some of one of the tiles. */
bool scale_shows(const struct scale *scale, const uint64_t *tiles);

/* Where people see that box, in the memory. */
struct box scale_memory(const struct scale *scale, const struct box *seen);

/* Makes a whole screen black.  `pitch` is the distance of rows in bytes. */
void scale_clear(const struct scale *scale, uint8_t *pixels, size_t pitch);

/* Copies a set of tiles from the reader's canvas to the screen.  Returns the bounding box
 * of what was written. */
struct box scale_draw(const struct scale *scale, const struct mural_reader *reader,
	const uint64_t *tiles, uint8_t *pixels, size_t pitch);

/* Copies pixels, 0xffRRGGBB row after row and as large as the box, to where people see
 * that box.  Returns the box of the memory that was written. */
struct box scale_paste(const struct scale *scale, const uint32_t *picture,
	const struct box *seen, uint8_t *pixels, size_t pitch);
