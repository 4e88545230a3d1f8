/* SPDX-License-Identifier: MIT */
/*
 * The shadow: the plugin's region as p² clients were shown it, in the colours of the
 * wire, and which of its pixels changed since.
 *
 * The canvas tells which tiles were painted; the shadow finds the pixels of them that
 * look different in 15 bits, and packs those into Updates, once for everybody.
 *
 * Coordinates are pixels of the region; left_x and top_y are its corner in p²'s plane.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mural/reader.h>

#include "p2/wire.h"

/* The largest Update. */
#define BLOCK_WIDTH 15
#define BLOCK_HEIGHT 8
#define BLOCK_HEAD 6
#define BLOCK_BYTES (BLOCK_HEAD + 2 * BLOCK_WIDTH * BLOCK_HEIGHT)

struct shadow {
	uint32_t width, height;
	uint32_t left, top;    /* of the region, on the canvas */
	int32_t left_x, top_y; /* the region's corner in p²'s plane */
	uint16_t *shown;       /* wire colours as they lie in memory, row by row */
	uint64_t *changed;     /* a bit a pixel, rows of `row_words` */
	size_t row_words;
	struct mural_rect *boxes; /* around changed pixels, at most one a tile */
	size_t n_boxes;
	uint64_t *tiles;           /* scratch for taking damage */
	uint16_t wire[P2_COLOURS]; /* rgb15 to wire */
};

/* To be refreshed before it has any colours.  0 or -ENOMEM. */
int shadow_init(struct shadow *shadow, uint32_t left, uint32_t top, uint32_t width,
	uint32_t height, int32_t left_x, int32_t top_y, const struct mural_view *view);

/* Accepts a zeroed shadow. */
void shadow_finish(struct shadow *shadow);

/* Takes the reader's damage and sets `changed` and `boxes`.  False: nothing looks
 * different. */
bool shadow_refresh(struct shadow *shadow, struct mural_reader *reader);

void shadow_clear_changed(struct shadow *shadow);

/* Packs the changed pixels into few, large Updates, and clears their bits.  Unchanged
 * pixels between them are included where that is shorter.  Starts at row *row and stops
 * when the next Update may not fit; returns the bytes written, and in *row where to go
 * on, shadow->height when all is packed.  `len` is BLOCK_BYTES or more. */
size_t shadow_pack(struct shadow *shadow, uint32_t *row, uint8_t *bytes, size_t len);

/* Writes an Update of at most BLOCK_WIDTH x BLOCK_HEIGHT pixels, all of them inside.
 * Returns its length. */
size_t shadow_encode_block(const struct shadow *shadow, uint32_t x, uint32_t y,
	uint32_t width, uint32_t height, uint8_t *bytes);

/* The rectangle of an Update that the shadow wrote; returns its length. */
size_t shadow_block_rect(
	const struct shadow *shadow, const uint8_t *bytes, struct mural_rect *rect);
