/* SPDX-License-Identifier: MIT */
/* Stores batches on the canvas: all of it, what the rules leave, or nothing. */
#include "canvas/canvas-private.h"

void
store_plain(struct mural_brush *brush, const struct mural_batch *batch, uint32_t n)
{
	uint32_t *const pixels = brush->pixels;
	uint8_t *const damage = brush->damage;

	for (uint32_t i = 0; i < n; i++) {
		__atomic_store_n(
			&pixels[batch->places[i]], batch->colours[i], __ATOMIC_RELAXED);
		damage[batch->tiles[i]] = 1;
	}
	brush->painted += n;
}

void
store_pairs(struct mural_brush *brush, const struct mural_batch *batch, uint32_t n)
{
	const uint64_t owner = ((struct painter *)brush->canvas)->owner;
	uint32_t *const pixels = brush->pixels;
	uint8_t *const damage = brush->damage;

	for (uint32_t i = 0; i < n; i++) {
		__atomic_store_n((pixel_word *)&pixels[batch->places[i]],
			owner | colour_word(batch->colours[i]), __ATOMIC_RELAXED);
		damage[batch->tiles[i]] = 1;
	}
	brush->painted += n;
}

void
store_frozen(struct mural_brush *brush, const struct mural_batch *batch, uint32_t n)
{
	(void)batch;
	brush->discarded[MURAL_FROZEN] += n;
}

void
store_banned(struct mural_brush *brush, const struct mural_batch *batch, uint32_t n)
{
	(void)batch;
	brush->discarded[MURAL_BANNED] += n;
}

void
store_refused(struct mural_brush *brush, const struct mural_batch *batch, uint32_t n)
{
	(void)batch;
	brush->discarded[MURAL_UNAUTHORIZED] += n;
}

/* MURAL_REASONS: none. */
static enum mural_reason
closed_reason(const struct mural_brush *brush, uint32_t place)
{
	const struct painter *painter = brush->canvas;
	const size_t pixel = painter->first + place / brush->step;

	if (rules_has(painter->rules, RULES_PROTECTED, pixel))
		return MURAL_PROTECTED;
	return rules_has(painter->rules, RULES_FROZEN, pixel) ? MURAL_FROZEN
							      : MURAL_REASONS;
}

/* Most batches touch nothing closed, so their tiles are looked at first, all at once. */
void
store_guarded(struct mural_brush *brush, const struct mural_batch *batch, uint32_t n)
{
	const struct painter *painter = brush->canvas;
	const uint8_t *const closed = painter->rules->closed;
	struct mural_batch left;
	uint32_t n_left = 0;
	uint8_t any = 0;

	for (uint32_t i = 0; i < n; i++)
		any |= closed[batch->tiles[i]];
	if (!any) {
		painter->open(brush, batch, n);
		return;
	}
	for (uint32_t i = 0; i < n; i++) {
		const uint32_t place = batch->places[i];
		enum mural_reason reason = MURAL_REASONS;

		if (closed[batch->tiles[i]])
			reason = closed_reason(brush, place);
		if (reason != MURAL_REASONS) {
			brush->discarded[reason]++;
			continue;
		}
		left.places[n_left] = place;
		left.colours[n_left] = batch->colours[i];
		left.tiles[n_left++] = batch->tiles[i];
	}
	painter->open(brush, &left, n_left);
}

bool
store_allows(struct mural_brush *brush, uint32_t place, uint32_t tile)
{
	const struct painter *painter = brush->canvas;
	enum mural_reason reason;

	if (brush->store == painter->open)
		return true;
	if (brush->store != store_guarded) {
		brush->store(brush, NULL, 1);
		return false;
	}
	if (!painter->rules->closed[tile])
		return true;
	reason = closed_reason(brush, place);
	if (reason == MURAL_REASONS)
		return true;
	brush->discarded[reason]++;
	return false;
}
