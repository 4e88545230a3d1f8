/* SPDX-License-Identifier: MIT */
/* Draws the frames of a film: a picture in the middle, and the clock in a corner. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "console.h"
#include "film.h"

enum { WIDTH = FILM_WIDTH, HEIGHT = FILM_HEIGHT };

/* Digits of 5 by 7 pixels, the left one in the highest of five bits; then : - and blank.
 */
enum { GLYPH_WIDTH = 5, GLYPH_HEIGHT = 7, GLYPH_SCALE = 4, CLOCK_MAX = 32 };

static const char letters[] = "0123456789:-";
static const uint8_t glyphs[][GLYPH_HEIGHT] = {
	{ 14, 17, 19, 21, 25, 17, 14 },
	{ 4, 12, 4, 4, 4, 4, 14 },
	{ 14, 17, 1, 2, 4, 8, 31 },
	{ 31, 2, 4, 2, 1, 17, 14 },
	{ 2, 6, 10, 18, 31, 2, 2 },
	{ 31, 16, 30, 1, 1, 17, 14 },
	{ 6, 8, 16, 30, 17, 17, 14 },
	{ 31, 1, 2, 4, 8, 8, 8 },
	{ 14, 17, 17, 14, 17, 17, 14 },
	{ 14, 17, 17, 15, 1, 2, 12 },
	{ 0, 4, 4, 0, 4, 4, 0 },
	{ 0, 0, 0, 31, 0, 0, 0 },
};

int
film_frame_new(struct film_frame *frame)
{
	frame->len = (size_t)WIDTH * HEIGHT * 3 / 2;
	frame->yuv = malloc(frame->len);
	frame->rgb = malloc((size_t)WIDTH * HEIGHT * sizeof(*frame->rgb));
	return frame->yuv && frame->rgb ? 0 : console_error(-ENOMEM, "out of memory");
}

void
film_frame_free(struct film_frame *frame)
{
	free(frame->yuv);
	free(frame->rgb);
	*frame = (struct film_frame){ 0 };
}

/* ------------------------------------------------------------------ the picture */

/* Each pixel of it becomes a square. */
static void
draw_larger(uint32_t *rgb, const struct image *picture, uint32_t scale)
{
	const uint32_t width = picture->width * scale, height = picture->height * scale;
	const uint32_t left = (WIDTH - width) / 2, top = (HEIGHT - height) / 2;

	for (uint32_t y = 0; y < height; y++)
		for (uint32_t x = 0; x < width; x++)
			rgb[(size_t)(top + y) * WIDTH + left + x] =
				*image_at(picture, x / scale, y / scale);
}

/* The mean of an area, whose edges are whole pixels. */
static uint32_t
mean(const struct image *picture, uint32_t left, uint32_t top, uint32_t right,
	uint32_t bottom)
{
	uint64_t red = 0, green = 0, blue = 0;
	uint64_t n = (uint64_t)(right - left) * (bottom - top);

	for (uint32_t y = top; y < bottom; y++)
		for (uint32_t x = left; x < right; x++) {
			uint32_t pixel = *image_at(picture, x, y);

			red += pixel >> 16 & 0xff;
			green += pixel >> 8 & 0xff;
			blue += pixel & 0xff;
		}
	return (uint32_t)(red / n << 16 | green / n << 8 | blue / n);
}

static uint32_t
scaled(uint32_t side, uint32_t most_of, uint32_t most)
{
	uint32_t length = (uint32_t)((uint64_t)side * most / most_of);

	return length > 0 ? length : 1;
}

static uint32_t
edge(uint32_t at, uint32_t side, uint32_t length)
{
	return (uint32_t)((uint64_t)at * side / length);
}

static void
draw_smaller(uint32_t *rgb, const struct image *picture)
{
	const uint32_t w = picture->width, h = picture->height;
	const bool is_wide = (uint64_t)w * HEIGHT > (uint64_t)h * WIDTH;
	const uint32_t width = is_wide ? WIDTH : scaled(w, h, HEIGHT);
	const uint32_t height = is_wide ? scaled(h, w, WIDTH) : HEIGHT;
	const uint32_t left = (WIDTH - width) / 2, top = (HEIGHT - height) / 2;

	for (uint32_t y = 0; y < height; y++)
		for (uint32_t x = 0; x < width; x++) {
			uint32_t x0 = edge(x, w, width), x1 = edge(x + 1, w, width);
			uint32_t y0 = edge(y, h, height), y1 = edge(y + 1, h, height);

			/* one side may be larger than before */
			rgb[(size_t)(top + y) * WIDTH + left + x] = mean(picture, x0, y0,
				x1 > x0 ? x1 : x0 + 1, y1 > y0 ? y1 : y0 + 1);
		}
}

