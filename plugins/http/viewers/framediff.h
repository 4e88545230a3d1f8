/* SPDX-License-Identifier: MIT */
/*
 * The sight: the canvas as viewers have been shown it, and what has changed since.
 *
 * It is what makes a delta exact, and short: pixels that were painted with the colour
 * they had did not change.  Encoders look at it, so that all that is sent of a frame is
 * of one picture, whatever is painted meanwhile.
 *
 * One thread at a time, any thread; only framediff_cancel() may be called meanwhile.
 */
#ifndef HTTP_VIEWERS_FRAMEDIFF_H
#define HTTP_VIEWERS_FRAMEDIFF_H

#include <stdbool.h>
#include <stdint.h>

#include <mural/plugin.h>

/* In the alpha byte of a pixel of the sight: it changed in this frame.  Else that is 0.
 */
#define FRAMEDIFF_CHANGED 0xff000000u

struct framediff {
	struct mural_reader *reader;
	const struct mural_view *view;
	uint32_t *shadow; /* view->width a row; NULL: nobody looked yet */
	uint32_t *strip;  /* a row of tiles, as it is on the canvas */
	uint64_t *taken;
	uint64_t *changed; /* tiles with a pixel that changed in this frame */
	uint32_t number;   /* of the frame; each that differs from the last has its own */
	bool cancelled;    /* any thread, relaxed */
};

/* Does not look yet, and takes next to no memory.  0 or -ENOMEM. */
int framediff_init(struct framediff *diff, struct mural_host *host);
void framediff_finish(struct framediff *diff);

/* Looks at the canvas: the last frame's changes are settled, and if anything is different
 * now, this is the next frame.  1: it is; 0: it is still the last one, and no pixel is
 * marked; -ENOMEM. */
int framediff_update(struct framediff *diff);

/* Nobody wants to see anything any more: encoders that are at it give up soon. */
void framediff_cancel(struct framediff *diff);
bool framediff_is_cancelled(const struct framediff *diff);

/* The next run of neighbouring changed tiles in a row of tiles, from the pixel *x on;
 * with `all`, the whole row.  False: none; else its pixels are from *x to *end - 1. */
bool framediff_next_run(const struct framediff *diff, uint32_t tile_y, bool all,
	uint32_t *x, uint32_t *end);

static inline uint32_t *
framediff_row(const struct framediff *diff, uint32_t y)
{
	return diff->shadow + (size_t)y * diff->view->width;
}

#endif
