/* SPDX-License-Identifier: MIT */
/* Draws the parts of the test card. */
#include "app/test-card.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/box.h"
#include "base/util.h"

#define BLACK 0xff000000
#define WHITE 0xffffffff
#define GREY 0xff808080
#define LIGHT 0xff9fd3ff

static uint32_t
grey(uint32_t level)
{
	return BLACK | level << 16 | level << 8 | level;
}

static void
draw_dot(const struct font_bitmap *bitmap, uint32_t x, uint32_t y, uint32_t colour)
{
	font_fill(bitmap, x, y, 1, 1, colour);
}

/* A frame of one pixel, `inset` pixels from the edge. */
static void
draw_frame(const struct font_bitmap *bitmap, uint32_t inset, uint32_t colour)
{
	uint32_t width = bitmap->width - 2 * inset, height = bitmap->height - 2 * inset;

	font_fill(bitmap, inset, inset, width, 1, colour);
	font_fill(bitmap, inset, bitmap->height - 1 - inset, width, 1, colour);
	font_fill(bitmap, inset, inset, 1, height, colour);
	font_fill(bitmap, bitmap->width - 1 - inset, inset, 1, height, colour);
}

/* Each corner has its own colour and word, to reveal rotation and mirroring. */
static void
draw_corners(const struct font_bitmap *bitmap)
{
	static const struct {
		const char *word;
		uint32_t colour, ink;
	} corners[] = { { "TL", 0xffff0000, BLACK }, { "TR", 0xff00ff00, BLACK },
		{ "BL", 0xff0000ff, WHITE }, { "BR", 0xffffff00, BLACK } };
	uint32_t side = MIN(bitmap->width, bitmap->height) / 10;
	uint32_t factor = MAX(1, side / (3 * FONT_WIDTH));

	for (uint32_t i = 0; i < ARRAY_LEN(corners); i++) {
		uint32_t x = i & 1 ? bitmap->width - side - 2 : 2;
		uint32_t y = i & 2 ? bitmap->height - side - 2 : 2;

		font_fill(bitmap, x, y, side, side, corners[i].colour);
		font_draw(bitmap, x + (side - 2 * FONT_WIDTH * factor) / 2,
			y + (side - FONT_HEIGHT * factor) / 2, factor, corners[i].ink,
			corners[i].word, 2);
	}
}

static void
draw_bars(const struct font_bitmap *bitmap, struct box area)
{
	static const uint32_t colours[] = { WHITE, 0xffffff00, 0xff00ffff, 0xff00ff00,
		0xffff00ff, 0xffff0000, 0xff0000ff, BLACK };
	uint32_t width = area.right - area.left;

	for (uint32_t i = 0; i < ARRAY_LEN(colours); i++) {
		uint32_t left = area.left + width * i / ARRAY_LEN(colours);
		uint32_t right = area.left + width * (i + 1) / ARRAY_LEN(colours);

		font_fill(bitmap, left, area.top, right - left, area.bottom - area.top,
			colours[i]);
	}
}

/* A ramp of all greys, and below it one of sixteen. */
static void
draw_greys(const struct font_bitmap *bitmap, struct box area)
{
	uint32_t width = area.right - area.left, half = (area.bottom - area.top) / 2;

	for (uint32_t x = 0; x < width; x++) {
		font_fill(
			bitmap, area.left + x, area.top, 1, half, grey(x * 256 / width));
		font_fill(bitmap, area.left + x, area.top + half, 1, half,
			grey(x * 16 / width * 17));
	}
}

/* Vertical lines, horizontal lines, and checkerboards of one and two pixels: a screen
 * that scales shows them as moire or grey. */
static void
draw_lines(const struct font_bitmap *bitmap, struct box area)
{
	uint32_t width = area.right - area.left;

	for (uint32_t y = area.top; y < area.bottom; y++)
		for (uint32_t x = area.left; x < area.right; x++) {
			uint32_t patch = (x - area.left) * 4 / width;
			uint32_t light = patch == 0   ? x
					 : patch == 1 ? y
					 : patch == 2 ? x + y
						      : x / 2 + y / 2;

			draw_dot(bitmap, x, y, light & 1 ? WHITE : BLACK);
		}
}

/* Looks like an ellipse if the screen's pixels are not square. */
static void
draw_circle(const struct font_bitmap *bitmap, uint32_t radius, uint32_t colour)
{
	uint32_t left = bitmap->width / 2, top = bitmap->height / 2, x = radius, y = 0;
	int64_t error = 0;

	while (x >= y) {
		const uint32_t across[] = { x, y }, down[] = { y, x };

		for (int i = 0; i < 2; i++) {
			draw_dot(bitmap, left + across[i], top + down[i], colour);
			draw_dot(bitmap, left - 1 - across[i], top + down[i], colour);
			draw_dot(bitmap, left + across[i], top - 1 - down[i], colour);
			draw_dot(bitmap, left - 1 - across[i], top - 1 - down[i], colour);
		}
		y++;
		error += 2 * (int64_t)y - 1;
		if (error > x) {
			error -= 2 * (int64_t)x - 1;
			x--;
		}
	}
}

static void
draw_text(const struct font_bitmap *bitmap, const char *text, uint32_t y, uint32_t factor)
{
	char cells[256];
	uint32_t n = (uint32_t)font_cells(text, cells, sizeof(cells));

	while (factor > 1 && n * FONT_WIDTH * factor > bitmap->width * 7 / 8)
		factor--;
	n = MIN(n, bitmap->width / (FONT_WIDTH * factor));
	font_draw(bitmap, (bitmap->width - n * FONT_WIDTH * factor) / 2, y, factor, WHITE,
		cells, n);
}

