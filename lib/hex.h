/* SPDX-License-Identifier: MIT */
/* Reads and writes bytes as hexadecimal digits. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* 0 to 15; -1: not a hexadecimal digit. */
static inline int
hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) % 16 : -1;
}

/* The byte that two of them are; -1: they are not.  Looks at the second one only behind a
 * digit. */
static inline int
hex_byte(const char *digits)
{
	const int high = hex_digit(digits[0]);
	const int low = high < 0 ? -1 : hex_digit(digits[1]);

	return low < 0 ? -1 : high << 4 | low;
}

/* Writes two small digits for each byte, and the NUL behind them. */
static inline void
hex_write(char *text, const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		*text++ = "0123456789abcdef"[bytes[i] >> 4];
		*text++ = "0123456789abcdef"[bytes[i] & 15];
	}
	*text = '\0';
}
