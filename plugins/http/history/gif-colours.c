/* SPDX-License-Identifier: MIT */
/* Median cut by variance, and ordered dithering between two colours. */
#include "http/history/gif-colours.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define COLOUR 0xffffffu

/* What is seen is counted in cells of the colour cube, 32 along each edge. */
enum { EDGE = 32, CELLS = EDGE * EDGE * EDGE };

/* What was drawn is kept for cells of 64 along each edge. */
enum { NEAR_BITS = 6, NEAR = 1 << 3 * NEAR_BITS };

/* Open addressing, at most half full. */
enum { TABLE = 512 };

struct cell {
	uint64_t n, sum[3];
};

/* Cells from `from` to `to`, the latter excluded. */
struct cut {
	uint32_t from[3], to[3];
	uint64_t n, sum[3];
	double spread; /* what splitting it would gain, along its widest axis */
	int axis;
};

/* How a colour is drawn: how many of 64 pixels have the other one. */
struct mix {
	uint8_t one, other, share;
};

struct gif_colours {
	struct cell cells[CELLS];
	uint32_t table[TABLE]; /* colours as they are, of what was seen, then chosen */
	uint8_t index[TABLE];
	unsigned n_exact; /* in the table; above the maximum: too many */
	unsigned n;
	uint32_t chosen[GIF_COLOURS_MAX];
	uint16_t near[NEAR]; /* index + 1 of the nearest colour; 0: not looked for yet */
};

struct gif_colours *
gif_colours_new(void)
{
	return calloc(1, sizeof(struct gif_colours));
}

void
gif_colours_free(struct gif_colours *colours)
{
	free(colours);
}

static uint32_t
channel(uint32_t colour, int axis)
{
	return colour >> (16 - 8 * axis) & 0xff;
}

/* ------------------------------------------------------------------ what is seen */

/* Where a colour is in the table, or would be. */
static unsigned
slot_of(const struct gif_colours *colours, uint32_t colour)
{
	unsigned slot = ((colour & COLOUR) * 2654435761u) >> 23;

	while (colours->table[slot] && colours->table[slot] != (colour | ~COLOUR))
		slot = (slot + 1) % TABLE;
	return slot;
}

static void
see_exactly(struct gif_colours *colours, uint32_t colour)
{
	unsigned slot;

	if (colours->n_exact > GIF_COLOURS_MAX)
		return;
	slot = slot_of(colours, colour);
	if (colours->table[slot])
		return;
	if (++colours->n_exact <= GIF_COLOURS_MAX)
		colours->table[slot] = colour | ~COLOUR;
}

static void
see_run(struct gif_colours *colours, uint32_t colour, size_t n)
{
	struct cell *cell = &colours->cells[(channel(colour, 0) >> 3) * EDGE * EDGE +
					    (channel(colour, 1) >> 3) * EDGE +
					    (channel(colour, 2) >> 3)];

	see_exactly(colours, colour);
	cell->n += n;
	for (int axis = 0; axis < 3; axis++)
		cell->sum[axis] += channel(colour, axis) * n;
}

void
gif_colours_see(struct gif_colours *colours, const uint32_t *pixels, size_t n)
{
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && pixels[end] == pixels[i]; end++)
			;
		see_run(colours, pixels[i], end - i);
	}
}

/* ------------------------------------------------------------------ the palette */

static const struct cell *
cell_at(const struct gif_colours *colours, const uint32_t at[3])
{
	return &colours->cells[(at[0] * EDGE + at[1]) * EDGE + at[2]];
}

/* Shrinks a box to what is in it. */
static void
cut_shrink(struct cut *cut, const uint32_t least[3], const uint32_t most[3])
{
	for (int axis = 0; cut->n && axis < 3; axis++) {
		cut->from[axis] = least[axis];
		cut->to[axis] = most[axis] + 1;
	}
}

