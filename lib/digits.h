/* SPDX-License-Identifier: MIT */
/*
 * Reads whole decimal numbers from text.
 *
 * lib/ is what the daemon, its plugins and muralctl all need.  It may use the C library,
 * and libpng in png.c alone; it must never know any of the three.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads the digits at `p`, at least one, and returns where they end.  NULL: there are
 * none, or the number is above `most`. */
static inline const char *
digits_read(const char *p, uint64_t most, uint64_t *value)
{
	const char *start = p;
	uint64_t n = 0;

	for (; *p >= '0' && *p <= '9'; p++) {
		uint64_t digit = (uint64_t)(*p - '0');

		if (digit > most || n > (most - digit) / 10)
			return NULL;
		n = n * 10 + digit;
	}
	*value = n;
	return p > start ? p : NULL;
}

/* Reads WxH+X+Y, such as 200x100+0+20, to the text's end: width, height, x, y, each up to
 * `most`, and the first two not 0. */
static inline bool
digits_read_rect(const char *p, uint64_t most, uint64_t numbers[4])
{
	for (int i = 0; i < 4; i++) {
		p = digits_read(p, most, &numbers[i]);
		if (!p || *p != "x++"[i])
			return false;
		p++;
	}
	return numbers[0] > 0 && numbers[1] > 0;
}