/* ------------------------------------------------------------------ the clock */

static void
draw_dot(uint32_t *rgb, uint32_t left, uint32_t top)
{
	for (uint32_t y = top; y < top + GLYPH_SCALE; y++)
		for (uint32_t x = left; x < left + GLYPH_SCALE; x++)
			rgb[(size_t)y * WIDTH + x] = 0xffffff;
}

static void
draw_letter(uint32_t *rgb, char letter, uint32_t left, uint32_t top)
{
	const char *found = strchr(letters, letter);

	if (!letter || !found)
		return;
	for (uint32_t y = 0; y < GLYPH_HEIGHT; y++)
		for (uint32_t x = 0; x < GLYPH_WIDTH; x++)
			if (glyphs[found - letters][y] >> (GLYPH_WIDTH - 1 - x) & 1)
				draw_dot(rgb, left + x * GLYPH_SCALE,
					top + y * GLYPH_SCALE);
}

/* White in a black box, at the right below. */
static void
draw_clock(uint32_t *rgb, int64_t time_ms)
{
	enum { STEP = (GLYPH_WIDTH + 1) * GLYPH_SCALE, PAD = 2 * GLYPH_SCALE };
	const uint32_t height = GLYPH_HEIGHT * GLYPH_SCALE + 2 * PAD;
	time_t seconds = (time_t)(time_ms / 1000);
	char text[CLOCK_MAX] = "";
	struct tm tm;
	uint32_t width, left, top = HEIGHT - height - PAD;

	if (localtime_r(&seconds, &tm))
		(void)strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	width = (uint32_t)strlen(text) * STEP + 2 * PAD;
	left = WIDTH - width - PAD;
	for (uint32_t y = top; y < top + height; y++)
		memset(rgb + (size_t)y * WIDTH + left, 0, width * sizeof(*rgb));
	for (uint32_t i = 0; text[i]; i++)
		draw_letter(rgb, text[i], left + PAD + i * STEP, top + PAD);
}

/* ------------------------------------------------------------------ the colours */

/* BT.709, 16 to 235, as players expect of 1080 lines; in 65536ths. */
static uint8_t
luma(uint32_t pixel)
{
	uint32_t red = pixel >> 16 & 0xff, green = pixel >> 8 & 0xff, blue = pixel & 0xff;

	return (uint8_t)(16 +
			 ((11966 * red + 40254 * green + 4064 * blue + 32768) >> 16));
}

static void
convert_block(const uint32_t *rgb, uint8_t *u, uint8_t *v)
{
	int red = 0, green = 0, blue = 0;

	for (int i = 0; i < 4; i++) {
		uint32_t pixel = rgb[(i & 1) + (i >> 1) * WIDTH];

		red += pixel >> 16 & 0xff;
		green += pixel >> 8 & 0xff;
		blue += pixel & 0xff;
	}
	*u = (uint8_t)(128 + (-6596 * red - 22188 * green + 28784 * blue) / (4 * 65536));
	*v = (uint8_t)(128 + (28784 * red - 26145 * green - 2639 * blue) / (4 * 65536));
}

static void
convert(struct film_frame *frame)
{
	uint8_t *y = frame->yuv, *u = y + (size_t)WIDTH * HEIGHT;
	uint8_t *v = u + (size_t)WIDTH * HEIGHT / 4;

	for (size_t i = 0; i < (size_t)WIDTH * HEIGHT; i++)
		y[i] = luma(frame->rgb[i]);
	for (size_t row = 0; row < HEIGHT; row += 2)
		for (size_t x = 0; x < WIDTH; x += 2)
			convert_block(frame->rgb + row * WIDTH + x, u++, v++);
}

void
film_frame_draw(struct film_frame *frame, const struct image *picture, int64_t time_ms)
{
	uint32_t scale = WIDTH / picture->width;

	if (scale > HEIGHT / picture->height)
		scale = HEIGHT / picture->height;
	memset(frame->rgb, 0, (size_t)WIDTH * HEIGHT * sizeof(*frame->rgb));
	if (scale > 0)
		draw_larger(frame->rgb, picture, scale);
	else
		draw_smaller(frame->rgb, picture);
	draw_clock(frame->rgb, time_ms);
	convert(frame);
}
