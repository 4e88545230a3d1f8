/* SPDX-License-Identifier: MIT */
/* The past: pictures of the canvas from the recording, for the operator's hand. */
#pragma once

#include <stdint.h>

#include <mural/history.h>
#include <mural/reader.h>

/* A moment of the recording; `file` is borrowed. */
struct past {
	const char *file;
	int64_t at_ms;    /* wanted; since 1970 */
	int64_t found_ms; /* of the last moment until then; if there is none, of the first
			     later one */
	uint32_t background; /* for what was not on the canvas then */
	/* private */
	struct mural_history *history;
	struct mural_moment moment;
	struct mural_rect rect;
	uint32_t *line;
};

/* Finds a rectangle of it.  0, and it is to be closed; -ENOENT: there is no recording;
 * -ENODATA: it begins later; -errno.  Blocks on the disk, any thread. */
int past_open(struct past *past, const struct mural_rect *rect);

/* A row of the rectangle, 0xffrrggbb, until the next one is asked for. */
const uint32_t *past_row(struct past *past, uint32_t y);

void past_close(struct past *past);
