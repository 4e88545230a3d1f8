/* SPDX-License-Identifier: MIT */
/*
 * Decodes Puts many at once, with the numbers of all in one array, so that the compiler
 * makes vectors of them; the same as the parser (parser.h), which takes what is no block.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define P2_PUT_BYTES 8

/* The Puts of a block. */
#define P2_BLOCK 64
#define P2_BLOCK_BYTES (P2_BLOCK * P2_PUT_BYTES)

struct p2_block {
	int16_t numbers[4 * P2_BLOCK]; /* of each Put: of no meaning, x, y, the colour */
	uint32_t argb[P2_BLOCK];
};

/* Decodes P2_BLOCK_BYTES bytes that begin with a message.  False: they are not whole and
 * valid Puts alone. */
bool p2_block_decode(struct p2_block *block, const uint8_t *data);

static inline int32_t
p2_block_x(const struct p2_block *block, unsigned i)
{
	return block->numbers[4 * i + 1];
}

static inline int32_t
p2_block_y(const struct p2_block *block, unsigned i)
{
	return block->numbers[4 * i + 2];
}
