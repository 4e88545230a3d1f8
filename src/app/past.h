/* SPDX-License-Identifier: MIT */
/* The past: pictures of the canvas from the recording, for the operator's hand. */
#pragma once

#include <stdint.h>

#include <mural/reader.h>

/* A moment of the recording; `file` is borrowed. */
struct past {
	const char *file;
	int64_t at_ms;    /* wanted; since 1970 */
	int64_t found_ms; /* of the last moment until then; if there is none, of the first
			     later one */
	uint32_t background; /* for what was not on the canvas then */
};

/* Fills a picture of a rectangle, 0xffrrggbb row by row without gaps.  0; -ENOENT: there
 * is no recording; -ENODATA: it begins later; -errno.  Blocks on the disk, any thread. */
int past_draw(struct past *past, const struct mural_rect *rect, uint32_t *pixels);
