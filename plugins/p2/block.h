/* SPDX-License-Identifier: MIT */
/*
 * Decodes Puts many at once, in vectors of the compiler's; the same as the parser
 * (parser.h), which takes what is no block.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define P2_PUT_BYTES 8

/* The Puts of a block. */
#define P2_BLOCK 64
#define P2_BLOCK_BYTES (P2_BLOCK * P2_PUT_BYTES)

struct p2_block {
	int32_t x[P2_BLOCK], y[P2_BLOCK];
	uint32_t argb[P2_BLOCK];
};

/* Decodes P2_BLOCK_BYTES bytes that begin with a message.  False: they are not whole and
 * valid Puts alone. */
bool p2_block_decode(struct p2_block *block, const uint8_t *data);
