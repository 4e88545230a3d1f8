/* SPDX-License-Identifier: MIT */
/*
 * Paints what the log says, and remembers where the canvas may not follow.
 *
 * Where the operator of this wall has frozen or protected the canvas, it keeps what it
 * has. That must not be taken for paint of this wall and sent, or two such walls would
 * repaint each other for ever.  It follows once it may.
 */
#include <stdlib.h>
#include <string.h>

#include "link/link.h"

static void
hold(struct link *link, uint32_t place, uint32_t argb)
{
	if (!link->held)
		link->held = calloc(picture_size(&link->shared), sizeof(*link->held));
	if (!link->held)
		return;
	link->held[place] = argb;
	link->n_held++;
}

static void
release(struct link *link, uint32_t place)
{
	link->held[place] = 0;
	link->n_held--;
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

void
link_paint(struct link *link, const struct spot *spot, uint32_t old, uint32_t argb)
{
	uint32_t now;

	if (old == argb)
		return;
	if (link->held && link->held[spot->place]) {
		if (link->held[spot->place] == argb)
			release(link, spot->place);
		return;
	}
	now = swap(link, spot, old, argb);
	if (now == argb)
		return;
	if (now == old)
		hold(link, spot->place, old);
	else
		publish_pixel(link, spot);
}

/* What waits is not counted as discarded each time. */
void
held_retry(struct link *link)
{
	uint64_t discarded[MURAL_REASONS_MAX];

	if (link->n_held == 0 || link->before)
		return;
	memcpy(discarded, link->host->brush->discarded, sizeof(discarded));
	for (uint32_t i = 0; i < picture_size(&link->shared); i++) {
		const struct spot spot = picture_spot(&link->shared, i);
		const uint32_t old = link->held[i];
		uint32_t now;

		if (!old || flight_has(link, i))
			continue;
		now = swap(link, &spot, old, link->shared.pixels[i]);
		if (now == old && now != link->shared.pixels[i])
			continue;
		release(link, i);
		if (now != link->shared.pixels[i])
			publish_pixel(link, &spot);
	}
	memcpy(link->host->brush->discarded, discarded, sizeof(discarded));
	mural_publish(link->host);
}
