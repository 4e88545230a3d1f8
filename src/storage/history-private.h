/* SPDX-License-Identifier: MIT */
/* The reader of a recording as its two files share it: history.c finds the records,
 * history-picture.c applies them to the picture. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include <mural/history.h>

#include "storage/history-format.h"

struct mural_history {
	char *file;
	int last_fd; /* of FILE itself, which may be renamed meanwhile */
	uint64_t *segments;
	size_t n_segments;
	size_t segment; /* being read; n_segments: FILE itself; above: the end */
	FILE *in;
	off_t in_size;

	bool usable; /* `pixels` are what the next delta applies to */
	int64_t time_ms;
	struct mural_view view; /* of `pixels` */
	uint32_t *pixels;
	uint8_t *body;
	size_t body_size;
};

/* Makes place for a picture of the head's size, of which a keyframe has every pixel.  0
 * or -ENOMEM. */
int history_begin_picture(struct mural_history *history, const struct record_head *head);

/* Applies the body that was read, and extends the moment by it.  1; 0: the body is
 * invalid; -errno. */
int history_apply(struct mural_history *history, const struct record_head *head,
	struct mural_moment *moment);
