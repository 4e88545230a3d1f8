/* SPDX-License-Identifier: MIT */
/* Compares the canvas with what was shown of it. */
#include "http/viewers/framediff.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define COLOUR 0xffffffu

int
sight_init(struct sight *sight, struct mural_host *host)
{
	*sight = (struct sight){ .reader = mural_watch(host) };
	if (!sight->reader)
		return -ENOMEM;
	sight->view = mural_reader_view(sight->reader);
	sight->taken = calloc(sight->view->words, sizeof(*sight->taken));
	sight->changed = calloc(sight->view->words, sizeof(*sight->changed));
	return sight->taken && sight->changed ? 0 : -ENOMEM;
}

void
sight_finish(struct sight *sight)
{
	mural_reader_free(sight->reader);
	free(sight->pixels);
	free(sight->strip);
	free(sight->taken);
	free(sight->changed);
	*sight = (struct sight){ 0 };
}

static int
allocate(struct sight *sight)
{
	size_t row = sight->view->width;

	if (!sight->strip)
		sight->strip = malloc(row * MURAL_TILE * sizeof(*sight->strip));
	if (!sight->pixels)
		sight->pixels = calloc(row * sight->view->height, sizeof(*sight->pixels));
	return sight->strip && sight->pixels ? 0 : -ENOMEM;
}

void
sight_cancel(struct sight *sight)
{
	__atomic_store_n(&sight->cancelled, true, __ATOMIC_RELAXED);
}

bool
sight_is_cancelled(const struct sight *sight)
{
	return __atomic_load_n(&sight->cancelled, __ATOMIC_RELAXED);
}

/* ------------------------------------------------------------------ runs of tiles */

static bool
is_set(const uint64_t *tiles, uint32_t tile)
{
	return tiles[tile / 64] >> tile % 64 & 1;
}

static bool
find_run(const struct mural_view *view, const uint64_t *tiles, uint32_t tile_y,
	uint32_t *x, uint32_t *end)
{
	uint32_t first = tile_y * view->tiles_x, tile = *x >> MURAL_TILE_SHIFT, last;

	while (tile < view->tiles_x && !is_set(tiles, first + tile))
		tile++;
	for (last = tile; last < view->tiles_x && is_set(tiles, first + last); last++)
		;
	if (tile == last)
		return false;
	*x = tile << MURAL_TILE_SHIFT;
	*end = last << MURAL_TILE_SHIFT;
	if (*end > view->width)
		*end = view->width;
	return true;
}

bool
sight_run(
	const struct sight *sight, uint32_t tile_y, bool all, uint32_t *x, uint32_t *end)
{
	if (!all)
		return *x < sight->view->width &&
		       find_run(sight->view, sight->changed, tile_y, x, end);
	*end = sight->view->width;
	return *x < *end;
}

/* Rows of pixels in a row of tiles. */
static uint32_t
rows_of(const struct mural_view *view, uint32_t tile_y)
{
	uint32_t top = tile_y << MURAL_TILE_SHIFT;

	return view->height - top < MURAL_TILE ? view->height - top : MURAL_TILE;
}

/* -------------------------------------------------------------------- looking */

static void
settle(struct sight *sight, uint32_t tile_y)
{
	uint32_t top = tile_y << MURAL_TILE_SHIFT, x = 0, end;

	for (; sight_run(sight, tile_y, false, &x, &end); x = end)
		for (uint32_t y = 0; y < rows_of(sight->view, tile_y); y++)
			for (uint32_t *px = sight_row(sight, top + y) + x,
				      *stop = px + (end - x);
				px < stop; px++)
				*px &= COLOUR;
}

/* Takes over a run of pixels and marks those that differ; whether there are any. */
static bool
compare(uint32_t *shown, const uint32_t *now, uint32_t count)
{
	uint32_t different = 0;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t colour = now[i] & COLOUR;

		different |= colour ^ shown[i];
		shown[i] = colour == shown[i] ? colour : colour | SIGHT_CHANGED;
	}
	return different != 0;
}

static bool
compare_tile(struct sight *sight, uint32_t tile_y, uint32_t x, uint32_t count)
{
	uint32_t top = tile_y << MURAL_TILE_SHIFT;
	bool different = false;

	for (uint32_t y = 0; y < rows_of(sight->view, tile_y); y++)
		different |= compare(sight_row(sight, top + y) + x,
			sight->strip + (size_t)y * sight->view->width + x, count);
	return different;
}

static bool
compare_row(struct sight *sight, uint32_t tile_y)
{
	const struct mural_view *view = sight->view;
	uint32_t top = tile_y << MURAL_TILE_SHIFT, x = 0, end;
	bool different = false;

	for (; x < view->width && find_run(view, sight->taken, tile_y, &x, &end);
		x = end) {
		mural_reader_copy(sight->reader, x, top, end - x, rows_of(view, tile_y),
			sight->strip + x, view->width);
		for (uint32_t left = x; left < end; left += MURAL_TILE) {
			uint32_t tile =
				tile_y * view->tiles_x + (left >> MURAL_TILE_SHIFT);
			uint32_t count =
				end - left < MURAL_TILE ? end - left : MURAL_TILE;

			if (!compare_tile(sight, tile_y, left, count))
				continue;
			sight->changed[tile / 64] |= UINT64_C(1) << tile % 64;
			different = true;
		}
	}
	return different;
}

int
sight_look(struct sight *sight)
{
	const struct mural_view *view = sight->view;
	bool different = false;

	if (allocate(sight) < 0)
		return -ENOMEM;
	for (uint32_t tile_y = 0; tile_y < view->tiles_y; tile_y++)
		settle(sight, tile_y);
	memset(sight->changed, 0, view->words * sizeof(*sight->changed));
	if (!mural_reader_take(sight->reader, sight->taken))
		return 0;
	for (uint32_t tile_y = 0; tile_y < view->tiles_y; tile_y++)
		different |= compare_row(sight, tile_y);
	sight->number += different;
	return different;
}
