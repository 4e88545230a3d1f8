/* SPDX-License-Identifier: MIT */
/* The HUD's versions, its font, QR codes and logo.  test_hud*.py check what is drawn. */

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/util.h"
#include "hud/font.h"
#include "hud/hud.h"
#include "hud/logo.h"
#include "hud/qr.h"
#include "hud/render.h"
#include "support/unit.h"

/* ------------------------------------------------------------------ versions */

static bool
is_signalled(const struct hud *hud)
{
	uint64_t n;

	return read(hud_fd(hud), &n, sizeof(n)) == sizeof(n);
}

static uint64_t
draw(struct hud *hud, uint32_t *pixels, uint32_t width, uint32_t height)
{
	const struct hud_room room = { .width = 320, .height = 240, .strip = true };

	return hud_draw(hud, pixels, &room, &(struct box){ 0, 0, width, height });
}

static uint64_t
drawn_version(struct hud *hud)
{
	uint32_t pixel;

	return draw(hud, &pixel, 1, 1);
}

static const struct hud_look look = { "Frogs, every one of them", "", "", "", 0xff101418,
	0xffffffff, 0xffffc857, 0xff9fd3ff, HUD_ENGLISH };

TEST(it_signals_new_versions)
{
	struct hud_text text = { .n_lines = 1,
		.rate = 7,
		.lines = { { .name = "icmp", .hint = "ping" },
			{ .name = "after the last", .hint = "a" } } };
	struct hud *hud = hud_new();
	uint64_t version = drawn_version(hud);

	assert_true(version != 0);
	assert_false(is_signalled(hud));
	hud_set_text(hud, &text);
	assert_true(is_signalled(hud));
	assert_true(drawn_version(hud) != version);

	version = drawn_version(hud);
	text.lines[1].hint[0] = 'b';
	memset(text.url + 1, 'x', sizeof(text.url) - 1); /* after the end of the string */
	hud_set_text(hud, &text);
	assert_false(is_signalled(hud));
	assert_true(drawn_version(hud) == version);

	text.rate = 8;
	hud_set_text(hud, &text);
	hud_set_text(hud, &text);
	assert_true(is_signalled(hud));
	assert_false(is_signalled(hud));

	version = drawn_version(hud);
	text.orbit++; /* goes with the next change, and causes none */
	hud_set_text(hud, &text);
	assert_false(is_signalled(hud));
	assert_true(drawn_version(hud) == version);

	hud_set_look(hud, &look);
	assert_true(is_signalled(hud));
	assert_true(drawn_version(hud) != version);
	hud_free(hud);
	hud_free(NULL);
}

TEST(every_pixel_is_drawn_and_none_outside)
{
	enum { WIDTH = 321, HEIGHT = 77, GUARD = 64 };
	struct hud_text text = { .url = "http://192.0.2.1:8080/", .n_lines = 8 };
	static uint32_t pixels[WIDTH * HEIGHT + 2 * GUARD];
	struct hud *hud = hud_new();

	hud_set_look(hud, &look);
	for (uint32_t i = 0; i < text.n_lines; i++) {
		memset(text.lines[i].name, 'N', sizeof(text.lines[i].name) - 1);
		memset(text.lines[i].hint, 'M', sizeof(text.lines[i].hint) - 1);
		text.lines[i].hint[i * 30] = ' ';
		memset(text.lines[i].state, 'S', sizeof(text.lines[i].state) - 1);
	}
	hud_set_text(hud, &text);
	for (uint32_t width = 1; width <= WIDTH; width += 8)
		for (uint32_t height = 1; height <= HEIGHT; height += 4) {
			for (size_t i = 0; i < ARRAY_LEN(pixels); i++)
				pixels[i] = 0x12345678;
			assert_true(draw(hud, pixels + GUARD, width, height) != 0);
			for (size_t i = 0; i < ARRAY_LEN(pixels); i++)
				assert_true((pixels[i] == 0x12345678) ==
					    (i < GUARD || i >= GUARD + width * height));
		}
	hud_free(hud);
}

/* ------------------------------------------------------------------ the font */

TEST(no_two_letters_look_alike)
{
	char seen[FONT_ELLIPSIS + 1][FONT_WIDTH * FONT_HEIGHT + 1];

	for (unsigned c = ' '; c <= FONT_ELLIPSIS; c++) {
		for (unsigned i = 0; i < FONT_WIDTH * FONT_HEIGHT; i++)
			seen[c][i] = font_dot((char)c, i % FONT_WIDTH, i / FONT_WIDTH)
					     ? '#'
					     : '.';
		seen[c][FONT_WIDTH * FONT_HEIGHT] = '\0';
		assert_true((c == ' ') == !strchr(seen[c], '#'));
		for (unsigned before = ' '; before < c; before++)
			assert_string_not_equal(seen[before], seen[c]);
	}
}

