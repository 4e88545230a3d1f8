/* SPDX-License-Identifier: MIT */
/* Checks that text is UTF-8, cuts it between characters, and knows its controls. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* The length of the character at `text`, `left` bytes at most; 0 when it is none by table
 * 3-7 of the Unicode standard: no overlong forms, no surrogates, nothing above U+10FFFF.
 */
size_t utf8_char_len(const char *text, size_t left);

bool utf8_is_valid(const char *text, size_t len);

/* The length of the control character that the text begins with; 0: none.  These are the
 * ones that terminals obey, U+0000 to U+001F and U+007F to U+009F, the latter also as a
 * byte that is no part of a character, as terminals of other encodings read it; and those
 * that end a line or turn the direction of what stands behind them: U+061C, U+2028 to
 * U+202E, U+2066 to U+2069. */
size_t utf8_control_len(const char *text);

bool utf8_has_control(const char *text);

/* Somebody may have chosen the text for who reads it: each control becomes a question
 * mark. */
void utf8_mask_controls(char *text);

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
