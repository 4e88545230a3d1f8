/* SPDX-License-Identifier: MIT */
/* Compares the canvas with its shadow frame, tile by tile. */
#include "http/viewers/framediff.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define COLOUR 0xffffffu

int
framediff_init(struct framediff *diff, struct mural_host *host)
{
	*diff = (struct framediff){ .reader = mural_watch(host) };
	if (!diff->reader)
		return -ENOMEM;
	mural_reader_show(diff->reader);
	diff->view = mural_reader_view(diff->reader);
	diff->taken = calloc(diff->view->words, sizeof(*diff->taken));
	diff->changed = calloc(diff->view->words, sizeof(*diff->changed));
	return diff->taken && diff->changed ? 0 : -ENOMEM;
}

int
framediff_init_pictures(struct framediff *diff, const struct mural_view *view)
{
	*diff = (struct framediff){ .view = view };
	diff->changed = calloc(view->words, sizeof(*diff->changed));
	diff->shadow = calloc((size_t)view->width * view->height, sizeof(*diff->shadow));
	return diff->changed && diff->shadow ? 0 : -ENOMEM;
}

void
framediff_finish(struct framediff *diff)
{
	mural_reader_free(diff->reader);
	free(diff->shadow);
	free(diff->strip);
	free(diff->taken);
	free(diff->changed);
	*diff = (struct framediff){ 0 };
}

static int
allocate_shadow(struct framediff *diff)
{
	size_t row = diff->view->width;

	if (!diff->strip)
		diff->strip = malloc(row * MURAL_TILE * sizeof(*diff->strip));
	if (!diff->shadow)
		diff->shadow = calloc(row * diff->view->height, sizeof(*diff->shadow));
	return diff->strip && diff->shadow ? 0 : -ENOMEM;
}

void
framediff_cancel(struct framediff *diff)
{
	__atomic_store_n(&diff->cancelled, true, __ATOMIC_RELAXED);
}

bool
framediff_is_cancelled(const struct framediff *diff)
{
	return __atomic_load_n(&diff->cancelled, __ATOMIC_RELAXED);
}

/* ------------------------------------------------------------------ runs of tiles */

bool
framediff_next_run(const struct framediff *diff, uint32_t tile_y, bool all, uint32_t *x,
	uint32_t *end)
{
	if (!all)
		return mural_tiles_next_run(diff->view, diff->changed, tile_y, x, end);
	*end = diff->view->width;
	return *x < *end;
}

/* Pixel rows in a row of tiles. */
static uint32_t
rows_of(const struct mural_view *view, uint32_t tile_y)
{
	uint32_t top = tile_y << MURAL_TILE_SHIFT;

	return view->height - top < MURAL_TILE ? view->height - top : MURAL_TILE;
}

/* ------------------------------------------------------------------- comparing */

static void
clear_changed(struct framediff *diff, uint32_t tile_y)
{
	uint32_t top = tile_y << MURAL_TILE_SHIFT, x = 0, end;

	for (; framediff_next_run(diff, tile_y, false, &x, &end); x = end)
		for (uint32_t y = 0; y < rows_of(diff->view, tile_y); y++)
			for (uint32_t *px = framediff_row(diff, top + y) + x,
				      *stop = px + (end - x);
				px < stop; px++)
				*px &= COLOUR;
}

/* Adopts a run of pixels and marks those that differ; whether there are any. */
static bool
compare_run(uint32_t *shown, const uint32_t *now, uint32_t count)
{
	uint32_t different = 0;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t colour = now[i] & COLOUR;

		different |= colour ^ shown[i];
		shown[i] = colour == shown[i] ? colour : colour | FRAMEDIFF_CHANGED;
	}
	return different != 0;
}

static bool
compare_tile(struct framediff *diff, uint32_t tile_y, uint32_t x, uint32_t count)
{
	uint32_t top = tile_y << MURAL_TILE_SHIFT;
	bool different = false;

	for (uint32_t y = 0; y < rows_of(diff->view, tile_y); y++)
		different |= compare_run(framediff_row(diff, top + y) + x,
			diff->strip + (size_t)y * diff->view->width + x, count);
	return different;
}

