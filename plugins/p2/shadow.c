/* SPDX-License-Identifier: MIT */
/* Compares the canvas with what clients were shown, and packs changes into Updates. */
#include "p2/shadow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FULL_ROW ((1u << BLOCK_WIDTH) - 1)

/* The bytes of an Update with one pixel, saved by each one that joins a block. */
#define PIXEL_BYTES (BLOCK_HEAD + 2)

int
shadow_init(struct shadow *shadow, uint32_t left, uint32_t top, uint32_t width,
	uint32_t height, int32_t left_x, int32_t top_y, const struct mural_view *view)
{
	size_t tiles = (size_t)view->tiles_x * view->tiles_y;

	shadow->left = left;
	shadow->top = top;
	shadow->width = width;
	shadow->height = height;
	shadow->left_x = left_x;
	shadow->top_y = top_y;
	shadow->row_words = (width + 63) / 64;
	shadow->shown = calloc((size_t)width * height, sizeof(*shadow->shown));
	shadow->changed = calloc(shadow->row_words * height, sizeof(*shadow->changed));
	shadow->boxes = calloc(tiles, sizeof(*shadow->boxes));
	shadow->tiles = calloc(view->words, sizeof(*shadow->tiles));
	if (!shadow->shown || !shadow->changed || !shadow->boxes || !shadow->tiles)
		return -ENOMEM;
	for (uint32_t rgb15 = 0; rgb15 < P2_COLOURS; rgb15++) {
		uint8_t bytes[2];

		p2_colour_encode(rgb15, bytes);
		memcpy(&shadow->wire[rgb15], bytes, sizeof(bytes));
	}
	return 0;
}

void
shadow_finish(struct shadow *shadow)
{
	free(shadow->shown);
	free(shadow->changed);
	free(shadow->boxes);
	free(shadow->tiles);
	shadow->shown = NULL;
	shadow->changed = NULL;
	shadow->boxes = NULL;
	shadow->tiles = NULL;
}

/* ------------------------------------------------------------------- damage */

/* Cuts an extent to the region's along one axis, and counts from there; false: nothing is
 * left. */
static bool
clip_axis(uint32_t *first, uint32_t *count, uint32_t edge, uint32_t side)
{
	uint32_t end = *first + *count < edge + side ? *first + *count : edge + side;
	uint32_t start = *first > edge ? *first : edge;

	*first = start - edge;
	*count = end - start;
	return start < end;
}

static void
compare_tile(
	struct shadow *shadow, struct mural_reader *reader, const struct mural_rect *tile)
{
	uint32_t pixels[MURAL_TILE * MURAL_TILE];
	uint32_t left = UINT32_MAX, right = 0, top = UINT32_MAX, bottom = 0;

	mural_reader_copy(reader, tile->x + shadow->left, tile->y + shadow->top,
		tile->width, tile->height, pixels, MURAL_TILE);
	for (uint32_t row = 0; row < tile->height; row++) {
		uint32_t y = tile->y + row;
		uint16_t *shown = &shadow->shown[(size_t)y * shadow->width];
		uint64_t *changed = &shadow->changed[y * shadow->row_words];

		for (uint32_t x = tile->x; x < tile->x + tile->width; x++) {
			uint32_t argb = pixels[row * MURAL_TILE + x - tile->x];
			uint16_t wire = shadow->wire[p2_rgb15_from_argb(argb)];

			if (shown[x] == wire)
				continue;
			shown[x] = wire;
			changed[x / 64] |= UINT64_C(1) << x % 64;
			left = x < left ? x : left;
			right = x > right ? x : right;
			top = y < top ? y : top;
			bottom = y;
		}
	}
	if (left <= right)
		shadow->boxes[shadow->n_boxes++] = (struct mural_rect){ left, top,
			right - left + 1, bottom - top + 1 };
}

bool
shadow_refresh(struct shadow *shadow, struct mural_reader *reader)
{
	const struct mural_view *view = mural_reader_view(reader);

	if (!mural_reader_take(reader, shadow->tiles))
		return false;
	for (uint32_t tile = 0; mural_tiles_next(view, shadow->tiles, &tile); tile++) {
		struct mural_rect at = mural_tile_rect(view, tile);

		if (clip_axis(&at.x, &at.width, shadow->left, shadow->width) &&
			clip_axis(&at.y, &at.height, shadow->top, shadow->height))
			compare_tile(shadow, reader, &at);
	}
	return shadow->n_boxes > 0;
}

void
shadow_clear_changed(struct shadow *shadow)
{
	for (size_t i = 0; i < shadow->n_boxes; i++)
		for (uint32_t row = 0; row < shadow->boxes[i].height; row++) {
			const struct mural_rect *box = &shadow->boxes[i];
			size_t first = (box->y + row) * shadow->row_words;

			for (uint32_t word = box->x / 64;
				word <= (box->x + box->width - 1) / 64; word++)
				shadow->changed[first + word] = 0;
		}
	shadow->n_boxes = 0;
}

