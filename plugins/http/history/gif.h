/* SPDX-License-Identifier: MIT */
/*
 * Writes an animated GIF frame by frame: of each frame only the rectangle that changed,
 * and in it unchanged pixels are transparent.  Holds two frames in memory.
 *
 * With 256 colours none is left to be transparent; then rectangles are opaque.
 */
#pragma once

#include <stdint.h>
#include <stdio.h>

/* On each side. */
#define GIF_SIDE_MAX 65535

struct gif;

/* Begins a GIF of 1 to 256 colours (0xffrrggbb) that loops for ever.  `out` stays the
 * caller's.  0 or -errno. */
int gif_open(struct gif **gif, FILE *out, uint32_t width, uint32_t height,
	const uint32_t *colours, unsigned n_colours);

/* Adds a frame, row by row, each pixel the index of a colour, to be shown for 1 to 65535
 * hundredths of a second.  One that equals the frame before extends that.  0 or -errno.
 */
int gif_add(struct gif *gif, const uint8_t *pixels, unsigned hundredths);

/* Frees it, after writing the last frame unless `ret` is an error.  Returns that error,
 * 0, or -errno. */
int gif_close(struct gif *gif, int ret);
