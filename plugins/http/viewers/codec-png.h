/* SPDX-License-Identifier: MIT */
/*
 * Pictures of the sight as PNG: one for /canvas.png, and those that viewers of the Place
 * paste one over the other (doc/protocols.md, 1.4).
 *
 * A viewer's first picture is 8-bit RGB; a delta is 8-bit RGBA of the same size, whose
 * alpha is 255 where something changed and else 0.  What would make a longer message than
 * viewers accept is told in several: each ends, so to say, early, black or transparent
 * from some row on, and the next one, transparent until there, goes on.
 */
#ifndef HTTP_VIEWERS_CODEC_PNG_H
#define HTTP_VIEWERS_CODEC_PNG_H

#include <stdbool.h>
#include <stdint.h>

struct frame;
struct framediff;

/* Viewers written with python's websockets refuse messages of more than 1 MiB. */
#define PICTURE_BYTES_MAX (1024 * 1024 - 1)

/* Starts as zeros; remembers what kind of paint there is. */
struct codec_png {
	bool noisy; /* the last full picture hardly became shorter */
};

enum png_kind {
	PICTURE_WHOLE, /* one message, however long */
	PICTURE_FULL,  /* for a viewer that begins */
	PICTURE_DELTA, /* what changed in this frame, which must not be nothing */
};

/* NULL: out of memory, or the sight was cancelled. */
struct frame *codec_png_encode(
	struct codec_png *codec, const struct framediff *diff, enum png_kind what);

#endif
