/* SPDX-License-Identifier: MIT */
/*
 * Plain lines, many at once.
 *
 * 64 bytes are classified at a time: which are digits, which hexadecimal digits, which
 * end a line.  With a bit for each byte, the lines of a block are found without looking
 * at them, their numbers are measured by counting bits, and every byte is checked on the
 * way: one that is not what a plain line has there leaves its line to the line parser.
 * The lines of a block do not wait for each other, which is where the speed comes from.
 *
 * Without SSE2 or NEON, or on a big-endian machine, the line parser does everything.
 */
#include "pixelflut-run.h"

#if RUN_VECTORS

#include <string.h>

/* A block, and what loads that begin inside of it may reach behind it. */
#define REACH_BYTES (64 + 16)

/* Coordinates of up to four digits are plain. */
#define DIGITS_MAX 4

static inline uint32_t
load32(const uint8_t *p)
{
	uint32_t value;

	memcpy(&value, p, sizeof(value));
	return value;
}

static inline uint64_t
load64(const uint8_t *p)
{
	uint64_t value;

	memcpy(&value, p, sizeof(value));
	return value;
}

/* Two numbers of 1..4 digits at once: x in the lower half, y in the upper.  Shifting left
 * drops what follows the digits and puts zeros before them. */
static inline uint64_t
read_numbers(const uint8_t *x, unsigned x_len, const uint8_t *y, unsigned y_len)
{
	uint64_t low = (uint32_t)(load32(x) << (32 - 8 * x_len));
	uint64_t high = (uint32_t)(load32(y) << (32 - 8 * y_len));
	uint64_t digits = (low | high << 32) & 0x0f0f0f0f0f0f0f0f;

	digits = (digits * 10 + (digits >> 8)) & 0x00ff00ff00ff00ff;
	return (digits * 100 + (digits >> 16)) & 0x0000ffff0000ffff;
}

/* Eight hexadecimal digits, the first one highest. */
static inline uint32_t
read_hex(const uint8_t *p)
{
	uint64_t text = __builtin_bswap64(load64(p));
	uint64_t letters = text >> 6 & 0x0101010101010101;
	uint64_t n = (text & 0x0f0f0f0f0f0f0f0f) + 9 * letters;

	n = (n | n >> 4) & 0x00ff00ff00ff00ff;
	n = (n | n >> 8) & 0x0000ffff0000ffff;
	return n | n >> 16;
}

/* The answer repeats what the client wrote, `len` bytes of it without the line's end. */
static void
answer_line(
	struct painter *painter, const uint8_t *line, size_t len, uint32_t x, uint32_t y)
{
	uint32_t argb;

	if (!mural_get(painter->brush, x + painter->left, y + painter->top, &argb)) {
		mural_discard(painter->brush, MURAL_OUT_OF_BOUNDS, 1);
		return;
	}
	uint8_t *to = answers_room(&painter->answers);
	memcpy(to, line, 16); /* "PX 8191 8191" has twelve */
	to[len] = ' ';
	to = write_hex(to + len + 1, argb);
	*to++ = '\n';
	painter->answers.len = to - painter->answers.text;
}

/* Does the line at `p`, bit `at` of the block, that ends at bit `end`; false, and nothing
 * done, when it is not a plain one. */
static inline bool
run_line(struct painter *painter, const struct classes *classes, const uint8_t *p,
	unsigned at, unsigned end)
{
	if ((load32(p) & 0xffffff) != ('P' | 'X' << 8 | ' ' << 16))
		return false;
	/* the line's end is no digit and not before bit at + 3, so no shift below is by
	 * more than 63 and no count goes beyond it */
	uint64_t rest = ~classes->digits >> (at + 3);
	unsigned x_len = __builtin_ctzll(rest);
	const uint8_t *x = p + 3, *y = x + x_len + 1;

	if (x_len - 1 >= DIGITS_MAX || y[-1] != ' ')
		return false;
	rest = ~classes->digits >> (at + 4 + x_len);
	unsigned y_len = __builtin_ctzll(rest);
	if (y_len - 1 >= DIGITS_MAX)
		return false;

	unsigned len = 4 + x_len + y_len;
	uint64_t numbers = read_numbers(x, x_len, y, y_len);
	uint32_t number_x = numbers & 0xffff, number_y = numbers >> 32;
	if (at + len == end) {
		/* a number is answered without leading zeros, so it must come without */
		if ((x_len > 1 && *x == '0') || (y_len > 1 && *y == '0'))
			return false;
		answer_line(painter, p, len, number_x, number_y);
		return true;
	}
	if (p[len] != ' ')
		return false;

	unsigned colour = at + len + 1, colour_len = end - colour;
	uint64_t wanted = (UINT64_C(1) << (colour_len & 63)) - 1;
	if ((~(classes->hexes >> (colour & 63)) & wanted) != 0)
		return false;
	uint32_t argb = read_hex(p + len + 1);
	if (colour_len == 6)
		argb = 0xff000000 | argb >> 8;
	else if (colour_len == 8)
		argb = argb << 24 | argb >> 8;
	else
		return false;
	mural_put(
		painter->brush, number_x + painter->left, number_y + painter->top, argb);
	return true;
}

const uint8_t *
run_lines(struct painter *painter, const uint8_t *p, const uint8_t *end)
{
	while (end - p >= REACH_BYTES && p[0] == 'P' && p[1] == 'X') {
		const uint8_t *block = p;
		struct classes classes = classify(block);
		uint64_t ends = classes.ends;

		if (ends == 0)
			return p;
		do {
			unsigned line_end = __builtin_ctzll(ends);
			if (!run_line(painter, &classes, p, p - block, line_end))
				return p;
			p = block + line_end + 1;
			ends &= ends - 1;
		} while (ends != 0);
		if (painter->answers.full)
			return p;
	}
	return p;
}

#else

const uint8_t *
run_lines(struct painter *painter, const uint8_t *p, const uint8_t *end)
{
	(void)painter;
	(void)end;
	return p;
}

#endif
