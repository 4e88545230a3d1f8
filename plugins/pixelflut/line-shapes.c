/* SPDX-License-Identifier: MIT */
/* The shapes of `PX x y rrggbb` and `PX x y` lines with plain numbers, for vectors-*.c.
 */
#include "pixelflut/vectors.h"

/* No place of sixteen: a shuffle puts a zero there. */
#define NONE 0x80

/* The last digits of a number that ends before `end`, right-aligned to four. */
#define DIGIT(nth, digits, end) ((nth) <= (digits) ? (end) - (nth) : NONE)
#define NUMBER(digits, end)                                                              \
	DIGIT(4, digits, end), DIGIT(3, digits, end), DIGIT(2, digits, end),             \
		DIGIT(1, digits, end)

/* The blank between x and y is at 8 - y_digits, that behind y at 9, that before x, which
 * may be one too far to the left, at 7 - x_digits - y_digits. */
#define BLANKS(x, y) ((0x100 >> (y) | 0x100 >> (y) >> ((x) + 1)) & 0xff)
#define DIGITS(x, y)                                                                     \
	{                                                                                \
		NUMBER(x, 8 - (y)), NUMBER(y, 9), 14, 15, 12, 13, 10, 11, NONE, NONE     \
	}
#define SHAPE(x, y) [BLANKS(x, y)] = DIGITS(x, y)
#define LENGTH(x, y) [BLANKS(x, y)] = sizeof("PX   rrggbb") - 3 + (x) + (y)

/* Of a read these places are four further to the right.  A number of one digit has the P
 * in place of its first one, which may be a zero. */
#define READ_P(x, y) (9 - (x) - (y))
#define READ_LEAD(digits, end, otherwise) ((digits) > 1 ? (end) - (digits) : (otherwise))
#define READ(x, y)                                                                       \
	{                                                                                \
		NUMBER(x, 12 - (y)), NUMBER(y, 13), READ_P(x, y) - 1, READ_P(x, y),      \
			READ_P(x, y) + 1, READ_P(x, y) + 2,                              \
			READ_LEAD(x, 12 - (y), READ_P(x, y)),                            \
			READ_LEAD(y, 13, READ_P(x, y)), NONE, NONE                       \
	}
#define READ_SHAPE(x, y) [BLANKS(x, y)] = READ(x, y)
#define FOR_ALL(f)                                                                       \
	f(1, 1), f(1, 2), f(1, 3), f(1, 4), f(2, 1), f(2, 2), f(2, 3), f(2, 4), f(3, 1), \
		f(3, 2), f(3, 3), f(3, 4), f(4, 1), f(4, 2), f(4, 3), f(4, 4)

/* In front of the shortest read the end of the line before it is in sight, and that may
 * have a blank there. */
#define SHORTEST (BLANKS(1, 1) | 1)

_Alignas(16) const uint8_t line_shuffles[256][16] = { FOR_ALL(SHAPE) };
const uint8_t line_lengths[256] = { FOR_ALL(LENGTH) };
_Alignas(16) const uint8_t read_shuffles[256][16] = {
	FOR_ALL(READ_SHAPE),
	[SHORTEST] = READ(1, 1),
};