TEST(a_letter_looks_as_it_was_drawn)
{
	static const char *const wanted[FONT_HEIGHT] = { "........", "..###...",
		".##.##..", "##...##.", "##...##.", "##...##.", "#######.", "##...##.",
		"##...##.", "##...##.", "##...##.", "........", "........", "........" };
	uint32_t pixels[30 * 40] = { 0 };
	const struct font_bitmap bitmap = { pixels, 30, 30, 40 };

	font_draw(&bitmap, 3, 5, 2, 7, "A", 1);
	for (uint32_t y = 0; y < 40; y++)
		for (uint32_t x = 0; x < 30; x++) {
			bool inside = x >= 3 && x < 3 + 2 * FONT_WIDTH && y >= 5 &&
				      y < 5 + 2 * FONT_HEIGHT;

			assert_int_equal(pixels[y * 30 + x],
				inside && wanted[(y - 5) / 2][(x - 3) / 2] == '#' ? 7
										  : 0);
		}
}

TEST(text_becomes_cells)
{
	char cells[8];

	assert_int_equal(
		font_cells("a\xc2\xb7\xe2\x80\xa6\xc3\xa4z", cells, sizeof(cells)), 5);
	assert_string_equal(cells, "a\x80\x81\x7fz");
	assert_int_equal(font_cells("123456789", cells, sizeof(cells)), 7);
	assert_string_equal(cells, "1234567");
	/* broken UTF-8 ends with the text */
	assert_int_equal(font_cells("\xe2\x80", cells, sizeof(cells)), 1);
	assert_int_equal(font_cells("\xc2", cells, sizeof(cells)), 1);
	assert_int_equal(font_cells("\x80\n\x7f", cells, sizeof(cells)), 3);
	assert_string_equal(cells, "\x7f\x7f\x7f");
}

/* Also an empty text takes room, where there is less than none. */
TEST(a_text_is_cut_only_where_its_ellipsis_fits)
{
	enum { WIDTH = 120, HEIGHT = 20, LEFT = 10 };
	static const char *const texts[] = { "", "never gonna give you up" };
	uint32_t pixels[WIDTH * HEIGHT], empty[WIDTH * HEIGHT] = { 0 };
	const struct hud_look plain = { .ground = 0 };
	const struct render render = { .look = &plain, .text = text_open(NULL) };
	const struct sheet sheet = {
		.render = &render, .bitmap = { pixels, WIDTH, WIDTH, HEIGHT }, .unit = 1
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		for (int room = -LEFT; room <= 100; room++) {
			const bool is_cut = i > 0 && room >= 8;
			double end;

			memset(pixels, 0, sizeof(pixels));
			end = sheet_text_cut(&sheet, LEFT, LEFT + room, HEIGHT - 4,
				texts[i], TEXT_SANS, 8, 8, 0xffffffff);
			assert_int_equal(end > LEFT, is_cut);
			assert_true(end <= LEFT + MAX(room, 0));
			assert_int_equal(
				memcmp(pixels, empty, sizeof(pixels)) != 0, is_cut);
		}
	text_close(render.text);
}

/* A code too dense for a phone to read from afar is left out. */
TEST(long_texts_get_no_code)
{
	static struct hud_qr qr;
	static char text[4001];

	hud_qr_make("http://192.0.2.1:8080/", &qr);
	assert_in_range(qr.side, 0, HUD_QR_SIDE_MAX);
	for (size_t len = 1000; len <= 4000; len += 1500) {
		memset(text, 'x', len);
		text[len] = '\0';
		qr.side = 1;
		hud_qr_make(text, &qr);
		assert_int_equal(qr.side, 0);
	}
	qr.side = 1;
	hud_qr_make("", &qr);
	assert_int_equal(qr.side, 0);
}

/* ------------------------------------------------------------------ the logo */

/* In more sizes than are kept, over what is there, cut at the edge. */
TEST(a_logo_is_the_same_each_time)
{
	enum { SIDE = 40 };
	struct logo logo = { .width = 9, .height = 7 };
	uint32_t once[SIDE * SIDE], again[SIDE * SIDE];
	const struct font_bitmap first = { once, SIDE, SIDE, SIDE },
				 second = { again, SIDE, SIDE, SIDE };

	logo.pixels = malloc(sizeof(uint32_t) * logo.width * logo.height);
	for (uint32_t i = 0; i < logo.width * logo.height; i++)
		logo.pixels[i] = 0x80000000 | i * 0x010203 % 0x808080;
	for (uint32_t i = 0; i < 3 * (LOGO_SIZES + 1); i++) {
		const uint32_t side = 5 + i % (LOGO_SIZES + 1) * 6;

		memset(once, 0x33, sizeof(once));
		memset(again, 0x33, sizeof(again));
		logo_draw(&logo, &first, 20, 3, side, side);
		logo_draw_again(&logo, &second, 20, 3, side, side);
		logo_draw(&logo, &first, 0, 10, side, 11);
		logo_draw_again(&logo, &second, 0, 10, side, 11);
		assert_memory_equal(once, again, sizeof(once));
	}
	logo_finish(&logo);
}

UNIT_TESTS(NULL, NULL)
