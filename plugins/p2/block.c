/* SPDX-License-Identifier: MIT */
/* Decodes Puts many at once, four in a vector and without branches. */
#include "p2/block.h"

#include <string.h>

#include "p2/wire.h"

/* A vector is two Puts as they come, each four numbers of two bytes, or a number of each
 * of four Puts.  Every processor of murald's has vectors of this size. */
typedef uint8_t bytes_of_puts __attribute__((vector_size(16)));
typedef int16_t numbers_of_puts __attribute__((vector_size(16)));
typedef uint16_t words_of_puts __attribute__((vector_size(16)));
typedef int32_t of_puts __attribute__((vector_size(16)));

#define PUTS 4 /* at once */

/* Bits that make messages other ones; each is looked at where it says so. */
struct faults {
	bytes_of_puts head;    /* of the first two bytes */
	bytes_of_puts starts;  /* another ff than the first, or none there */
	numbers_of_puts zeros; /* of the colour: none */
};

static inline void
puts_check(struct faults *faults, bytes_of_puts puts)
{
	static const bytes_of_puts head = { 0xff, 0xd0, 0, 0, 0, 0, 0, 0, 0xff, 0xd0 };
	static const bytes_of_puts start = { 0xff, 0, 0, 0, 0, 0, 0, 0, 0xff };

	faults->head |= puts ^ head;
	faults->starts |= (bytes_of_puts)(puts == 0xff) ^ start;
	faults->zeros |= (numbers_of_puts)puts == 0;
}

static inline bool
are_puts(const struct faults *faults)
{
	static const bytes_of_puts head = { 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
	static const numbers_of_puts colour = { 0, 0, 0, -1, 0, 0, 0, -1 };
	const bytes_of_puts all = (faults->head & head) | faults->starts |
				  (bytes_of_puts)(faults->zeros & colour);
	uint64_t any[2];

	memcpy(any, &all, sizeof(any));
	return (any[0] | any[1]) == 0;
}

/* As p2_coordinate_decode(). */
static inline numbers_of_puts
numbers_decode(numbers_of_puts wire)
{
	/* each byte above, with anything below it */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	const numbers_of_puts first = wire << 8, second = wire;
#else
	const numbers_of_puts first = wire, second = wire << 8;
#endif
	const numbers_of_puts minus = first >> 15, below = second >> 15;
	const numbers_of_puts high = (first >> 8 & 0x7f) - minus;
	const numbers_of_puts low = (second >> 8 & 0x7f) ^ below;

	return ((high * 255 + low) ^ minus) - minus;
}

/* As p2_colour_decode() and p2_argb_from_rgb15(). */
static inline of_puts
colours_decode(of_puts n)
{
	const of_puts minus = n < 0;
	const of_puts rgb15 = (n ^ minus) - minus - 1 + (minus & 16384);
	const of_puts high =
		(rgb15 & 0x7c00) << 9 | (rgb15 & 0x3e0) << 6 | (rgb15 & 0x1f) << 3;

	return high | (high >> 5 & 0x070707) | (int32_t)0xff000000;
}

/* The number that comes first, or second, of the two in each word. */
static inline of_puts
first_of(of_puts words)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	words <<= 16;
#endif
	return words >> 16;
}

static inline of_puts
second_of(of_puts words)
{
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
	words <<= 16;
#endif
	return words >> 16;
}

bool
p2_block_decode(struct p2_block *block, const uint8_t *data)
{
	struct faults faults = { .head = { 0 } };

	for (unsigned i = 0; i < P2_BLOCK; i += PUTS, data += sizeof(bytes_of_puts) * 2) {
		bytes_of_puts one, two;
		of_puts x, y, argb;

		memcpy(&one, data, sizeof(one));
		memcpy(&two, data + sizeof(one), sizeof(two));
		puts_check(&faults, one);
		puts_check(&faults, two);
		const of_puts left = (of_puts)numbers_decode((numbers_of_puts)one);
		const of_puts right = (of_puts)numbers_decode((numbers_of_puts)two);
		const of_puts begins = __builtin_shufflevector(left, right, 0, 2, 4, 6);
		const of_puts ends = __builtin_shufflevector(left, right, 1, 3, 5, 7);

		x = second_of(begins);
		y = first_of(ends);
		argb = colours_decode(second_of(ends));
		memcpy(block->x + i, &x, sizeof(x));
		memcpy(block->y + i, &y, sizeof(y));
		memcpy(block->argb + i, &argb, sizeof(argb));
	}
	return are_puts(&faults);
}
