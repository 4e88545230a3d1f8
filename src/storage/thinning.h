/* SPDX-License-Identifier: MIT */
/*
 * Writes a segment of a recording anew with every second of its moments, and puts it in
 * the place of the old one.  Readers of that go on with it.
 *
 * Any thread, one at a time.  Failures return -errno, are not logged, and leave the
 * segment as it was.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include <mural/history.h>

#include "storage/record-writer.h"

struct thinning {
	struct mural_history *history; /* of the segment; NULL: none is being thinned */
	struct record_writer writer;
	struct mural_moment moment;
	uint64_t *tiles;          /* that may differ from what was written last */
	char *from, *to;          /* the segment, and the file that will replace it */
	struct timespec times[2]; /* of the segment, which the new one keeps */
	bool skip;                /* the next moment */
};

/* Begins with a segment; `to` is the name of a file for the time being, which is
 * replaced.  0 or -errno. */
int thinning_begin(struct thinning *thinning, const char *from, const char *to);

/* Goes on by one moment: 1; 0: done, the segment is replaced; -errno.  When it is not 1
 * the thinning has ended. */
int thinning_step(struct thinning *thinning);

/* Ends it, leaving the segment as it is.  Accepts what was never begun, and zeros. */
void thinning_end(struct thinning *thinning);
