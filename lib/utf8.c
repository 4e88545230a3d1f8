/* SPDX-License-Identifier: MIT */
/* Checks that text is UTF-8, and finds its controls. */
#include "lib/utf8.h"

#include <string.h>

#define UTF8_CHAR_MAX 4

size_t
utf8_char_len(const char *text, size_t left)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t len = left == 0   ? 0
		     : *p < 0x80 ? 1
		     : *p < 0xc2 ? 0
		     : *p < 0xe0 ? 2
		     : *p < 0xf0 ? 3
		     : *p < 0xf5 ? 4
				 : 0;

	if (len == 0 || len > left)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	/* overlong, a surrogate, above U+10FFFF */
	if ((*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] >= 0xa0) ||
		(*p == 0xf0 && p[1] < 0x90) || (*p == 0xf4 && p[1] >= 0x90))
		return 0;
	return len;
}

bool
utf8_is_valid(const char *text, size_t len)
{
	while (len > 0) {
		size_t step = utf8_char_len(text, len);

		if (step == 0)
			return false;
		text += step;
		len -= step;
	}
	return true;
}

size_t
utf8_control_len(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	if (*p < ' ' || (*p >= 0x7f && *p < 0xa0))
		return 1;
	if ((*p == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0) || (*p == 0xd8 && p[1] == 0x9c))
		return 2;
	if (*p != 0xe2)
		return 0;
	return (p[1] == 0x80 && p[2] >= 0xa8 && p[2] <= 0xae) ||
			       (p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9)
		       ? 3
		       : 0;
}

/* To the next character, or the next byte where there is none: the rest of a character is
 * no control. */
static size_t
step_len(const char *text)
{
	const size_t len = utf8_char_len(text, strnlen(text, UTF8_CHAR_MAX));

	return len > 0 ? len : 1;
}

bool
utf8_has_control(const char *text)
{
	while (*text && utf8_control_len(text) == 0)
		text += step_len(text);
	return *text != '\0';
}

void
utf8_mask_controls(char *text)
{
	char *to = text;

	while (*text) {
		const size_t control = utf8_control_len(text);
		const size_t len = control > 0 ? control : step_len(text);

		if (control > 0)
			*to++ = '?';
		else
			to = (char *)memmove(to, text, len) + len;
		text += len;
	}
	*to = '\0';
}
