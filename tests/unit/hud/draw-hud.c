/* SPDX-License-Identifier: MIT */
/* Draws a HUD for test_hud.py: draw-hud WIDTH HEIGHT CANVAS_WIDTH CANVAS_HEIGHT
 * [KEY=VALUE]...  prints the strip as a PPM image, whose comment "LEFT TOP" is its place
 * on the screen.  The keys are those of `keys` below; a line is NAME, its hint and its
 * state with tabs between them, and `words` the same with a hint for people. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "hud/hud.h"

struct drawing {
	struct hud_room room;
	struct hud_text text;
	struct hud_look look;
};

static uint32_t
number(const char *text)
{
	return (uint32_t)strtoul(text, NULL, 10);
}

static void
add_line(struct hud_text *text, char *value, bool is_words)
{
	struct hud_line *line = &text->lines[text->n_lines++];
	const char *name = strsep(&value, "\t"), *hint = strsep(&value, "\t");

	snprintf(line->name, sizeof(line->name), "%s", name);
	snprintf(line->hint, sizeof(line->hint), "%s", hint ? hint : "");
	snprintf(line->state, sizeof(line->state), "%s", value ? value : "");
	line->is_words = is_words;
}

/* Whether the key is that of a number. */
static bool
set_number(struct drawing *drawing, const char *key, const char *value)
{
	const struct {
		const char *key;
		uint32_t *number;
	} keys[] = {
		{ "size", &drawing->room.size },
		{ "safe", &drawing->room.safe },
		{ "painting", &drawing->text.painting },
		{ "watching", &drawing->text.watching },
		{ "turn", &drawing->text.turn },
	};

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (strcmp(key, keys[i].key) == 0) {
			*keys[i].number = number(value);
			return true;
		}
	return false;
}

static void
set(struct drawing *drawing, char *argument)
{
	char *value = argument;
	const char *key = strsep(&value, "=");

	if (!value || set_number(drawing, key, value))
		return;
	if (strcmp(key, "title") == 0)
		drawing->look.title = value;
	else if (strcmp(key, "logo") == 0)
		drawing->look.logo = value;
	else if (strcmp(key, "font") == 0)
		drawing->look.font = value;
	else if (strcmp(key, "bitmap") == 0)
		drawing->look.font = NULL;
	else if (strcmp(key, "url") == 0)
		snprintf(drawing->text.url, sizeof(drawing->text.url), "%s", value);
	else if (strcmp(key, "rate") == 0)
		drawing->text.rate = strtoull(value, NULL, 10);
	else if (strcmp(key, "total") == 0)
		drawing->text.total = strtoull(value, NULL, 10);
	else
		add_line(&drawing->text, value, strcmp(key, "words") == 0);
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
	struct drawing drawing = {
		.look = { "", "", "", 0xff10141a, 0xffffffff, 0xffffc857, 0xff9fd3ff },
	};
	struct box strip, picture;
	struct hud *hud = hud_new();
	uint32_t *pixels;

	if (argc < 5 || !hud)
		return 2;
	drawing.room.width = number(argv[1]);
	drawing.room.height = number(argv[2]);
	drawing.room.strip = true;
	for (int i = 5; i < argc; i++)
		set(&drawing, argv[i]);
	hud_place(&drawing.room, number(argv[3]), number(argv[4]), &strip, &picture);
	hud_set_look(hud, &drawing.look);
	hud_set_text(hud, &drawing.text);
	pixels = calloc((size_t)(strip.right - strip.left) * (strip.bottom - strip.top),
		sizeof(*pixels));
	if (!pixels)
		return 1;
	hud_draw(hud, pixels, &drawing.room, &strip);
	print_picture(pixels, &strip);
	free(pixels);
	hud_free(hud);
	return 0;
}
