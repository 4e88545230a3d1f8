/* SPDX-License-Identifier: MIT */
/*
 * Paints what the log says, and remembers where the canvas may not follow.
 *
 * Where the operator of this wall has frozen or protected the canvas, it keeps what it
 * has. That must not be taken for paint of this wall and sent, or two such walls would
 * repaint each other for ever.  It follows once it may.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "link/link.h"

/* Allocated before it is needed: a pixel that could not be remembered would differ for
 * good.  Pages in which nothing is held take no memory. */
int
held_start(struct link *link)
{
	link->held = calloc(picture_size(&link->shared), sizeof(*link->held));
	link->held_tiles = calloc(link->shared.view.words, sizeof(*link->held_tiles));
	return link->held && link->held_tiles ? 0 : -ENOMEM;
}

void
held_finish(struct link *link)
{
	free(link->held);
	free(link->held_tiles);
}

static void
hold(struct link *link, const struct spot *spot, uint32_t argb)
{
	link->n_held += link->held[spot->place] == 0;
	link->held[spot->place] = argb;
	mural_tiles_add(link->held_tiles, picture_tile(&link->shared, spot));
}

static void
release(struct link *link, uint32_t place)
{
	link->held[place] = 0;
	link->n_held--;
}

/* Whoever may paint on a frozen wall has painted over what is held: then nothing is. */
static bool
is_held(const struct link *link, const struct spot *spot)
{
	uint32_t x, y, now = 0;

	return window_find(&link->window, spot, &x, &y) &&
	       mural_get(link->host->brush, x, y, &now) && now == link->held[spot->place];
}

/* Swaps if the canvas has `old`; what it has after that.  Where the wall has no canvas,
 * that is what it should. */
static uint32_t
swap(struct link *link, const struct spot *spot, uint32_t old, uint32_t argb)
{
	uint32_t x, y, now = old;

	if (!window_find(&link->window, spot, &x, &y) ||
		mural_swap(link->host->brush, x, y, old, argb))
		return argb;
	(void)mural_get(link->host->brush, x, y, &now);
	return now;
}

/* What comes of a pixel that has the colour `now` after it was to be painted. */
static void
settle(struct link *link, const struct spot *spot, uint32_t old, uint32_t argb,
	uint32_t now)
{
	if (now == argb)
		return;
	if (now == old)
		hold(link, spot, old);
	else
		publish_pixel(link, spot);
}

void
link_paint(struct link *link, const struct spot *spot, uint32_t old, uint32_t argb)
{
	if (old == argb)
		return;
	if (link->n_held > 0 && link->held[spot->place]) {
		const bool was_held = is_held(link, spot);

		if (!was_held || link->held[spot->place] == argb)
			release(link, spot->place);
		if (was_held)
			return;
	}
	settle(link, spot, old, argb, swap(link, spot, old, argb));
}

void
link_put_back(struct link *link, const struct spot *spot, uint32_t now)
{
	const uint32_t argb = link->shared.pixels[spot->place];

	if (now != argb && swap(link, spot, now, argb) == now)
		hold(link, spot, now);
}

/* Paints pixels of a row of a tile, whose first one is `first`; the canvas has them. */
static void
paint_row(struct link *link, const struct spot *first, uint32_t row, const uint32_t *old,
	const uint32_t *argb)
{
	const uint32_t x = first->x - (uint32_t)link->window.x;
	const uint32_t y = first->y - (uint32_t)link->window.y;
	const bool is_any_held = link->n_held > 0;

	if (!is_any_held)
		row &= ~mural_swap_row(link->host->brush, x, y, row, old, argb);
	for (; row != 0; row &= row - 1) {
		const uint32_t i = (uint32_t)__builtin_ctz(row);
		const struct spot spot = picture_within(&link->shared, first, i);
		uint32_t now = old[i];

		if (is_any_held) {
			link_paint(link, &spot, old[i], argb[i]);
			continue;
		}
		(void)mural_get(link->host->brush, x + i, y, &now);
		settle(link, &spot, old[i], argb[i], now);
	}
}

/* Of the columns from `left` on a bit for each that is shown. */
static uint32_t
shown_columns(uint32_t left, const struct mural_rect *shown)
{
	return UINT32_MAX >> (MURAL_TILE - shown->width) << (shown->x - left);
}

/* Prefetches the shown part of a row of the canvas. */
static void
fetch_row(const struct link *link, const struct mural_rect *shown, uint32_t row)
{
	const struct mural_brush *brush = link->host->brush;
	const uint32_t x = shown->x - (uint32_t)link->window.x;
	const uint32_t y = row - (uint32_t)link->window.y;
	const uint32_t *first =
		&brush->pixels[(size_t)y * brush->stride + (size_t)x * brush->step];

	for (uint32_t word = 0; word < shown->width * brush->step; word += 16)
		mural_fetch(first + word);
}

void
link_paint_tile(struct link *link, uint32_t tile, const struct tile_change *change)
{
	const struct mural_rect rect = mural_tile_rect(&link->shared.view, tile);
	const uint32_t *in_flight = flight_rows(link, tile);
	const uint32_t width = link->shared.view.width;
	struct mural_rect shown;

	if (!window_cut(&link->window, &rect, &shown))
		return;
	for (uint32_t y = shown.y; y < shown.y + shown.height; y++) {
		const uint32_t i = y - rect.y;
		const uint32_t row =
			change->rows[i] & ~in_flight[i] & shown_columns(rect.x, &shown);
		const struct spot first = { y * width + rect.x, rect.x, y };

		if (y + ROWS_AHEAD < shown.y + shown.height &&
			change->rows[i + ROWS_AHEAD] != 0)
			fetch_row(link, &shown, y + ROWS_AHEAD);
		if (row != 0)
			paint_row(link, &first, row, &change->old[i * MURAL_TILE],
				&change->now[i * MURAL_TILE]);
	}
}

/* Whether it is still held. */
static bool
retry_pixel(struct link *link, const struct spot *spot)
{
	const uint32_t old = link->held[spot->place];
	const uint32_t argb = link->shared.pixels[spot->place];
	uint32_t now;

	if (!old || flight_has(link, spot))
		return old != 0;
	now = swap(link, spot, old, argb);
	if (now == old && now != argb)
		return true;
	release(link, spot->place);
	if (now != argb)
		publish_pixel(link, spot);
	return false;
}

static void
retry_tile(struct link *link, uint32_t tile)
{
	const struct mural_rect rect = mural_tile_rect(&link->shared.view, tile);
	const struct spot corner = picture_corner(&link->shared, tile);
	bool is_any_held = false;

	for (uint32_t y = 0; y < rect.height; y++)
		for (uint32_t x = 0; x < rect.width; x++) {
			const struct spot spot = picture_within(
				&link->shared, &corner, y * MURAL_TILE + x);

			is_any_held |= retry_pixel(link, &spot);
		}
	if (!is_any_held)
		mural_tiles_remove(link->held_tiles, tile);
}

/* What waits is not counted as discarded each time. */
void
held_retry(struct link *link)
{
	uint64_t discarded[MURAL_REASONS_MAX];
	uint32_t tile = 0;

	if (link->n_held == 0 || link->before)
		return;
	memcpy(discarded, link->host->brush->discarded, sizeof(discarded));
	for (; mural_tiles_next(&link->shared.view, link->held_tiles, &tile); tile++)
		retry_tile(link, tile);
	memcpy(link->host->brush->discarded, discarded, sizeof(discarded));
	mural_publish(link->host);
}
