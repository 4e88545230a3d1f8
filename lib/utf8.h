/* SPDX-License-Identifier: MIT */
/* Checks that text is UTF-8. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* The length of the character at `text`, `left` bytes at most; 0 when it is none by table
 * 3-7 of the Unicode standard: no overlong forms, no surrogates, nothing above U+10FFFF.
 */
size_t utf8_char_len(const char *text, size_t left);

bool utf8_is_valid(const char *text, size_t len);
