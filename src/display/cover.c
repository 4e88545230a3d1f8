/* SPDX-License-Identifier: MIT */
/* Finds the tiles below a box, and blackens the letterbox in it. */
#include "display/cover.h"

#include <string.h>

#include "base/util.h"

static struct box
tile_box(const struct scale *scale, uint32_t tile)
{
	const uint32_t x = tile % scale->view.tiles_x, y = tile / scale->view.tiles_x;

	return scale_tiles(scale, x, y, x, y);
}

void
cover_add_tiles(const struct scale *scale, const struct box *box, uint64_t *tiles)
{
	const uint32_t n = scale->view.tiles_x * scale->view.tiles_y;

	for (uint32_t tile = 0; tile < n; tile++)
		if (!box_is_empty(box_common(*box, tile_box(scale, tile))))
			mural_tiles_add(tiles, tile);
}

void
cover_remove_tiles(const struct scale *scale, const struct box *box, uint64_t *tiles)
{
	for (uint32_t tile = 0; mural_tiles_next(&scale->view, tiles, &tile); tile++) {
		const struct box around = box_around(*box, tile_box(scale, tile));

		if (memcmp(&around, box, sizeof(around)) == 0)
			mural_tiles_remove(tiles, tile);
	}
}

static void
clear_box(const struct scale *scale, struct box box, uint8_t *pixels, size_t pitch)
{
	const size_t bytes = scale->screen.rgb565 ? sizeof(uint16_t) : sizeof(uint32_t);

	for (uint32_t y = box.top; y < box.bottom; y++)
		memset(pixels + y * pitch + box.left * bytes, 0,
			(box.right - box.left) * bytes);
}

void
cover_clear_beside(
	const struct scale *scale, const struct box *box, uint8_t *pixels, size_t pitch)
{
	const struct scale_axis *across = scale->transposed ? &scale->y : &scale->x;
	const struct scale_axis *down = scale->transposed ? &scale->x : &scale->y;
	const uint32_t left = across->start, right = left + across->length;
	const uint32_t top = down->start, bottom = top + down->length;
	const uint32_t width = scale->screen.width, height = scale->screen.height;
	const struct box beside[] = {
		{ 0, 0, width, top },
		{ 0, bottom, width, height },
		{ 0, top, left, bottom },
		{ right, top, width, bottom },
	};

	for (size_t i = 0; i < ARRAY_LEN(beside); i++)
		clear_box(scale, box_common(*box, beside[i]), pixels, pitch);
}
