/* SPDX-License-Identifier: MIT */
/*
 * The history: plays back what murald recorded of the canvas.
 *
 * A recording (record.file in murald.conf) is a file and its older segments, FILE.1,
 * FILE.2 and so on, the highest number being the latest.  Each holds records: deltas with
 * the tiles that changed since the record before, and now and then a keyframe with all
 * tiles. Damaged records, and those that depend on them, are skipped.  A recording may be
 * read while it is written; records that follow later are not seen.
 *
 * A history may be used by one thread at a time, any thread.  It blocks on the disk.
 */
#ifndef MURAL_HISTORY_H
#define MURAL_HISTORY_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MURAL_HISTORY_EXPORT __attribute__((visibility("default")))

struct mural_history;

/* The canvas at a moment.  Borrowed until the next call. */
struct mural_moment {
	int64_t time_ms; /* since 1970; later than that of the moment before */
	uint32_t width, height;
	const uint32_t *pixels; /* width * height of 0xffRRGGBB */
	/* Around what may differ from the moment before; right and bottom excluded. */
	uint32_t left, top, right, bottom;
};

struct mural_span {
	int64_t first_ms, last_ms;
	uint64_t moments; /* from first to last; 0: none, and the times are void */
};

/* Opens the recording at its beginning.  0; -ENOENT when there is none; another
 * -errno. */
MURAL_HISTORY_EXPORT int mural_history_open(
	const char *file, struct mural_history **history);

/* Counts the moments from one time to another, both included.  Decodes nothing, and
 * leaves the history at its beginning.  0 or -errno. */
MURAL_HISTORY_EXPORT int mural_history_span(struct mural_history *history,
	int64_t from_ms, int64_t to_ms, struct mural_span *span);

/* How much changed in each of the n equal parts of a time: parts[] are bytes of the
 * recording, to be compared with each other.  Decodes nothing, and leaves the history at
 * its beginning.  0 or -errno. */
MURAL_HISTORY_EXPORT int mural_history_activity(struct mural_history *history,
	int64_t from_ms, int64_t to_ms, uint64_t *parts, size_t n);

/* Goes to the last moment that is not later than `at_ms`, else to the first.  Returns as
 * mural_history_next(). */
MURAL_HISTORY_EXPORT int mural_history_seek(
	struct mural_history *history, int64_t at_ms, struct mural_moment *moment);

/* The next moment: 1.  0: there is none.  -errno. */
MURAL_HISTORY_EXPORT int mural_history_next(
	struct mural_history *history, struct mural_moment *moment);

/* NULL is accepted. */
MURAL_HISTORY_EXPORT void mural_history_close(struct mural_history *history);

#ifdef __cplusplus
}
#endif
#endif
