/* SPDX-License-Identifier: MIT */
/* A Pixelflut connection: writes commands and parses answers. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stream.h"

#define PIXELFLUT_COMMAND_MAX 40 /* "PX 4294967295 4294967295 rrggbbaa\n" */

struct pixelflut {
	struct stream stream;
	int32_t probe_x, probe_y; /* the painted pixel nearest to 0,0; -1: none */
};

/* Writes "PX x y", and the colour if `with_colour`, and a newline into `text` of
 * PIXELFLUT_COMMAND_MAX bytes, not terminated; returns the length. */
size_t pixelflut_command(
	char *text, uint32_t x, uint32_t y, bool with_colour, uint32_t argb);

/* Queues a request for a pixel; waits for the next answer to one, in any order; other
 * lines are skipped.  0 or -errno, printed. */
int pixelflut_ask(struct pixelflut *pixelflut, uint32_t x, uint32_t y);
int pixelflut_answer(
	struct pixelflut *pixelflut, uint32_t *x, uint32_t *y, uint32_t *rgb);

/* Asks for the size.  0 or -errno, printed, if nothing says within five seconds that the
 * server speaks Pixelflut; -ENODATA, not printed: it does, and does not tell its size. */
int pixelflut_measure(struct pixelflut *pixelflut, uint32_t *width, uint32_t *height);
