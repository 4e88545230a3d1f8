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
	uint64_t low = load32(x) << (-8 * x_len & 31);
	uint64_t high = load32(y) << (-8 * y_len & 31);
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

/* Six hexadecimal digits, and two bytes of nothing behind them. */
static inline void
write_hex_at_once(uint8_t *to, uint32_t rgb)
{
	uint64_t n = (uint64_t)rgb << 8 & 0xffffff00;

	n = (n | n << 16) & 0x0000ffff0000ffff;
	n = (n | n << 8) & 0x00ff00ff00ff00ff;
	n = (n | n << 4) & 0x0f0f0f0f0f0f0f0f;
	/* six more than a digit can be carries into the upper half of its byte */
	uint64_t letters = (n + 0x0606060606060606) >> 4 & 0x0101010101010101;
	n = __builtin_bswap64(n + 0x3030303030303030 + letters * ('a' - '9' - 1));
	memcpy(to, &n, sizeof(n));
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
	write_hex_at_once(to + len + 1, argb);
	to[len + 7] = '\n';
	painter->answers.len += len + 8;
}

/* Does the line at `p` that ends `line_end` bytes further; false, and nothing done, when
 * it is not a plain one.  A bit of `others` is no digit, one of `strange` no hexadecimal
 * digit, the lowest being p's. */
static inline bool
run_line(struct painter *painter, const uint8_t *p, uint64_t others, uint64_t strange,
	unsigned line_end)
{
	if ((load32(p) & 0xffffff) != ('P' | 'X' << 8 | ' ' << 16))
		return false;
	/* the line's end is a bit of both, and comes after "PX ", so there is one to find
	 * until it was passed, which the blanks rule out */
	others >>= 3;
	unsigned x_len = __builtin_ctzll(others);
	const uint8_t *x = p + 3, *y = x + x_len + 1;
	if (y[-1] != ' ')
		return false;
	others = others >> x_len >> 1;
	unsigned y_len = __builtin_ctzll(others);
	if (((x_len - 1) | (y_len - 1)) >= DIGITS_MAX)
		return false;

	unsigned len = 4 + x_len + y_len;
	uint64_t numbers = read_numbers(x, x_len, y, y_len);
	uint32_t number_x = numbers & 0xffff, number_y = numbers >> 32;
	if (p[len] != ' ') {
		/* a number is answered without leading zeros, so it must come without */
		if (len != line_end || (x_len > 1 && *x == '0') ||
			(y_len > 1 && *y == '0'))
			return false;
		answer_line(painter, p, len, number_x, number_y);
		return true;
	}

	unsigned colour_len = line_end - len - 1;
	if ((unsigned)__builtin_ctzll(strange >> len >> 1) != colour_len)
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
		struct classes classes = classify(p);
		uint64_t others = ~classes.digits, strange = ~classes.hexes;
		uint64_t ends = classes.ends;

		if (ends == 0)
			return p;
		do {
			unsigned line_end = __builtin_ctzll(ends);
			if (!run_line(painter, p, others, strange, line_end))
				return p;
			p += line_end + 1;
			others = others >> line_end >> 1;
			strange = strange >> line_end >> 1;
			ends = ends >> line_end >> 1;
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
