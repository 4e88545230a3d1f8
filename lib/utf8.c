/* SPDX-License-Identifier: MIT */
/* Checks that text is UTF-8. */
#include "lib/utf8.h"

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
