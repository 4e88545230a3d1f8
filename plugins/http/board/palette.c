/* SPDX-License-Identifier: MIT */
/* Parses palettes and finds the nearest colour. */
#include "http/board/palette.h"

#include <string.h>

#include "lib/hex.h"

static bool
read_colour(const char **text, uint32_t *colour)
{
	const char *p = *text + (**text == '#');
	uint32_t rgb = 0;

	for (int i = 0; i < 6; i++, p++) {
		int digit = hex_digit(*p);

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
channel_difference(uint32_t a, uint32_t b, int shift)
{
	return (int)(a >> shift & 0xff) - (int)(b >> shift & 0xff);
}

uint8_t
palette_nearest(const struct palette *palette, uint32_t argb)
{
	unsigned best = 0;
	int least = 1 << 30;

	for (unsigned i = 0; i < palette->n && least > 0; i++) {
		int r = channel_difference(palette->colours[i], argb, 16);
		int g = channel_difference(palette->colours[i], argb, 8);
		int b = channel_difference(palette->colours[i], argb, 0);
		int distance = r * r + g * g + b * b;

		if (distance < least) {
			least = distance;
			best = i;
		}
	}
	return best;
}

json_t *
palette_json(const struct palette *palette)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < palette->n; i++)
		json_array_append_new(list,
			json_sprintf("#%06x", (unsigned)palette->colours[i] & 0xffffff));
	return list;
}
