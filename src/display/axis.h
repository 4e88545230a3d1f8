/* SPDX-License-Identifier: MIT */
/*
 * An axis of the canvas, and the axis of a screen's memory that it is mapped to: for each
 * pixel of the memory the canvas pixels that it shows, and for each tile of the canvas
 * the extent of the memory that depends on it.  Both come from one computation, so that
 * copying and damage cannot disagree.
 *
 * An axis that is enlarged shows in each pixel of the memory the canvas pixel under its
 * centre.  One that is reduced shows the mean of all that it covers, weighted by how much
 * of each.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct scale_axis {
	uint32_t offset;  /* the first canvas pixel that is mapped */
	uint32_t canvas;  /* how many are */
	uint32_t picture; /* their size in pixels on the screen, not 0 */
	uint32_t start;   /* first pixel of the memory that shows canvas */
	uint32_t length;  /* number of such pixels */
	bool reversed;    /* the canvas's first pixel comes last */

	/* for each of the `length` pixels, in memory order: the canvas pixels that it
	 * shows, both included; the same one where the axis is not reduced */
	uint16_t *first, *last;
	/* their weights: of the first, of the last (0 if that is the first), and of each
	 * between; NULL where the axis is not reduced */
	float *head, *tail;
	float middle;

	/* for each tile: the extent of the memory that shows some of it, in canvas order
	 */
	uint16_t *begins, *ends;
};

/* What an axis is mapped to. */
struct axis_place {
	uint32_t from, to; /* the picture's area, as people see it */
	uint32_t side;     /* of the screen */
	uint32_t tiles;    /* of the canvas */
};

static inline bool
axis_is_reduced(const struct scale_axis *axis)
{
	return axis->picture < axis->canvas;
}

/* How much pixel `i` of the memory has of a canvas pixel that it shows. */
static inline float
axis_weight(const struct scale_axis *axis, uint32_t i, uint32_t canvas)
{
	if (!axis_is_reduced(axis))
		return 1;
	if (canvas == axis->first[i])
		return axis->head[i];
	return canvas == axis->last[i] ? axis->tail[i] : axis->middle;
}

/* Wants offset, canvas, picture and reversed to be set.  0 or -ENOMEM; axis_finish() in
 * any case. */
int axis_init(struct scale_axis *axis, const struct axis_place *place);
void axis_finish(struct scale_axis *axis);

/* Where the tiles `first` to `last` begin and end in the memory. */
void axis_span(const struct scale_axis *axis, uint32_t first, uint32_t last,
	uint32_t *from, uint32_t *to);

/* The canvas pixels that the memory from `from` to `to` - 1 shows, both included. */
void axis_cover(const struct scale_axis *axis, uint32_t from, uint32_t to,
	uint32_t *first, uint32_t *last);
