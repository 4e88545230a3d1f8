/* SPDX-License-Identifier: MIT */
/*
 * What is made of the canvas for those who watch it, once for all of them.
 *
 * One thread at a time: the viewers hand it to a thread, and have it back when that is
 * done.
 */
#ifndef HTTP_VIEWERS_ENCODER_H
#define HTTP_VIEWERS_ENCODER_H

#include <stdint.h>

#include "http/viewers/codec-png.h"
#include "http/viewers/frame.h"
#include "http/viewers/framediff.h"

struct codec_live;

enum product {
	PLACE_KEY,   /* where a viewer begins */
	PLACE_DELTA, /* what changed since the last frame */
	LIVE_KEY,
	LIVE_DELTA,
	WHOLE_PICTURE, /* /canvas.png */
	PRODUCTS,
};

/* Only these are good for as long as nothing changes. */
#define LASTING (1u << PLACE_KEY | 1u << LIVE_KEY | 1u << WHOLE_PICTURE)

struct encoder {
	struct framediff diff;
	struct codec_png png;
	struct codec_live *live;
};

/* 0 or -ENOMEM; encoder_finish() takes what is half made. */
int encoder_init(struct encoder *encoder, struct mural_host *host);
void encoder_finish(struct encoder *encoder);

/* Looks at the canvas and makes what is wanted (bits 1 << product) and not had already:
 * what is had is good, if nothing changed.  1: this is a new frame; 0: it is the last
 * one, and there is no delta; -ENOMEM.  What could not be made is NULL in made[]. */
int encoder_run(struct encoder *encoder, unsigned wanted, unsigned had,
	struct frame *made[PRODUCTS]);

#endif
