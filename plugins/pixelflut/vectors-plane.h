/* SPDX-License-Identifier: MIT */
/*
 * The constants of a brush in vectors of pairs of sixteen bits, x and y.  The vectors-*.c
 * of x86 each include this once, after they have defined
 *
 *   TARGET       the attribute of functions that may use its instructions
 *   pairs        the type of such a vector
 *   pairs_of()   one of which all pairs are the same
 */

struct plane {
	uint32_t *pixels;
	pairs offset, limits, corner, places, tiles;
};

TARGET static inline struct plane
plane_of(const struct mural_brush *brush, uint32_t left, uint32_t top)
{
	return (struct plane){
		.pixels = brush->pixels,
		.offset = pairs_of(left < UINT16_MAX ? left : UINT16_MAX,
			top < UINT16_MAX ? top : UINT16_MAX),
		.limits = pairs_of(brush->width - 1, brush->height - 1),
		.corner = pairs_of(brush->left, brush->top),
		.places = pairs_of(brush->step, brush->stride),
		.tiles = pairs_of(1, brush->tiles_x),
	};
}
