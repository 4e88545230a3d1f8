/* SPDX-License-Identifier: MIT */
/*
 * The reader: watches the canvas for a part of murald, or for a plugin that shows it.
 *
 * A reader remembers which tiles changed since it last took them, whoever painted.
 * Taking costs about a microsecond; not taking costs nothing, and nobody else notices:
 * a slow reader accumulates bits, never memory, and finds the present pixels when it
 * looks.  There is no history and no frame: after taking a tile a reader sees at least
 * the pixels that were published before; if it sees later ones, that tile comes again.  A
 * new reader starts with every tile changed.
 *
 * Coordinates are the canvas's own, also for a plugin that paints a region.
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

/* The shape of what a reader watches.  A set of tiles is an array of `words` words. */
struct mural_view {
	uint32_t width, height; /* pixels */
	uint32_t tiles_x, tiles_y;
	size_t words;
};

/* A rectangle of pixels. */
struct mural_rect {
	uint32_t x, y, width, height;
};

/* Borrowed; lives as long as the reader and never changes. */
MURAL_READER_EXPORT const struct mural_view *mural_reader_view(
	const struct mural_reader *reader);

/* Moves the changed tiles into `tiles` (view->words words, overwritten); false when there
 * are none. */
MURAL_READER_EXPORT bool mural_reader_take(struct mural_reader *reader, uint64_t *tiles);

/* Gives back tiles that were taken and could not be used: the next take returns them
 * again, and mural_reader_arm() reports them. */
MURAL_READER_EXPORT void mural_reader_put_back(
	struct mural_reader *reader, const uint64_t *tiles);

/* Copies the pixels of a rectangle, which must lie inside the canvas, as 0xffRRGGBB;
 * `stride` is the pixels from one row of `pixels` to the next. */
MURAL_READER_EXPORT void mural_reader_copy(const struct mural_reader *reader, uint32_t x,
	uint32_t y, uint32_t width, uint32_t height, uint32_t *pixels, size_t stride);

/* What this reader copies is shown to people at once, and kept by nobody: while the
 * operator highlights a source it comes dimmed where others painted, and all tiles come
 * again when that begins and ends.  Before the first copy. */
MURAL_READER_EXPORT void mural_reader_show(struct mural_reader *reader);

/* What this brush paints from now on is not damage to this reader, but to all others: for
 * a plugin that paints what it watches, and would find its own paint only.  On the
 * brush's thread, where it is also freed, before the brush.  One reader ignores one
 * brush: for a second one, of either, nothing changes. */
MURAL_READER_EXPORT void mural_reader_ignore(
	struct mural_reader *reader, struct mural_brush *brush);

/* To sleep until something changes: arm the reader, and if that returns false, wait until
 * its descriptor becomes readable, in any event loop.  True: there is damage already, and
 * the reader is not armed.  Each arming causes one wake-up, which may be spurious.
 * mural_reader_arm() also empties the descriptor, which belongs to murald: never close
 * it. */
MURAL_READER_EXPORT bool mural_reader_arm(struct mural_reader *reader);
MURAL_READER_EXPORT int mural_reader_fd(const struct mural_reader *reader);

/* NULL is accepted. */
MURAL_READER_EXPORT void mural_reader_free(struct mural_reader *reader);

/* ---- tiles: tile t is bit t % 64 of word t / 64 of a set */

static inline bool
mural_tiles_has(const uint64_t *tiles, uint32_t tile)
{
	return tiles[tile / 64] >> tile % 64 & 1;
}

static inline void
mural_tiles_add(uint64_t *tiles, uint32_t tile)
{
	tiles[tile / 64] |= UINT64_C(1) << tile % 64;
}

static inline void
mural_tiles_remove(uint64_t *tiles, uint32_t tile)
{
	tiles[tile / 64] &= ~(UINT64_C(1) << tile % 64);
}

static inline void
mural_tiles_add_all(const struct mural_view *view, uint64_t *tiles)
{
	for (uint32_t tile = 0; tile < view->tiles_x * view->tiles_y; tile++)
		mural_tiles_add(tiles, tile);
}

/* Moves *tile on to the first tile of the set that is *tile or later; false: none.
 *
 *	for (uint32_t tile = 0; mural_tiles_next(view, tiles, &tile); tile++) */
static inline bool
mural_tiles_next(const struct mural_view *view, const uint64_t *tiles, uint32_t *tile)
{
	uint64_t later = UINT64_MAX << *tile % 64;

	for (size_t word = *tile / 64; word < view->words; word++, later = UINT64_MAX)
		if (tiles[word] & later) {
			*tile = (uint32_t)(word * 64) +
				(uint32_t)__builtin_ctzll(tiles[word] & later);
			return true;
		}
	return false;
}

/* The first run of neighbouring tiles of the set in a row of tiles, from the pixel *x on;
 * false: none.  Its pixels are those from *x to *end - 1. */
static inline bool
mural_tiles_next_run(const struct mural_view *view, const uint64_t *tiles,
	uint32_t tile_y, uint32_t *x, uint32_t *end)
{
	uint32_t row = tile_y * view->tiles_x, after = row + view->tiles_x;
	uint32_t first = row + ((*x + MURAL_TILE - 1) >> MURAL_TILE_SHIFT), last;

	while (first < after && !mural_tiles_has(tiles, first))
		first++;
	for (last = first; last < after && mural_tiles_has(tiles, last); last++)
		;
	*x = (first - row) << MURAL_TILE_SHIFT;
	*end = (last - row) << MURAL_TILE_SHIFT;
	if (*end > view->width)
		*end = view->width;
	return first < last;
}

/* The pixels of a tile, cut at the right and bottom edge. */
static inline struct mural_rect
mural_tile_rect(const struct mural_view *view, uint32_t tile)
{
	struct mural_rect rect = { tile % view->tiles_x * MURAL_TILE,
		tile / view->tiles_x * MURAL_TILE, MURAL_TILE, MURAL_TILE };

	if (rect.width > view->width - rect.x)
		rect.width = view->width - rect.x;
	if (rect.height > view->height - rect.y)
		rect.height = view->height - rect.y;
	return rect;
}

/* The view of a canvas of that size. */
static inline struct mural_view
mural_view_of(uint32_t width, uint32_t height)
{
	struct mural_view view = { width, height,
		(width + MURAL_TILE - 1) >> MURAL_TILE_SHIFT,
		(height + MURAL_TILE - 1) >> MURAL_TILE_SHIFT, 0 };

	view.words = ((size_t)view.tiles_x * view.tiles_y + 63) / 64;
	return view;
}

#ifdef __cplusplus
}
#endif
#endif
