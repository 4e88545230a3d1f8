/* SPDX-License-Identifier: MIT */
/*
 * Encodes and decodes the numbers and colours of p².
 *
 * No byte of a number is ever ff, so that ff can begin a message: a byte is a number from
 * -127 to 127, and two of them a coordinate from -32512 to 32512, with one encoding each.
 * A colour is 15 bits, five a channel, sent as a coordinate other than 0; 00 00 means "no
 * colour".
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define P2_COORDINATE_MAX 32512
#define P2_COLOURS 32768

static inline int32_t
p2_i8_decode(uint8_t byte)
{
	/* without a branch, which colours would mispredict half of the time */
	return byte - (byte >> 7) * (2 * byte - 0x7f);
}

static inline uint8_t
p2_i8_encode(int32_t n)
{
	return n >= 0 ? n : 0x7f - n;
}

/* The bytes must not be ff.  The low byte of a negative number counts away from zero as
 * well, so it is not simply a digit of base 255. */
static inline int32_t
p2_coordinate_decode(const uint8_t *bytes)
{
	int32_t high = p2_i8_decode(bytes[0]), low = p2_i8_decode(bytes[1]);
	int32_t sign = 1 - 2 * (high < 0);

	return high * 255 + sign * low;
}

/* `n` must be from -P2_COORDINATE_MAX to P2_COORDINATE_MAX. */
static inline void
p2_coordinate_encode(int32_t n, uint8_t *bytes)
{
	int32_t away = (n < 0 ? -n : n) + 127;

	if (away <= 254) {
		bytes[0] = 0;
		bytes[1] = p2_i8_encode(n);
		return;
	}
	bytes[0] = p2_i8_encode(n < 0 ? -(away / 255) : away / 255);
	bytes[1] = p2_i8_encode(away % 255 - 127);
}

/* rrrrrgggggbbbbb to wire.  The upper half of the reds takes the negative numbers. */
static inline void
p2_colour_encode(uint32_t rgb15, uint8_t *bytes)
{
	int32_t n = (rgb15 & 0x3fff) + 1;

	p2_coordinate_encode(rgb15 & 0x4000 ? -n : n, bytes);
}

/* Wire to rrrrrgggggbbbbb; false for 00 00.  Numbers beyond 16384 are aliases. */
static inline bool
p2_colour_decode(const uint8_t *bytes, uint32_t *rgb15)
{
	int32_t n = p2_coordinate_decode(bytes);

	if (n == 0)
		return false;
	*rgb15 = (n > 0 ? n - 1 : -n - 1 + 16384) & 0x7fff;
	return true;
}

/* Repeats the upper bits to fill eight, so that white is ffffff. */
static inline uint32_t
p2_argb_from_rgb15(uint32_t rgb15)
{
	uint32_t high =
		(rgb15 & 0x7c00) << 9 | (rgb15 & 0x3e0) << 6 | (rgb15 & 0x1f) << 3;

	return 0xff000000 | high | (high >> 5 & 0x070707);
}

/* The exact inverse of the above; other colours become a little darker. */
static inline uint32_t
p2_rgb15_from_argb(uint32_t argb)
{
	return (argb >> 9 & 0x7c00) | (argb >> 6 & 0x3e0) | (argb >> 3 & 0x1f);
}