static void
cut_add(struct cut *cut, const struct cell *cell, double squares[3])
{
	cut->n += cell->n;
	for (int axis = 0; axis < 3; axis++) {
		double mean = (double)cell->sum[axis] / cell->n;

		cut->sum[axis] += cell->sum[axis];
		squares[axis] += mean * mean * cell->n;
	}
}

/* Finds the axis along which the colours of a box differ most. */
static void
cut_measure(struct cut *cut, const double squares[3])
{
	cut->spread = 0;
	for (int axis = 0; cut->n && axis < 3; axis++) {
		double sum = cut->sum[axis], spread = squares[axis] - sum * sum / cut->n;

		if (spread > cut->spread && cut->to[axis] - cut->from[axis] > 1) {
			cut->spread = spread;
			cut->axis = axis;
		}
	}
}

static void
cut_count(const struct gif_colours *colours, struct cut *cut)
{
	uint32_t at[3], least[3] = { EDGE, EDGE, EDGE }, most[3] = { 0 };
	double squares[3] = { 0 };

	cut->n = cut->sum[0] = cut->sum[1] = cut->sum[2] = 0;
	for (at[0] = cut->from[0]; at[0] < cut->to[0]; at[0]++)
		for (at[1] = cut->from[1]; at[1] < cut->to[1]; at[1]++)
			for (at[2] = cut->from[2]; at[2] < cut->to[2]; at[2]++) {
				const struct cell *cell = cell_at(colours, at);

				if (cell->n == 0)
					continue;
				cut_add(cut, cell, squares);
				for (int i = 0; i < 3; i++) {
					least[i] = at[i] < least[i] ? at[i] : least[i];
					most[i] = at[i] > most[i] ? at[i] : most[i];
				}
			}
	cut_shrink(cut, least, most);
	cut_measure(cut, squares);
}

/* At the mean of its colours, but with something on both sides. */
static void
cut_split(const struct gif_colours *colours, struct cut *cut, struct cut *right)
{
	int axis = cut->axis;
	uint32_t at = cut->sum[axis] / cut->n / 8 + 1;

	if (at <= cut->from[axis])
		at = cut->from[axis] + 1;
	if (at >= cut->to[axis])
		at = cut->to[axis] - 1;
	*right = *cut;
	right->from[axis] = cut->to[axis] = at;
	cut_count(colours, cut);
	cut_count(colours, right);
}

static unsigned
cut_all(const struct gif_colours *colours, struct cut cuts[GIF_COLOURS_MAX])
{
	unsigned n = 1;

	cuts[0] = (struct cut){ .to = { EDGE, EDGE, EDGE } };
	cut_count(colours, &cuts[0]);
	while (n < GIF_COLOURS_MAX) {
		struct cut *widest = &cuts[0];

		for (unsigned i = 1; i < n; i++)
			if (cuts[i].spread > widest->spread)
				widest = &cuts[i];
		if (widest->spread <= 0)
			break;
		cut_split(colours, widest, &cuts[n++]);
	}
	return n;
}

static void
choose_colour(struct gif_colours *colours, uint32_t colour)
{
	unsigned slot = slot_of(colours, colour);

	colours->table[slot] = colour | ~COLOUR;
	colours->index[slot] = colours->n;
	colours->chosen[colours->n++] = colour | ~COLOUR;
}

static void
choose_means(struct gif_colours *colours)
{
	struct cut cuts[GIF_COLOURS_MAX];
	unsigned n = cut_all(colours, cuts);

	memset(colours->table, 0, sizeof(colours->table));
	for (unsigned i = 0; i < n; i++) {
		uint64_t count = cuts[i].n;

		if (count > 0)
			choose_colour(colours, (cuts[i].sum[0] / count) << 16 |
						       (cuts[i].sum[1] / count) << 8 |
						       (cuts[i].sum[2] / count));
	}
}

static void
choose_exactly(struct gif_colours *colours)
{
	for (unsigned slot = 0; slot < TABLE; slot++)
		if (colours->table[slot])
			choose_colour(colours, colours->table[slot]);
}

