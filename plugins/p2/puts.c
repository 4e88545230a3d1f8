/* SPDX-License-Identifier: MIT */
/* Paints blocks of Puts, each while the next is asked for. */
#include "p2/puts.h"

#include <string.h>

#include "common/ground.h"
#include "lib/of-four.h"

typedef uint16_t halves_of_four __attribute__((vector_size(16)));

#define PUTS 4

/* The product of numbers below 65536, if it is below 65536, too: sixteen bits are
 * multiplied at once. */
static inline of_four
puts_times(of_four puts, of_four other)
{
	return (of_four)((halves_of_four)puts * (halves_of_four)other);
}

/* Finds where a block goes.  False: murald has to look at its pixels, or some lie
 * outside. */
static bool
spots_find(struct p2_spots *spots, const struct p2_block *block,
	const struct mural_brush *brush, uint32_t left, uint32_t top)
{
	const of_four zeros = { 0 };
	const of_four last_x = zeros + brush->near_width - 1;
	const of_four last_y = zeros + brush->near_height - 1;
	const of_four stride = zeros + brush->stride, tiles_x = zeros + brush->tiles_x;
	const of_four corner_x = zeros + brush->left, corner_y = zeros + brush->top;
	of_four outside = zeros;

	for (unsigned i = 0; i < P2_BLOCK; i += PUTS) {
		const of_four x = four_load(block->x + i) + left;
		const of_four y = four_load(block->y + i) + top;
		const of_four places = y * stride + x;
		const of_four tiles =
			puts_times((y + corner_y) >> MURAL_TILE_SHIFT, tiles_x) +
			((x + corner_x) >> MURAL_TILE_SHIFT);

		/* the highest bit; what murald looks at itself has no near side */
		outside |= x | y | (last_x - x) | (last_y - y);
		memcpy(spots->places + i, &places, sizeof(places));
		memcpy(spots->tiles + i, &tiles, sizeof(tiles));
	}
	memcpy(spots->colours, block->argb, sizeof(spots->colours));
	return (outside[0] | outside[1] | outside[2] | outside[3]) >> 31 == 0;
}

static inline void
spot_fetch(const struct p2_spots *spots, unsigned i, struct ground ground)
{
	mural_fetch(&ground.pixels[spots->places[i]]);
}

static inline void
spot_paint(const struct p2_spots *spots, unsigned i, struct ground ground)
{
	mural_store(&ground.pixels[spots->places[i]], spots->colours[i]);
	ground.damage[spots->tiles[i]] = 1;
}

/* Asks for a block's lines, and paints the one before, by turns: a processor has only a
 * few lines on their way at a time. */
static void
puts_exchange(struct p2_puts *puts, const struct p2_spots *spots)
{
	const struct ground ground = ground_of(puts->brush);
	const struct p2_spots *waiting = puts->waiting;

	for (unsigned i = 0; waiting && i < P2_BLOCK; i++) {
		spot_paint(waiting, i, ground);
		spot_fetch(spots, i, ground);
	}
	for (unsigned i = 0; !waiting && i < P2_BLOCK; i++)
		spot_fetch(spots, i, ground);
	puts->brush->painted += P2_BLOCK;
	puts->waiting = spots;
	puts->next ^= 1;
}

/* As the brush does it. */
static void
paint_each(const struct p2_puts *puts, const struct p2_block *block, unsigned n)
{
	struct mural_batch batch;
	uint32_t held = 0;

	for (unsigned i = 0; i < n; i++)
		held = mural_batch_put(puts->brush, &batch, held,
			puts->left + (uint32_t)block->x[i],
			puts->top + (uint32_t)block->y[i], block->argb[i]);
	mural_batch_flush(puts->brush, &batch, held);
}

void
p2_puts_begin(struct p2_puts *puts, struct mural_brush *brush, int32_t left, int32_t top)
{
	puts->brush = brush;
	puts->left = (uint32_t)left;
	puts->top = (uint32_t)top;
	puts->waiting = NULL;
	puts->next = 0;
}

void
p2_puts_add(struct p2_puts *puts, const struct p2_block *block, unsigned n)
{
	struct p2_spots *spots = &puts->spots[puts->next];

	if (n < P2_BLOCK ||
		!spots_find(spots, block, puts->brush, puts->left, puts->top)) {
		p2_puts_finish(puts);
		paint_each(puts, block, n);
		return;
	}
	puts_exchange(puts, spots);
}

void
p2_puts_finish(struct p2_puts *puts)
{
	const struct ground ground = ground_of(puts->brush);
	const struct p2_spots *waiting = puts->waiting;

	for (unsigned i = 0; waiting && i < P2_BLOCK; i++)
		spot_paint(waiting, i, ground);
	puts->waiting = NULL;
}
