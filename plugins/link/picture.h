/* SPDX-License-Identifier: MIT */
/*
 * The shared picture: what the log says up to an entry, and its hash.
 *
 * All walls that have read the log up to one entry have the same picture there, byte for
 * byte; nothing but what stands in the log changes it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "link/codec.h"

/* Who works on a tile prefetches its rows, which lie all over the memory, so many in
 * advance.  Not all of the tile: where rows are a few kilobytes apart, the first-level
 * cache has few places for them. */
#define ROWS_AHEAD 8

struct picture {
	struct mural_view view;
	uint32_t *pixels; /* 0xffrrggbb, row by row */
	uint64_t hash;    /* over all places and colours */
};

/* Black.  0 or -ENOMEM. */
int picture_init(struct picture *picture, uint32_t width, uint32_t height);
void picture_finish(struct picture *picture);

static inline size_t
picture_size(const struct picture *picture)
{
	return (size_t)picture->view.width * picture->view.height;
}

/* A pixel of it: `place` is where pixels[] has it. */
struct spot {
	uint32_t place, x, y;
};

static inline struct spot
picture_spot(const struct picture *picture, uint32_t place)
{
	return (struct spot){ place, place % picture->view.width,
		place / picture->view.width };
}

static inline uint32_t
picture_tile(const struct picture *picture, const struct spot *spot)
{
	return spot->y / MURAL_TILE * picture->view.tiles_x + spot->x / MURAL_TILE;
}

/* The first pixel of a tile, and from there any of its pixels: what a frame brings is
 * found without a division for each. */
static inline struct spot
picture_corner(const struct picture *picture, uint32_t tile)
{
	const uint32_t x = tile % picture->view.tiles_x * MURAL_TILE;
	const uint32_t y = tile / picture->view.tiles_x * MURAL_TILE;

	return (struct spot){ y * picture->view.width + x, x, y };
}

static inline struct spot
picture_within(const struct picture *picture, const struct spot *corner, uint32_t place)
{
	const uint32_t x = place % MURAL_TILE, y = place / MURAL_TILE;

	return (struct spot){ corner->place + y * picture->view.width + x, corner->x + x,
		corner->y + y };
}

/* What pixels of one tile did to the picture: a bit for each that is another now, and
 * what these were and are, by their places 32 * y + x. */
struct tile_change {
	uint32_t rows[MURAL_TILE];
	uint32_t old[TILE_PIXELS], now[TILE_PIXELS];
};

/* Takes over pixels, and into the hash. */
void picture_set(struct picture *picture, const struct tile_pixels *pixels,
	struct tile_change *change);

/* Counts the hash anew, after the pixels were written by themselves. */
void picture_rehash(struct picture *picture);

/* All of it, as a snapshot has it: red, green and blue bytes, compressed.  To be freed;
 * NULL: out of memory.  Any thread. */
uint8_t *picture_pack(const uint32_t *pixels, size_t n, size_t *len);

/* 0; -EPROTO: it is no such picture of this size, and nothing has changed; -ENOMEM. */
int picture_unpack(struct picture *picture, const void *packed, size_t len);
