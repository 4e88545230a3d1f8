/* SPDX-License-Identifier: MIT */
/* Checks that text is UTF-8, and cuts it between characters. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* The length of the character at `text`, `left` bytes at most; 0 when it is none by table
 * 3-7 of the Unicode standard: no overlong forms, no surrogates, nothing above U+10FFFF.
 */
size_t utf8_char_len(const char *text, size_t left);

bool utf8_is_valid(const char *text, size_t len);

/* Copies the text, or as many of its characters as fit with the NUL into `size` bytes, at
 * least four. */
static inline void
utf8_copy(char *to, size_t size, const char *text)
{
	size_t len = strlen(text);

	if (len >= size) {
		const size_t least = size - 4;

		len = size - 1;
		while (len > least && (text[len] & 0xc0) == 0x80)
			len--;
	}
	memcpy(to, text, len);
	to[len] = '\0';
}
