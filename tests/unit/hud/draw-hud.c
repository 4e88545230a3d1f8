/* SPDX-License-Identifier: MIT */
/* Draws a HUD for strip.py: draw-hud WIDTH HEIGHT CANVAS_WIDTH CANVAS_HEIGHT
 * [KEY=VALUE]...  prints the strip as a PPM image, whose comment "LEFT TOP" is its place
 * on the screen; with wall=RRGGBB the screen, with a picture of that colour.  The keys
 * are those of `keys` below; a line is NAME, its hint and its state with tabs between
 * them, and `words` the same with a hint for people; frozen is LEFT,TOP,RIGHT,BOTTOM in
 * pixels of the canvas; a film is magenta. */
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
	uint32_t canvas_width, canvas_height;
	const char *wall; /* NULL: the strip alone */
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

static void
add_frozen(struct hud_text *text, const char *value)
{
	struct box *box = &text->frozen[text->n_frozen++];

	if (sscanf(value, "%u,%u,%u,%u", &box->left, &box->top, &box->right,
		    &box->bottom) != 4)
		exit(2);
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
		{ "orbit", &drawing->text.orbit },
		{ "block-width", &drawing->text.block_width },
		{ "block-height", &drawing->text.block_height },
		{ "film-width", &drawing->text.film_width },
		{ "film-height", &drawing->text.film_height },
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
	else if (strcmp(key, "wifi") == 0)
		drawing->look.wifi = value;
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
	else if (strcmp(key, "notice") == 0)
		snprintf(drawing->text.notice, sizeof(drawing->text.notice), "%s", value);
	else if (strcmp(key, "paused") == 0)
		drawing->text.paused = true;
	else if (strcmp(key, "film-since") == 0)
		snprintf(drawing->text.film_since, sizeof(drawing->text.film_since), "%s",
			value);
	else if (strcmp(key, "invites") == 0)
		drawing->text.invites = true;
	else if (strcmp(key, "block") == 0)
		snprintf(drawing->text.block, sizeof(drawing->text.block), "%s", value);
	else if (strcmp(key, "frozen") == 0)
		add_frozen(&drawing->text, value);
	else if (strcmp(key, "wall") == 0)
		drawing->wall = value;
	else if (strcmp(key, "no-strip") == 0)
		drawing->room.strip = false;
	else if (strcmp(key, "place") == 0)
		drawing->room.form = strcmp(value, "corner") == 0 ? HUD_CORNER : HUD_CARD;
	else if (strcmp(key, "new") == 0)
		drawing->text.url_is_new = true;
	else if (strcmp(key, "waits") == 0)
		drawing->text.waits_for_network = true;
	else if (strcmp(key, "german") == 0)
		drawing->look.language = HUD_GERMAN;
	else if (strcmp(key, "half") == 0)
		drawing->room.share =
			strcmp(value, "call") == 0 ? HUD_CALL_HALF : HUD_LINES_HALF;
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

static void
paste(const uint32_t *from, const struct box *place, uint32_t *screen, uint32_t width)
{
	for (uint32_t y = place->top; y < place->bottom;
		y++, from += place->right - place->left)
		memcpy(screen + (size_t)y * width + place->left, from,
			(place->right - place->left) * sizeof(*from));
}

/* As display/layout.c does. */
static void
print_screen(struct drawing *drawing, struct hud *hud, const struct box *strip,
	const struct box *seen, const uint32_t *pixels)
{
	const uint32_t width = drawing->room.width, height = drawing->room.height;
	const struct box all = { 0, 0, width, height };
	const struct hud_picture picture = {
		.seen = *seen,
		.canvas = { 0, 0, drawing->canvas_width, drawing->canvas_height },
		.left = seen->left,
		.top = seen->top,
		.width = seen->right - seen->left,
		.height = seen->bottom - seen->top,
	};
	uint32_t *screen = calloc((size_t)width * height, sizeof(*screen));
	struct hud_cards cards = { 0 };

	if (!screen)
		exit(1);
	for (uint32_t y = seen->top; y < seen->bottom; y++)
		for (uint32_t x = seen->left; x < seen->right; x++)
			screen[(size_t)y * width + x] =
				(uint32_t)strtoul(drawing->wall, NULL, 16);
	paste(pixels, strip, screen, width);
	hud_draw_cards(
		hud, &drawing->room, drawing->room.strip ? &picture : NULL, &cards);
	for (uint32_t i = 0; i < cards.n; i++)
		paste(cards.cards[i].pixels, &cards.cards[i].place, screen, width);
	if (hud_draw_film(hud, &cards))
		paste(cards.film.pixels, &cards.film.place, screen, width);
	print_picture(screen, &all);
	hud_cards_finish(&cards);
	free(screen);
}

int
main(int argc, char *argv[])
{
	struct drawing drawing = {
		.look = { "", "", "", "", 0xff10141a, 0xffffffff, 0xffffc857, 0xff9fd3ff,
			HUD_ENGLISH },
	};
	static const uint32_t film = 0xffff00ff;
	struct box strip, picture;
	struct hud *hud = hud_new();
	uint32_t *pixels;

	if (argc < 5 || !hud)
		return 2;
	drawing.room.width = number(argv[1]);
	drawing.room.height = number(argv[2]);
	drawing.room.strip = true;
	drawing.canvas_width = number(argv[3]);
	drawing.canvas_height = number(argv[4]);
	for (int i = 5; i < argc; i++)
		set(&drawing, argv[i]);
	hud_place(&drawing.room, drawing.canvas_width, drawing.canvas_height, &strip,
		&picture);
	hud_set_look(hud, &drawing.look);
	hud_set_text(hud, &drawing.text);
	hud_set_film(hud, &film, 1, 1);
	pixels = calloc(
		(size_t)(strip.right - strip.left) * (strip.bottom - strip.top) + 1,
		sizeof(*pixels));
	if (!pixels)
		return 1;
	if (strip.right > strip.left)
		hud_draw(hud, pixels, &drawing.room, &strip);
	if (drawing.wall)
		print_screen(&drawing, hud, &strip, &picture, pixels);
	else
		print_picture(pixels, &strip);
	free(pixels);
	hud_free(hud);
	return 0;
}