/* ------------------------------------------------------------------- packing */

size_t
shadow_encode_block(const struct shadow *shadow, uint32_t x, uint32_t y, uint32_t width,
	uint32_t height, uint8_t *bytes)
{
	uint8_t *p = bytes + BLOCK_HEAD;

	bytes[0] = 0xff;
	bytes[1] = (height - 1) << 4 | width;
	p2_coordinate_encode(shadow->left_x + (int32_t)x, bytes + 2);
	p2_coordinate_encode(shadow->top_y + (int32_t)y, bytes + 4);
	for (uint32_t row = y; row < y + height; row++) {
		memcpy(p, &shadow->shown[(size_t)row * shadow->width + x], 2 * width);
		p += 2 * width;
	}
	return p - bytes;
}

size_t
shadow_block_rect(
	const struct shadow *shadow, const uint8_t *bytes, struct mural_rect *rect)
{
	*rect = (struct mural_rect){
		.x = p2_coordinate_decode(bytes + 2) - shadow->left_x,
		.y = p2_coordinate_decode(bytes + 4) - shadow->top_y,
		.width = bytes[1] & 15,
		.height = (bytes[1] >> 4) + 1,
	};
	return BLOCK_HEAD + 2 * rect->width * rect->height;
}

/* The bits of BLOCK_WIDTH pixels of a row from x on. */
static uint32_t
row_bits(const struct shadow *shadow, uint32_t x, uint32_t y)
{
	const uint64_t *row = &shadow->changed[y * shadow->row_words];
	uint64_t bits = row[x / 64] >> x % 64;

	if (x % 64 > 64 - BLOCK_WIDTH && x / 64 + 1 < shadow->row_words)
		bits |= row[x / 64 + 1] << (64 - x % 64);
	return bits & FULL_ROW;
}

static void
clear_row_bits(struct shadow *shadow, uint32_t x, uint32_t y, uint32_t width)
{
	uint64_t *row = &shadow->changed[y * shadow->row_words];
	uint64_t bits = (UINT64_C(1) << width) - 1;

	row[x / 64] &= ~(bits << x % 64);
	if (x % 64 + width > 64)
		row[x / 64 + 1] &= ~(bits >> (64 - x % 64));
}

/* Chooses the block that saves most bytes against an Update for each changed pixel; among
 * equal ones the larger, which leaves less for later. */
static void
choose_block(const uint32_t *rows, uint32_t height, uint32_t *best_width,
	uint32_t *best_height)
{
	int most = PIXEL_BYTES - BLOCK_HEAD - 2, columns[BLOCK_WIDTH] = { 0 };

	*best_width = 1;
	*best_height = 1;
	for (uint32_t h = 1; h <= height; h++) {
		int pixels = 0;

		for (uint32_t w = 1; w <= BLOCK_WIDTH; w++) {
			int saved;

			columns[w - 1] += rows[h - 1] >> (w - 1) & 1;
			pixels += columns[w - 1];
			saved = PIXEL_BYTES * pixels - BLOCK_HEAD - 2 * (int)(w * h);
			/* an edge without a changed pixel never wins */
			if (saved > most || (saved == most && pixels > 1 &&
						    w * h > *best_width * *best_height)) {
				most = saved;
				*best_width = w;
				*best_height = h;
			}
		}
	}
}

/* Packs a block for the changed pixel at x,y, the first one of those left. */
static size_t
pack_block(struct shadow *shadow, uint32_t x, uint32_t y, uint8_t *bytes)
{
	uint32_t rows[BLOCK_HEIGHT], all = FULL_ROW, any = 0, width, height;
	uint32_t limit =
		shadow->height - y < BLOCK_HEIGHT ? shadow->height - y : BLOCK_HEIGHT;

	for (uint32_t i = 0; i < limit; i++) {
		rows[i] = row_bits(shadow, x, y + i);
		all &= rows[i];
		any |= i > 0 ? rows[i] : rows[i] & ~1u;
	}
	if (all == FULL_ROW) {
		width = BLOCK_WIDTH;
		height = limit;
	} else if (any == 0) {
		width = height = 1;
	} else {
		choose_block(rows, limit, &width, &height);
	}
	for (uint32_t i = 0; i < height; i++)
		clear_row_bits(shadow, x, y + i, width);
	return shadow_encode_block(shadow, x, y, width, height, bytes);
}

size_t
shadow_pack(struct shadow *shadow, uint32_t *row, uint8_t *bytes, size_t len)
{
	size_t used = 0;

	for (; *row < shadow->height; ++*row)
		for (size_t word = 0; word < shadow->row_words; word++) {
			uint64_t *bits =
				&shadow->changed[*row * shadow->row_words + word];

			while (*bits) {
				if (len - used < BLOCK_BYTES)
					return used;
				used += pack_block(shadow,
					word * 64 + __builtin_ctzll(*bits), *row,
					bytes + used);
			}
		}
	return used;
}