static bool
compare_row(struct framediff *diff, uint32_t tile_y)
{
	const struct mural_view *view = diff->view;
	uint32_t top = tile_y << MURAL_TILE_SHIFT, x = 0, end;
	bool different = false;

	for (; mural_tiles_next_run(view, diff->taken, tile_y, &x, &end); x = end) {
		mural_reader_copy(diff->reader, x, top, end - x, rows_of(view, tile_y),
			diff->strip + x, view->width);
		for (uint32_t left = x; left < end; left += MURAL_TILE) {
			uint32_t tile =
				tile_y * view->tiles_x + (left >> MURAL_TILE_SHIFT);
			uint32_t count =
				end - left < MURAL_TILE ? end - left : MURAL_TILE;

			if (!compare_tile(diff, tile_y, left, count))
				continue;
			mural_tiles_add(diff->changed, tile);
			different = true;
		}
	}
	return different;
}

static void
begin_frame(struct framediff *diff)
{
	const struct mural_view *view = diff->view;

	for (uint32_t tile_y = 0; tile_y < view->tiles_y; tile_y++)
		clear_changed(diff, tile_y);
	memset(diff->changed, 0, view->words * sizeof(*diff->changed));
}

static bool
compare_picture(struct framediff *diff, const uint32_t *pixels, uint32_t tile)
{
	const struct mural_rect at = mural_tile_rect(diff->view, tile);
	bool different = false;

	for (uint32_t y = at.y; y < at.y + at.height; y++)
		different |= compare_run(framediff_row(diff, y) + at.x,
			pixels + (size_t)y * diff->view->width + at.x, at.width);
	if (different)
		mural_tiles_add(diff->changed, tile);
	return different;
}

int
framediff_update_picture(
	struct framediff *diff, const uint32_t *pixels, const struct mural_rect *at)
{
	const uint32_t right = (at->x + at->width + MURAL_TILE - 1) / MURAL_TILE;
	const uint32_t bottom = (at->y + at->height + MURAL_TILE - 1) / MURAL_TILE;
	bool different = false;

	begin_frame(diff);
	for (uint32_t y = at->y / MURAL_TILE; y < bottom; y++)
		for (uint32_t x = at->x / MURAL_TILE; x < right; x++)
			different |= compare_picture(
				diff, pixels, y * diff->view->tiles_x + x);
	diff->number += different;
	return different;
}

int
framediff_update(struct framediff *diff)
{
	const struct mural_view *view = diff->view;
	bool different = false;

	if (allocate_shadow(diff) < 0)
		return -ENOMEM;
	begin_frame(diff);
	if (!mural_reader_take(diff->reader, diff->taken))
		return 0;
	for (uint32_t tile_y = 0; tile_y < view->tiles_y; tile_y++)
		different |= compare_row(diff, tile_y);
	diff->number += different;
	return different;
}

/* ------------------------------------------------------------------- spots */

/* The first pixel of a tile that changed. */
static struct framediff_spot
find_spot(const struct framediff *diff, uint32_t tile)
{
	const struct mural_rect at = mural_tile_rect(diff->view, tile);

	for (uint32_t y = at.y; y < at.y + at.height; y++)
		for (uint32_t x = at.x; x < at.x + at.width; x++)
			if (framediff_row(diff, y)[x] & FRAMEDIFF_CHANGED)
				return (struct framediff_spot){ x, y };
	return (struct framediff_spot){ at.x, at.y }; /* not reached */
}

size_t
framediff_spots(const struct framediff *diff, struct framediff_spot *spots, size_t most)
{
	size_t n = 0;

	for (size_t word = 0; word < diff->view->words; word++)
		for (uint64_t left = diff->changed[word]; left; left &= left - 1) {
			if (n == most)
				return 0;
			spots[n++] = find_spot(
				diff, (uint32_t)(word * 64 + __builtin_ctzll(left)));
		}
	return n;
}
