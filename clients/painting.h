/* SPDX-License-Identifier: MIT */
/* A picture on its way to the wall over one connection, perhaps one of several. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "driver.h"
#include "frames.h"

struct painting {
	const struct options *options;
	struct connection connection;
	const struct frames *frames;
	int32_t at_x, at_y; /* where the top left corner goes */
	unsigned share;     /* of all pixels, from 0; share 0 moves the progress bar */
	unsigned shares;
	uint64_t random;

	const struct image *image; /* the one that is painted */
	uint32_t *order; /* the share's pixels of it, in the order they are painted */
	size_t n;
	size_t visible;   /* pixels of all shares that are on the wall */
	size_t outside;   /* visible pixels that lie outside the wall */
	size_t already;   /* pixels that the wall showed before */
	size_t missing;   /* pixels that it does not show in the end */
	unsigned rounds;  /* started, at most 2 */
	uint64_t counted; /* pixels put when the bar started to only count */
};

/* Makes room for the order of the pixels; the members above it are set. */
int painting_init(struct painting *painting);
void painting_finish(struct painting *painting);

/* Paints all of it; a loop goes on until a signal, which is no error there. */
int painting_run(struct painting *painting);

bool painting_is_animation(const struct painting *painting);
