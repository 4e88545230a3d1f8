/* SPDX-License-Identifier: MIT */
/* Decodes Puts many at once, in loops of a known length and without branches. */
#include "p2/block.h"

#include <endian.h>
#include <string.h>

#include "p2/wire.h"

/* ff d0, as a number whose lowest byte came first */
#define PUT_HEAD UINT64_C(0xd0ff)

/* What makes a message another one: its first bytes, an ff behind them, no colour.  The
 * bytes that may not be ff are the zeros of the inverse; subtracting from one borrows. */
static uint64_t
put_faults(uint64_t put)
{
	const uint64_t inverse = ~put | 0x0101;
	const uint64_t starts = (inverse - UINT64_C(0x0101010101010101)) & ~inverse &
				UINT64_C(0x8080808080808080);

	return starts | ((put & 0xffff) ^ PUT_HEAD) | ((put >> 48) - 1) >> 63;
}

/* As p2_coordinate_decode(); the byte that came first is the lower one here. */
static inline int16_t
number_decode(uint16_t wire)
{
	const int16_t first = (int16_t)(wire & 0xff), second = (int16_t)(wire >> 8);
	const int16_t minus = (int16_t) - (first >> 7), below = (int16_t) - (second >> 7);
	const int16_t high = (int16_t)((first - (minus & 128)) ^ minus);
	const int16_t low = (int16_t)((second - (below & 128)) ^ below ^ minus);

	return (int16_t)(high * 255 + low - minus);
}

/* As p2_colour_decode(). */
static inline uint16_t
number_rgb15(int16_t n)
{
	const int16_t minus = (int16_t)(n >> 15);

	return (uint16_t)(((n ^ minus) - minus - 1 + (minus & 16384)) & 0x7fff);
}

bool
p2_block_decode(struct p2_block *block, const uint8_t *data)
{
	union {
		uint64_t puts[P2_BLOCK];
		uint16_t numbers[4 * P2_BLOCK];
	} wire;
	uint16_t rgb15[4 * P2_BLOCK];
	uint64_t faults = 0;

	for (unsigned i = 0; i < P2_BLOCK; i++) {
		memcpy(&wire.puts[i], data + i * P2_PUT_BYTES, P2_PUT_BYTES);
		faults |= put_faults(le64toh(wire.puts[i]));
	}
	if (faults)
		return false;
	for (unsigned i = 0; i < 4 * P2_BLOCK; i++) {
		block->numbers[i] = number_decode(le16toh(wire.numbers[i]));
		rgb15[i] = number_rgb15(block->numbers[i]);
	}
	for (unsigned i = 0; i < P2_BLOCK; i++)
		block->argb[i] = p2_argb_from_rgb15(rgb15[4 * i + 3]);
	return true;
}
