/* SPDX-License-Identifier: MIT */
/*
 * A GIF that moves, written frame by frame: of a frame only the box that changed is
 * kept, and in it only the pixels that did, the others being transparent.  Nothing is
 * remembered but two pictures.
 *
 * Of 256 colours none is left to be the transparent one; then boxes are whole.
 */
#ifndef HTTP_HISTORY_GIF_H
#define HTTP_HISTORY_GIF_H

#include <stdint.h>
#include <stdio.h>

/* On each side. */
#define GIF_SIDE_MAX 65535

struct gif;

/* Begins one of 1 to 256 colours (0xffrrggbb) that loops for ever.  `out` stays the
 * caller's.  0 or -errno. */
int gif_open(struct gif **gif, FILE *out, uint32_t width, uint32_t height,
	const uint32_t *colours, unsigned n_colours);

/* The next picture, row by row, each pixel the index of a colour, shown for so many
 * hundredths of a second, 1 to 65535.  One that equals the picture before it becomes part
 * of that frame, which is shown longer.  0 or -errno. */
int gif_add(struct gif *gif, const uint8_t *pixels, unsigned hundredths);

/* Writes what is left, and frees it, also after an error.  0 or -errno. */
int gif_close(struct gif *gif);

#endif
