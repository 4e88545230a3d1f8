/* SPDX-License-Identifier: MIT */
/* Whether text is UTF-8, by the table 3-7 of the Unicode standard: no overlong forms, no
 * surrogates, nothing above U+10FFFF. */
#ifndef P2_UTF8_H
#define P2_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The bytes that follow a first byte, and where the first of them must lie; 0: none may
 * begin so. */
static inline unsigned
utf8_rest(uint8_t first, uint8_t *least, uint8_t *most)
{
	*least = 0x80;
	*most = 0xbf;
	if (first >= 0xc2 && first <= 0xdf)
		return 1;
	if (first >= 0xe0 && first <= 0xef) {
		*least = first == 0xe0 ? 0xa0 : 0x80;
		*most = first == 0xed ? 0x9f : 0xbf;
		return 2;
	}
	if (first >= 0xf0 && first <= 0xf4) {
		*least = first == 0xf0 ? 0x90 : 0x80;
		*most = first == 0xf4 ? 0x8f : 0xbf;
		return 3;
	}
	return 0;
}

static inline bool
utf8_is_valid(const char *text, size_t len)
{
	const uint8_t *p = (const uint8_t *)text, *end = p + len;

	while (p < end) {
		uint8_t least, most;
		unsigned rest;

		if (*p < 0x80) {
			p++;
			continue;
		}
		rest = utf8_rest(*p++, &least, &most);
		if (rest == 0 || (size_t)(end - p) < rest)
			return false;
		for (; rest > 0; rest--, least = 0x80, most = 0xbf, p++)
			if (*p < least || *p > most)
				return false;
	}
	return true;
}

#endif