/* Letters of parts of the screen's height, and how many heights away they can be read:
 * four millimetres for each metre. */
static void
draw_letters(const struct test_card_page *page, const struct font_bitmap *bitmap)
{
	static const struct {
		const char *part, *says;
		uint32_t of;
	} sizes[] = { { "1/15", "is legible from 17 times the height", 15 },
		{ "1/25", "from 10 times: the address", 25 },
		{ "1/43", "from 6 times: commands and figures", 43 },
		{ "1/60", "from 4 times", 60 } };
	const double height = page->bitmap.height, left = bitmap->width / 6.0;
	const double beside = left + bitmap->width / 6.0;
	double base = bitmap->height * 32 / 48.0;

	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		const double capital = height / sizes[i].of;
		const struct text_style large = { TEXT_BOLD, capital, WHITE, BLACK };
		const struct text_style small = { TEXT_SANS, MIN(capital, height / 43),
			LIGHT, BLACK };

		base += capital + height / 90;
		if (base > bitmap->height * 47 / 48.0)
			return;
		(void)text_draw(page->text, bitmap, &large, left, base, sizes[i].part);
		(void)text_draw(page->text, bitmap, &small, beside, base, sizes[i].says);
	}
}

/* Its last field is black, and so is what is around it. */
static void
draw_outline(const struct font_bitmap *bitmap, struct box area)
{
	const uint32_t width = area.right - area.left, height = area.bottom - area.top;
	const uint32_t factor = MAX(1, bitmap->height / 400);
	char cells[8];
	const uint32_t n = (uint32_t)font_cells("black", cells, sizeof(cells));

	font_fill(bitmap, area.left, area.top, width, 1, WHITE);
	font_fill(bitmap, area.left, area.bottom - 1, width, 1, WHITE);
	font_fill(bitmap, area.left, area.top, 1, height, WHITE);
	font_fill(bitmap, area.right - 1, area.top, 1, height, WHITE);
	if (n * FONT_WIDTH * factor < width / 8)
		font_draw(bitmap, area.right - width / 8 + 4,
			area.bottom - FONT_HEIGHT * factor - 4, factor, GREY, cells, n);
}

/* Over all of the screen, but not over the code, whose tile is as high as the strip. */
static void
draw_frames(const struct test_card_page *page, const struct font_bitmap *strip)
{
	const struct font_bitmap *bitmap = &page->bitmap;
	const uint32_t least = MIN(bitmap->width, bitmap->height);
	uint32_t tile = 0;

	draw_frame(bitmap, least / 20, GREY);
	draw_frame(bitmap, least / 40, GREY);
	for (uint32_t x = 0; strip->pixels && x < strip->width; x++)
		if (strip->pixels[MAX(strip->height / 40, 1) * strip->stride + x] ==
			WHITE)
			tile = x + 1;
	for (uint32_t y = 0; y < strip->height; y++)
		for (uint32_t x = 0; x < tile; x++)
			draw_dot(bitmap, page->strip.left + x, page->strip.top + y,
				strip->pixels[y * strip->stride + x]);
	draw_frame(bitmap, 0, WHITE);
}

static void
draw_picture(const struct test_card_page *page, const struct font_bitmap *bitmap)
{
	const uint32_t least = MIN(bitmap->width, bitmap->height);
	const uint32_t height = bitmap->height, factor = MAX(1, least / 300);
	const uint32_t left = bitmap->width / 6, right = bitmap->width - left;
	const struct box bars = { left, height * 6 / 48, right, height * 14 / 48 };

	draw_corners(bitmap);
	draw_bars(bitmap, bars);
	draw_outline(bitmap, bars);
	draw_greys(
		bitmap, (struct box){ left, height * 14 / 48, right, height * 20 / 48 });
	draw_lines(
		bitmap, (struct box){ left, height * 20 / 48, right, height * 26 / 48 });
	draw_circle(bitmap, least / 2 - least / 20, WHITE);
	draw_text(bitmap, page->mode, height * 27 / 48, factor);
	draw_text(bitmap, page->output, height * 59 / 96, factor);
	draw_letters(page, bitmap);
	draw_text(bitmap, "the white frame must be seen whole, and all lines be sharp",
		height * 3 / 48, MAX(1, least / 400));
}

/* As it is on the wall. */
static int
draw_strip(const struct test_card_page *page, struct font_bitmap *strip)
{
	const struct box *place = &page->strip;
	const uint32_t width = place->right - place->left;
	const uint32_t height = place->bottom - place->top;

	*strip = (struct font_bitmap){ NULL, width, width, height };
	if (box_is_empty(*place))
		return 0;
	strip->pixels = calloc((size_t)width * height, sizeof(*strip->pixels));
	if (!strip->pixels)
		return -ENOMEM;
	(void)hud_draw(page->hud, strip->pixels, &page->room, place);
	for (uint32_t y = 0; y < height; y++)
		memcpy(page->bitmap.pixels +
				(size_t)(place->top + y) * page->bitmap.stride +
				place->left,
			strip->pixels + (size_t)y * width, width * sizeof(uint32_t));
	return 0;
}

int
test_card_draw(const struct test_card_page *page)
{
	const struct font_bitmap *bitmap = &page->bitmap;
	const struct box *box = &page->picture;
	const struct font_bitmap picture = {
		bitmap->pixels + (size_t)box->top * bitmap->stride + box->left,
		bitmap->stride,
		box->right - box->left,
		box->bottom - box->top,
	};
	struct font_bitmap strip;
	int ret;

	font_fill(bitmap, 0, 0, bitmap->width, bitmap->height, BLACK);
	draw_picture(page, &picture);
	ret = draw_strip(page, &strip);
	if (ret == 0)
		draw_frames(page, &strip);
	free(strip.pixels);
	return ret;
}
