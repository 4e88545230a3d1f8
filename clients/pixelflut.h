/* SPDX-License-Identifier: MIT */
/* One connection to a Pixelflut server, for its driver and for its flood. */
#ifndef PIXELFLUT_H
#define PIXELFLUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stream.h"

#define PIXELFLUT_COMMAND_MAX 40 /* "PX 4294967295 4294967295 rrggbbaa\n" */

struct pixelflut {
	struct stream stream;
	int32_t probe_x, probe_y; /* of those put the likeliest on the wall; -1: none */
};

/* Writes "PX x y" and a line's end, and with `with_colour` the colour between, into
 * `text` of PIXELFLUT_COMMAND_MAX bytes, without a 0; returns the length. */
size_t pixelflut_command(
	char *text, uint32_t x, uint32_t y, bool with_colour, uint32_t argb);

/* Asks for a pixel, later.  Waits for the next answer to such a question, whichever it is
 * of.  0 or -errno, said. */
int pixelflut_ask(struct pixelflut *pixelflut, uint32_t x, uint32_t y);
int pixelflut_answer(
	struct pixelflut *pixelflut, uint32_t *x, uint32_t *y, uint32_t *rgb);

/* Waits for the answer to "SIZE"; -ETIMEDOUT is not logged. */
int pixelflut_receive_size(
	struct pixelflut *pixelflut, uint32_t *width, uint32_t *height);

#endif
