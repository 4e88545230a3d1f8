/* SPDX-License-Identifier: MIT */
/* Tests the palettes of GIFs, and what is drawn in them. */
#include <stdlib.h>
#include <string.h>

#include "http/history/gif-colours.h"
#include "support/unit.h"

enum { SIDE = 256, PIXELS = SIDE * SIDE };

static uint32_t picture[PIXELS], chosen[GIF_COLOURS_MAX];
static uint8_t drawn[PIXELS];

/* Draws the picture in a palette of its own; how many colours that has. */
static unsigned
draw(void)
{
	struct gif_colours *colours = gif_colours_new();
	unsigned n;

	assert_non_null(colours);
	gif_colours_see(colours, picture, PIXELS);
	n = gif_colours_choose(colours, chosen);
	assert_in_range(n, 1, GIF_COLOURS_MAX);
	for (uint32_t y = 0; y < SIDE; y++)
		gif_colours_draw(
			colours, 0, y, picture + y * SIDE, SIDE, drawn + y * SIDE);
	for (int i = 0; i < PIXELS; i++)
		assert_in_range(drawn[i], 0, n - 1);
	gif_colours_free(colours);
	return n;
}

static int
channel(uint32_t colour, int shift)
{
	return colour >> shift & 0xff;
}

/* How far the mean of 8 by 8 pixels is from what it should be, at worst. */
static int
worst_block(void)
{
	int worst = 0;

	for (int block = 0; block < PIXELS / 64; block++)
		for (int shift = 0; shift < 24; shift += 8) {
			int wanted = 0, got = 0;

			for (int i = 0; i < 64; i++) {
				int at = (block / 32 * 8 + i / 8) * SIDE +
					 block % 32 * 8 + i % 8;

				wanted += channel(picture[at], shift);
				got += channel(chosen[drawn[at]], shift);
			}
			if (abs(wanted - got) / 64 > worst)
				worst = abs(wanted - got) / 64;
		}
	return worst;
}

TEST(few_colours_stay_as_they_are)
{
	for (int i = 0; i < PIXELS; i++)
		picture[i] = 0xff000000 | (i % GIF_COLOURS_MAX) * 0x010203;
	assert_int_equal(draw(), GIF_COLOURS_MAX);
	for (int i = 0; i < PIXELS; i++)
		assert_int_equal(chosen[drawn[i]], picture[i]);
}

TEST(one_more_is_close)
{
	for (int i = 0; i < PIXELS; i++)
		picture[i] = 0xff000000 | (i % 256) * 0x010101;
	assert_in_range(draw(), 30, GIF_COLOURS_MAX);
	assert_in_range(worst_block(), 0, 4);
}

/* Purple mountains before an evening sky: no colour turns into another, and the sky has
 * no steps that are seen. */
TEST(gradients_are_mixed)
{
	int worst = 0;

	for (int i = 0; i < PIXELS; i++) {
		uint32_t x = i % SIDE, y = i / SIDE;

		picture[i] = y > 128 + x / 4
				     ? 0xff000000 | (96 + x / 4) << 16 | 32 << 8 | 128
				     : 0xff000000 | (255 - y / 2) << 16 | (64 + y) << 8 |
					       (x / 2 + 64);
	}
	draw();
	for (int i = 0; i < PIXELS; i++)
		for (int shift = 0; shift < 24; shift += 8) {
			int off = abs(channel(picture[i], shift) -
				      channel(chosen[drawn[i]], shift));

			worst = off > worst ? off : worst;
		}
	assert_in_range(worst, 0, 40);
	assert_in_range(worst_block(), 0, 8);
}

TEST(a_rare_colour_is_kept)
{
	srandom(1);
	for (int i = 0; i < PIXELS; i++)
		picture[i] = 0xff000000 | (random() & 0xff3f);
	for (int i = 0; i < 64; i++)
		picture[4000 + i] = 0xffff0080;
	draw();
	for (int i = 0; i < 64; i++)
		assert_in_range(channel(chosen[drawn[4000 + i]], 16), 200, 255);
}

TEST(nothing_seen_is_black)
{
	struct gif_colours *colours = gif_colours_new();

	assert_int_equal(gif_colours_choose(colours, chosen), 1);
	assert_int_equal(chosen[0], 0xff000000);
	gif_colours_draw(colours, 5, 5, picture, 100, drawn);
	for (int i = 0; i < 100; i++)
		assert_int_equal(drawn[i], 0);
	gif_colours_free(colours);
}

UNIT_TESTS(NULL, NULL)
