/* SPDX-License-Identifier: MIT */
/* The four places, clockwise from the top left, and the way to one. */
#include "hud/orbit.h"

#include <math.h>
#include <string.h>

#include "base/util.h"

/* Pixels: where units are smaller, there is no margin to move in. */
#define LEAST_UNIT 2.0

struct orbit
orbit_at(uint32_t turn, double unit)
{
	const uint32_t step = 4 * (uint32_t)MAX(lround(unit / 8), 1), place = turn % 4;

	if (unit < LEAST_UNIT)
		return (struct orbit){ 0 };
	return (struct orbit){ place == 1 || place == 2 ? step : 0,
		place >= 2 ? step : 0 };
}

void
orbit_shift(const struct font_bitmap *bitmap, struct orbit orbit)
{
	const uint32_t right = MIN(orbit.x, bitmap->width);

	if (orbit.x == 0 && orbit.y == 0)
		return;
	for (uint32_t y = bitmap->height; y-- > 0;) {
		uint32_t *row = bitmap->pixels + (size_t)y * bitmap->stride;
		const uint32_t *from =
			bitmap->pixels + (size_t)(y - MIN(y, orbit.y)) * bitmap->stride;
		const uint32_t first = from[0];

		memmove(row + right, from, (bitmap->width - right) * sizeof(*row));
		for (uint32_t x = 0; x < right; x++)
			row[x] = first;
	}
}