unsigned
gif_colours_choose(struct gif_colours *colours, uint32_t chosen[GIF_COLOURS_MAX])
{
	if (colours->n_exact == 0)
		see_exactly(colours, 0);
	if (colours->n_exact <= GIF_COLOURS_MAX)
		choose_exactly(colours);
	else
		choose_means(colours);
	memcpy(chosen, colours->chosen, colours->n * sizeof(*chosen));
	return colours->n;
}

/* ------------------------------------------------------------------ drawing */

/* As eyes see it, more or less. */
static int
distance(uint32_t a, uint32_t b)
{
	static const int weight[3] = { 3, 4, 2 };
	int sum = 0;

	for (int axis = 0; axis < 3; axis++) {
		int part = (int)channel(a, axis) - (int)channel(b, axis);

		sum += weight[axis] * part * part;
	}
	return sum;
}

static uint8_t
nearest(struct gif_colours *colours, uint32_t colour)
{
	uint16_t *near = &colours->near[(channel(colour, 0) >> 2) << 2 * NEAR_BITS |
					(channel(colour, 1) >> 2) << NEAR_BITS |
					channel(colour, 2) >> 2];
	uint32_t middle = (colour & 0xfcfcfc) | 0x020202;
	int least = INT32_MAX;

	if (*near)
		return *near - 1;
	for (unsigned i = 0; i < colours->n; i++) {
		int here = distance(middle, colours->chosen[i]);

		if (here < least) {
			least = here;
			*near = i + 1;
		}
	}
	return *near - 1;
}

/* As far from the colour as `one` is, on the other side. */
static uint32_t
opposite(uint32_t colour, uint32_t one)
{
	uint32_t other = 0;

	for (int axis = 0; axis < 3; axis++) {
		int value = 2 * (int)channel(colour, axis) - (int)channel(one, axis);

		value = value < 0 ? 0 : value > 255 ? 255 : value;
		other = other << 8 | (uint32_t)value;
	}
	return other;
}

/* How far the colour is on the way from one to the other, in 64ths; at most half. */
static uint8_t
share(uint32_t colour, uint32_t one, uint32_t other)
{
	int along = 0, length = 0;

	for (int axis = 0; axis < 3; axis++) {
		int way = (int)channel(other, axis) - (int)channel(one, axis);

		along += way * ((int)channel(colour, axis) - (int)channel(one, axis));
		length += way * way;
	}
	if (along <= 0 || length == 0)
		return 0;
	return along * 2 >= length ? 32 : along * 64 / length;
}

static struct mix
mix_of(struct gif_colours *colours, uint32_t colour)
{
	unsigned slot = slot_of(colours, colour);
	struct mix mix = { 0 };

	if (colours->table[slot]) {
		mix.one = mix.other = colours->index[slot];
		return mix;
	}
	mix.one = nearest(colours, colour);
	mix.other = nearest(colours, opposite(colour, colours->chosen[mix.one]));
	mix.share = share(colour, colours->chosen[mix.one], colours->chosen[mix.other]);
	return mix;
}

/* Bayer's matrix of 8 by 8: 0 to 63, each once. */
static uint8_t
threshold(uint32_t x, uint32_t y)
{
	uint8_t value = 0;

	for (int bit = 0; bit < 3; bit++)
		value = value << 2 | ((x ^ y) >> bit & 1) << 1 | (y >> bit & 1);
	return value;
}

void
gif_colours_draw(struct gif_colours *colours, uint32_t x, uint32_t y,
	const uint32_t *pixels, uint32_t n, uint8_t *indices)
{
	uint8_t thresholds[8];
	struct mix mix = { 0 };

	for (uint32_t i = 0; i < 8; i++)
		thresholds[i] = threshold(i, y);
	for (uint32_t i = 0; i < n; i++) {
		if (i == 0 || pixels[i] != pixels[i - 1])
			mix = mix_of(colours, pixels[i] & COLOUR);
		indices[i] = thresholds[(x + i) % 8] < mix.share ? mix.other : mix.one;
	}
}
