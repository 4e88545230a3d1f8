/* SPDX-License-Identifier: MIT */
/* Base64, with the padding that RFC 4648 wants. */
#include "lib/base64.h"

#include <errno.h>
#include <string.h>

static const char digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void
base64_encode(const uint8_t *bytes, size_t n, char *text)
{
	for (size_t i = 0; i < n; i += 3) {
		uint32_t three = (uint32_t)bytes[i] << 16;

		if (i + 1 < n)
			three |= (uint32_t)bytes[i + 1] << 8;
		if (i + 2 < n)
			three |= bytes[i + 2];
		*text++ = digits[three >> 18];
		*text++ = digits[three >> 12 & 63];
		*text++ = i + 1 < n ? digits[three >> 6 & 63] : '=';
		*text++ = i + 2 < n ? digits[three & 63] : '=';
	}
	*text = '\0';
}

/* The value of a digit, or -1. */
static int
digit_value(char digit)
{
	if (digit >= 'A' && digit <= 'Z')
		return digit - 'A';
	if (digit >= 'a' && digit <= 'z')
		return digit - 'a' + 26;
	if (digit >= '0' && digit <= '9')
		return digit - '0' + 52;
	if (digit == '+')
		return 62;
	return digit == '/' ? 63 : -1;
}

ssize_t
base64_decode(const char *text, size_t len, uint8_t *bytes)
{
	size_t padding = 0;
	uint8_t *to = bytes;

	if (len % 4 != 0)
		return -EINVAL;
	while (padding < 2 && padding < len && text[len - 1 - padding] == '=')
		padding++;
	for (size_t i = 0; i < len; i += 4) {
		const size_t n = i + 4 == len ? 4 - padding : 4;
		uint32_t four = 0;

		for (size_t j = 0; j < 4; j++) {
			int value = j < n ? digit_value(text[i + j]) : 0;

			if (value < 0)
				return -EINVAL;
			four = four << 6 | (uint32_t)value;
		}
		for (size_t j = 0; j + 1 < n; j++)
			*to++ = (uint8_t)(four >> (16 - 8 * j));
	}
	return to - bytes;
}
