/* SPDX-License-Identifier: MIT */
/*
 * Pixels as they stand in the log: changed pixels, tile by tile, compressed.
 *
 * A payload is a byte for the version and a zstd frame.  In the frame stands for each
 * tile its number (u16, little endian), how many pixels of it changed (u16), which they
 * are, and their red, then green, then blue bytes.  Which: nothing if it is all of them,
 * else their places (u16, ascending, 32 * y + x) if they are fewer than 64, else a mask
 * of 128 bytes. doc/protocols.md has it with the rest.
 *
 * Knows shapes and bytes, and neither the canvas nor the engine.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mural/reader.h>

#define PAYLOAD_VERSION 1

/* The most bytes of a frame, and the most of a tile in it. */
#define FRAME_MAX (512u * 1024)
#define TILE_PIXELS (MURAL_TILE * MURAL_TILE)
#define TILE_BYTES_MAX (4 + TILE_PIXELS / 8 + 3 * TILE_PIXELS)

/* Changed pixels of one tile. */
struct tile_pixels {
	uint32_t tile;
	uint32_t n;
	uint32_t rows[MURAL_TILE];     /* which: a bit for each, the lowest on the left */
	uint32_t colours[TILE_PIXELS]; /* of these, in that order; 0xffrrggbb */
};

/* Moves *place, 32 * y + x, on to the first pixel that is it or later; false: none.
 *
 *	for (uint32_t place = 0; tile_pixels_next(pixels, &place); place++) */
static inline bool
tile_pixels_next(const struct tile_pixels *pixels, uint32_t *place)
{
	uint32_t later = UINT32_MAX << *place % MURAL_TILE;

	for (uint32_t y = *place / MURAL_TILE; y < MURAL_TILE; y++, later = UINT32_MAX)
		if (pixels->rows[y] & later) {
			*place = y * MURAL_TILE +
				 (uint32_t)__builtin_ctz(pixels->rows[y] & later);
			return true;
		}
	return false;
}

/* A frame that is being read or written: `used` bytes of `bytes`.  It begins as zeros. */
struct frame {
	const struct mural_view *view;
	size_t used, len;
	void *packer, *unpacker; /* zstd's memory, kept from one to the next */
	bool is_noise;           /* the last one could hardly be compressed */
	uint8_t bytes[FRAME_MAX];
};

void frame_finish(struct frame *frame);

/* Appends a tile with at least one pixel; false: the frame is full. */
bool frame_add(struct frame *frame, const struct tile_pixels *pixels);

/* The payload of what was added, to be freed, its length in *len; NULL: out of memory. */
uint8_t *frame_pack(struct frame *frame, size_t *len);

/* Unpacks a payload, and looks at all of it: what frame_next() then returns is tiles and
 * places of the view.  0, -EPROTONOSUPPORT for another version, -EPROTO or -ENOMEM. */
int frame_unpack(struct frame *frame, const struct mural_view *view, const void *payload,
	size_t len);

/* Reads the next tile; false: there is none. */
bool frame_next(struct frame *frame, struct tile_pixels *pixels);
