/* SPDX-License-Identifier: MIT */
/* Appends records to a file of a recording, each as a delta or as a keyframe.  Failures
 * return -errno and are not logged. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "storage/history-format.h"

struct record_writer {
	int fd;    /* -1: none */
	off_t end; /* of the last complete record */
	struct mural_view view;
	uint32_t *shadow;      /* the picture as it was recorded last */
	bool keyframe_due;     /* the next record must be one */
	uint64_t keyframe_len; /* bytes of the last one */
	uint64_t deltas_len;   /* bytes of the records since */
	uint32_t n_deltas;     /* their number */
	int64_t last_ms;       /* the time of the last record */
};

/* Where the pixels of a rectangle, a tile at most, come from; lines are MURAL_TILE
 * apart. */
struct record_pixels {
	void (*copy)(const void *from, const struct mural_rect *at, uint32_t *pixels);
	/* What the record says of when that was, in ms; asked once all is copied: who
	 * looks at a moment sees nothing that was painted after it. */
	int64_t (*when)(const void *from);
	const void *from;
};

/* Prepares for pictures of this size, which begin with a keyframe.  The file stays.  0 or
 * -ENOMEM. */
int record_writer_resize(struct record_writer *writer, uint32_t width, uint32_t height);

/* Frees the shadow and closes the file. */
void record_writer_finish(struct record_writer *writer);

/* Begins the file. */
int record_write_file_head(struct record_writer *writer);

/* Appends what changed of these tiles, or a keyframe when one is due.  `tiles` becomes
 * those that were written.  1; 0: nothing changed; -errno: the file is as before. */
int record_append(struct record_writer *writer, const struct record_pixels *pixels,
	uint64_t *tiles);
