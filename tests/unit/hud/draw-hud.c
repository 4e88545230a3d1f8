/* SPDX-License-Identifier: MIT */
/* Draws a HUD for test_hud.py: draw-hud WIDTH HEIGHT CANVAS_WIDTH CANVAS_HEIGHT URL [NAME
 * HINT PIXELS]...  prints the strip as a PPM image, whose comment "LEFT TOP" is its
 * place.  A line of state follows HINT after a tab. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hud/hud.h"

static uint32_t
number(const char *text)
{
	return (uint32_t)strtoul(text, NULL, 10);
}

static void
print_picture(const uint32_t *pixels, const struct box *strip)
{
	uint32_t width = strip->right - strip->left, height = strip->bottom - strip->top;

	printf("P6\n# %u %u\n%u %u\n255\n", strip->left, strip->top, width, height);
	for (uint32_t i = 0; i < width * height; i++) {
		putchar(pixels[i] >> 16 & 0xff);
		putchar(pixels[i] >> 8 & 0xff);
		putchar(pixels[i] & 0xff);
	}
}

int
main(int argc, char *argv[])
{
	struct hud_text text = { 0 };
	struct box strip, picture;
	struct hud *hud = hud_new();
	uint32_t *pixels;

	if (argc < 6 || !hud)
		return 2;
	hud_place(number(argv[1]), number(argv[2]), number(argv[3]), number(argv[4]),
		&strip, &picture);
	snprintf(text.url, sizeof(text.url), "%s", argv[5]);
	for (int i = 6; i + 2 < argc; i += 3) {
		struct hud_line *line = &text.lines[text.n_lines++];

		snprintf(line->name, sizeof(line->name), "%s", argv[i]);
		snprintf(line->hint, sizeof(line->hint), "%.*s",
			(int)strcspn(argv[i + 1], "\t"), argv[i + 1]);
		snprintf(line->state, sizeof(line->state), "%s",
			strchr(argv[i + 1], '\t') ? strchr(argv[i + 1], '\t') + 1 : "");
		line->pixels = strtoull(argv[i + 2], NULL, 10);
	}
	hud_set_text(hud, &text);
	pixels = calloc((size_t)(strip.right - strip.left) * (strip.bottom - strip.top),
		sizeof(*pixels));
	if (!pixels)
		return 1;
	hud_draw(hud, pixels, strip.right - strip.left, strip.bottom - strip.top);
	print_picture(pixels, &strip);
	free(pixels);
	hud_free(hud);
	return 0;
}
