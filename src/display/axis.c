/* SPDX-License-Identifier: MIT */
/* Computes the tables of an axis. */
#include "display/axis.h"

#include <errno.h>
#include <stdlib.h>

#include <mural/brush.h>

#include "base/util.h"

static int
allocate_tables(struct scale_axis *axis, uint32_t tiles)
{
	const uint32_t length = MAX(axis->length, 1);
	const bool reduced = axis_is_reduced(axis);

	axis->first = calloc(length, sizeof(*axis->first));
	axis->last = calloc(length, sizeof(*axis->last));
	axis->begins = calloc(tiles, sizeof(*axis->begins));
	axis->ends = calloc(tiles, sizeof(*axis->ends));
	if (reduced) {
		axis->head = calloc(length, sizeof(*axis->head));
		axis->tail = calloc(length, sizeof(*axis->tail));
	}
	return axis->first && axis->last && axis->begins && axis->ends &&
			       (!reduced || (axis->head && axis->tail))
		       ? 0
		       : -ENOMEM;
}

/* Pixel `at` of the picture, entry `i` of the tables.  It covers at * canvas / picture
 * to (at + 1) * canvas / picture; all is counted in parts of 1 / picture. */
static void
map_pixel(struct scale_axis *axis, uint32_t i, uint64_t at)
{
	const uint64_t canvas = axis->canvas, picture = axis->picture;
	const uint64_t from = at * canvas, to = from + canvas;
	uint64_t first = from / picture, last = (to - 1) / picture;

	if (axis_is_reduced(axis)) {
		axis->head[i] = (float)((double)((first + 1) * picture - from) / canvas);
		axis->tail[i] = (float)((double)(to - last * picture) / canvas);
	} else {
		first = last = (2 * at + 1) * canvas / (2 * picture);
	}
	axis->first[i] = (uint16_t)(axis->offset + first);
	axis->last[i] = (uint16_t)(axis->offset + last);
}

static void
map_tiles(struct scale_axis *axis, uint32_t tiles)
{
	uint32_t begin = 0, end = 0;

	for (uint32_t tile = 0; tile < tiles; tile++) {
		while (begin < axis->length && axis->last[begin] < tile * MURAL_TILE)
			begin++;
		while (end < axis->length && axis->first[end] < (tile + 1) * MURAL_TILE)
			end++;
		axis->begins[tile] = (uint16_t)begin;
		axis->ends[tile] = (uint16_t)end;
	}
}

static void
reverse_values(uint16_t *values, uint32_t len)
{
	for (uint32_t i = 0; i < len / 2; i++) {
		const uint16_t other = values[i];

		values[i] = values[len - 1 - i];
		values[len - 1 - i] = other;
	}
}

static void
reverse_weights(float *weights, uint32_t len)
{
	for (uint32_t i = 0; weights && i < len / 2; i++) {
		const float other = weights[i];

		weights[i] = weights[len - 1 - i];
		weights[len - 1 - i] = other;
	}
}

int
axis_init(struct scale_axis *axis, const struct axis_place *place)
{
	const uint32_t area = place->to - place->from;
	const uint32_t cut = axis->picture > area ? (axis->picture - area) / 2 : 0;

	axis->length = axis->canvas == 0 ? 0 : MIN(axis->picture, area);
	axis->start = place->from + (area - axis->length) / 2;
	axis->middle = (float)axis->picture / (float)MAX(axis->canvas, 1);
	if (allocate_tables(axis, place->tiles) < 0)
		return -ENOMEM;
	for (uint32_t i = 0; i < axis->length; i++)
		map_pixel(axis, i, i + cut);
	map_tiles(axis, place->tiles);
	if (axis->reversed) {
		axis->start = place->side - axis->start - axis->length;
		reverse_values(axis->first, axis->length);
		reverse_values(axis->last, axis->length);
		reverse_weights(axis->head, axis->length);
		reverse_weights(axis->tail, axis->length);
	}
	return 0;
}

void
axis_finish(struct scale_axis *axis)
{
	free(axis->first);
	free(axis->last);
	free(axis->head);
	free(axis->tail);
	free(axis->begins);
	free(axis->ends);
	*axis = (struct scale_axis){ 0 };
}

void
axis_span(const struct scale_axis *axis, uint32_t first, uint32_t last, uint32_t *from,
	uint32_t *to)
{
	const uint32_t begin = axis->begins[first], end = axis->ends[last];

	*from = axis->start + (axis->reversed ? axis->length - end : begin);
	*to = axis->start + (axis->reversed ? axis->length - begin : end);
}

void
axis_cover(const struct scale_axis *axis, uint32_t from, uint32_t to, uint32_t *first,
	uint32_t *last)
{
	const uint32_t low = axis->reversed ? to - 1 : from;
	const uint32_t high = axis->reversed ? from : to - 1;

	*first = axis->first[low - axis->start];
	*last = axis->last[high - axis->start];
}
