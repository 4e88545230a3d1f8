/* SPDX-License-Identifier: MIT */
/*
 * The shadow frame: a copy of the canvas as viewers were shown it, and which pixels the
 * last update changed.
 *
 * It makes deltas exact and short: a pixel painted with the colour it had did not change.
 * Encoders read it instead of the canvas, so that all messages of a frame show the same
 * picture, whatever is painted meanwhile.
 *
 * One thread at a time; only framediff_cancel() may be called from another.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <mural/plugin.h>

/* The alpha byte of a shadow pixel that changed in this frame; else it is 0. */
#define FRAMEDIFF_CHANGED 0xff000000u

struct framediff {
	struct mural_reader *reader;
	const struct mural_view *view;
	uint32_t *shadow; /* view->width a row; NULL: before the first update */
	uint32_t *strip;  /* a row of tiles of the canvas */
	uint64_t *taken;
	uint64_t *changed; /* tiles with a pixel that changed in this frame */
	uint32_t number;   /* of the frame; one more after each change */
	bool cancelled;    /* any thread, relaxed */
};

/* Allocates next to nothing before the first update.  0 or -ENOMEM. */
int framediff_init(struct framediff *diff, struct mural_host *host);
void framediff_finish(struct framediff *diff);

/* Compares the canvas with the shadow, and marks and adopts what differs.  1: this is the
 * next frame; 0: nothing changed, no pixel is marked; -ENOMEM. */
int framediff_update(struct framediff *diff);

/* The same for pictures that come from elsewhere, of this view, which must outlive it. */
int framediff_init_pictures(struct framediff *diff, const struct mural_view *view);

/* A picture of the view's size, which differs from the one before in the tiles that `at`
 * touches at most. */
int framediff_update_picture(
	struct framediff *diff, const uint32_t *pixels, const struct mural_rect *at);

/* Makes running encoders give up soon. */
void framediff_cancel(struct framediff *diff);
bool framediff_is_cancelled(const struct framediff *diff);

struct framediff_spot {
	uint32_t x, y;
};

/* A pixel that changed in this frame for each tile with one; 0: none, or more tiles than
 * `most` have one. */
size_t framediff_spots(
	const struct framediff *diff, struct framediff_spot *spots, size_t most);

/* The next run of changed tiles in a row of tiles, from pixel *x on; with `all`, the
 * whole row.  False: none; else its pixels are *x to *end - 1. */
bool framediff_next_run(const struct framediff *diff, uint32_t tile_y, bool all,
	uint32_t *x, uint32_t *end);

static inline uint32_t *
framediff_row(const struct framediff *diff, uint32_t y)
{
	return diff->shadow + (size_t)y * diff->view->width;
}
