/* SPDX-License-Identifier: MIT */
/*
 * Encodes the shadow frame as PNG: one for /canvas.png, and those that viewers of Place:
 * IPv6 (/ws; doc/protocols.md, 1.4) draw one over the other.
 *
 * The first key frame is 8-bit RGB; what follows is pasted over it with itself as mask,
 * so it is 8-bit RGBA of the same size: a delta has alpha 255 where something changed and
 * 0 elsewhere, a later key frame 255 all over.  A frame that would exceed what viewers
 * accept is split into several messages: each is black or transparent from some row on,
 * and the next one, transparent up to there, continues.
 */
#pragma once

#include <stdbool.h>

struct frame;
struct framediff;

/* Python's websockets rejects messages of more than 1 MiB. */
#define PICTURE_BYTES_MAX (1024 * 1024 - 1)

/* Starts as zeros. */
struct codec_png {
	bool noisy; /* the last full picture hardly compressed */
};

enum png_kind {
	PICTURE_WHOLE, /* one message, however long */
	PICTURE_FULL,  /* a key frame, for a viewer that begins */
	PICTURE_AGAIN, /* the same for one that has been sent a frame */
	PICTURE_DELTA, /* what changed in this frame, at least one pixel */
};

/* NULL: out of memory, or cancelled. */
struct frame *codec_png_encode(
	struct codec_png *codec, const struct framediff *diff, enum png_kind what);
