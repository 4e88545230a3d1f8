/* SPDX-License-Identifier: MIT */
/* Palettes. */
#include "http/board/palette.h"

#include <string.h>

int
palette_hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) % 16 : -1;
}

static bool
read_colour(const char **text, uint32_t *colour)
{
	const char *p = *text + (**text == '#');
	uint32_t rgb = 0;

	for (int i = 0; i < 6; i++, p++) {
		int digit = palette_hex_digit(*p);

		if (digit < 0)
			return false;
		rgb = rgb << 4 | (uint32_t)digit;
	}
	*text = p;
	*colour = 0xff000000 | rgb;
	return true;
}

bool
palette_parse(struct palette *palette, const char *text)
{
	struct palette read = { .n = 0 };

	do {
		text += strspn(text, " ");
		if (read.n == PALETTE_MAX || !read_colour(&text, &read.colours[read.n]))
			return false;
		read.n++;
		text += strspn(text, " ");
	} while (*text == ',' && text++);
	if (*text)
		return false;
	*palette = read;
	return true;
}

static int
channel_apart(uint32_t a, uint32_t b, int shift)
{
	return (int)(a >> shift & 0xff) - (int)(b >> shift & 0xff);
}

uint8_t
palette_nearest(const struct palette *palette, uint32_t argb)
{
	unsigned best = 0;
	int least = 1 << 30;

	for (unsigned i = 0; i < palette->n && least > 0; i++) {
		int r = channel_apart(palette->colours[i], argb, 16);
		int g = channel_apart(palette->colours[i], argb, 8);
		int b = channel_apart(palette->colours[i], argb, 0);
		int apart = r * r + g * g + b * b;

		if (apart < least) {
			least = apart;
			best = i;
		}
	}
	return best;
}
