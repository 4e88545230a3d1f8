/* SPDX-License-Identifier: MIT */
/*
 * The reader: how a part of murald, or a plugin that shows the canvas, watches it.
 *
 * A reader remembers which tiles changed since it last took them, whoever painted.
 * Taking costs about a microsecond; not taking costs nothing, and nobody else notices:
 * a slow reader accumulates bits, never memory, and finds the present pixels when it
 * looks.  There is no history and no frame: whoever takes a tile sees at least the
 * pixels that were published before, maybe later ones too, and then that tile comes
 * again.  A new reader starts with every tile changed.
 *
 * All coordinates here are the canvas's own, also for a plugin that paints a region.
 *
 * A reader may be used by one thread at a time, any thread.
 */
#ifndef MURAL_READER_H
#define MURAL_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mural/brush.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MURAL_READER_EXPORT __attribute__((visibility("default")))

struct mural_reader;

/* The shape of what a reader watches.  Tile t covers the pixels from
 * (t % tiles_x * MURAL_TILE, t / tiles_x * MURAL_TILE), cut at the right and bottom edge.
 * A set of tiles is an array of `words` 64-bit words, bit t % 64 of word t / 64. */
struct mural_view {
	uint32_t width, height; /* pixels */
	uint32_t tiles_x, tiles_y;
	size_t words;
};

/* Borrowed; lives as long as the reader and never changes. */
MURAL_READER_EXPORT const struct mural_view *mural_reader_view(
	const struct mural_reader *reader);

/* Moves the changed tiles into `tiles` (view->words words, overwritten); false when there
 * are none. */
MURAL_READER_EXPORT bool mural_reader_take(struct mural_reader *reader, uint64_t *tiles);

/* Gives tiles back that were taken and could not be used: they come again with the next
 * take, and mural_reader_arm() says so. */
MURAL_READER_EXPORT void mural_reader_put_back(
	struct mural_reader *reader, const uint64_t *tiles);

/* Copies the pixels of a rectangle, which must lie inside the canvas, as 0xffRRGGBB;
 * `stride` is the pixels from one row of `pixels` to the next. */
MURAL_READER_EXPORT void mural_reader_copy(const struct mural_reader *reader, uint32_t x,
	uint32_t y, uint32_t width, uint32_t height, uint32_t *pixels, size_t stride);

/* To sleep until something changes, without polling: arm the reader, and if the answer is
 * false, wait until its descriptor becomes readable (poll it for reading, in any loop).
 * True: there is damage already, the reader is not armed, take it.  One ring for each
 * time it is armed; a ring may be spurious.  mural_reader_arm() also empties the
 * descriptor. The descriptor belongs to murald: never close it. */
MURAL_READER_EXPORT bool mural_reader_arm(struct mural_reader *reader);
MURAL_READER_EXPORT int mural_reader_fd(const struct mural_reader *reader);

/* NULL is accepted. */
MURAL_READER_EXPORT void mural_reader_free(struct mural_reader *reader);

#ifdef __cplusplus
}
#endif
#endif
