/* SPDX-License-Identifier: MIT */
/*
 * The operator's hand: paints over everybody, and remembers its last act so that this can
 * be taken back.  No rules hold for it.
 *
 * One thread at a time.
 */
#pragma once

#include <sys/types.h>

#include "canvas/canvas.h"

/* What an act replaced: for each pixel of the rectangle, row by row, the word that was
 * there and the one that was put; both 0: it was left alone. */
struct hand_journal {
	uint64_t number; /* of the act; 0: there is none */
	struct mural_rect rect;
	size_t room; /* pixels that its memory does for */
	uint64_t *was, *put;
	bool undid; /* what was put is what lay under what was there */
};

struct keeper;

struct hand {
	struct canvas *canvas;
	struct keeper *keeper;    /* NULL: nobody knows what lies under */
	struct mural_brush brush; /* for the damage of an act */
	struct hand_journal journal;
	uint64_t numbers; /* of acts so far */
	uint32_t stop;    /* given up at the next row; any thread, relaxed */
};

/* Borrows the keeper.  0 or -ENOMEM. */
int hand_init(struct hand *hand, struct canvas *canvas, struct keeper *keeper);

/* Accepts a zeroed struct. */
void hand_finish(struct hand *hand);

/* The act under way, or the next, ends with -ECANCELED.  Any thread. */
void hand_stop(struct hand *hand);

/* A picture, of which each row is asked for once, from the top down: 0xaarrggbb, there
 * until the next one is. */
struct hand_picture {
	const uint32_t *(*row)(void *arg, uint32_t y);
	void *arg;
};

/* Paints a rectangle of the canvas with its picture, and adds to the pixels.  0, -ENOMEM,
 * or -ECANCELED: a part of it is painted. */
int hand_paint(struct hand *hand, const struct mural_rect *rect,
	const struct hand_picture *picture, uint64_t *pixels);

/* The same in one opaque colour. */
int hand_clear(struct hand *hand, const struct mural_rect *rect, uint32_t argb,
	uint64_t *pixels);

enum hand_undo_how {
	HAND_UNDO_ALL,
	HAND_UNDO_COUNT, /* only says what it would do */
	HAND_UNDO_KNOWN, /* only where it is known what lies under; other pixels are only
			    counted */
	HAND_UNDO_REST,  /* then what HAND_UNDO_KNOWN left */
};

struct hand_undo {
	struct mural_rect rect;
	const uint64_t *ids; /* of the sources, a bit each */
	bool ever;           /* whenever they painted; else */
	uint16_t since;      /* canvas_when() */
	enum hand_undo_how how;
	const uint32_t *behind; /* a picture of the rectangle; NULL: the background */
};

struct hand_counts {
	uint64_t pixels;  /* that were changed, or would be */
	uint64_t unknown; /* of which nobody knew what lay under them */
};

/* On a canvas with owners, puts back what lay under those pixels of these sources that
 * still show; where that is not known, what is in `behind`.  Adds to the counts.  0,
 * -ENOMEM or -ECANCELED. */
int hand_undo(
	struct hand *hand, const struct hand_undo *undo, struct hand_counts *counts);

/* The age, in steps of canvas_when(), of the oldest pixel that HAND_UNDO_KNOWN undid or
 * left; false: there is none. */
bool hand_oldest(const struct hand *hand, const struct hand_undo *undo, uint32_t *age);

/* The parts of the canvas that the last act changed, at most one for each tile; the
 * caller frees *rects.  How many, or -ENOMEM.  changed.c's. */
ssize_t hand_changed(const struct hand *hand, struct mural_rect **rects);

/* Takes back the last act, which must be `number`, where nobody has painted since.  0,
 * -ENOENT, -ESTALE or -ECANCELED. */
int hand_take_back(struct hand *hand, uint64_t number, uint64_t *pixels);
