/* SPDX-License-Identifier: MIT */
/* The HUD's place, its versions, its font and QR codes.  test_hud.py checks what is
 * drawn. */

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/util.h"
#include "config/config.h"
#include "display/scale.h"
#include "hud/font.h"
#include "hud/hud.h"
#include "hud/logo.h"
#include "hud/qr.h"
#include "hud/words.h"
#include "support/unit.h"

/* ------------------------------------------------------------------ places */

/* The picture is the screen without the strip. */
static void
place_is(uint32_t width, uint32_t height, uint32_t canvas_width, uint32_t canvas_height,
	struct box wanted)
{
	struct box strip, picture, rest = { 0, 0, width, height };

	if (wanted.left > 0)
		rest.right = wanted.left;
	else if (wanted.top > 0)
		rest.bottom = wanted.top;
	hud_place(&(struct hud_room){ .width = width, .height = height, .strip = true },
		canvas_width, canvas_height, &strip, &picture);
	assert_memory_equal(&strip, &wanted, sizeof(strip));
	assert_memory_equal(&picture, &rest, sizeof(picture));
}

TEST(it_is_a_strip_where_there_is_no_letterbox)
{
	place_is(1280, 720, 0, 0, (struct box){ 0, 600, 1280, 720 });
	place_is(1280, 720, 1280, 720, (struct box){ 0, 600, 1280, 720 });
	place_is(1920, 1080, 160, 100, (struct box){ 0, 900, 1920, 1080 });
	place_is(1024, 768, 0, 0, (struct box){ 0, 640, 1024, 768 });
	place_is(1080, 1920, 0, 0, (struct box){ 0, 1440, 1080, 1920 });
	/* more than a sixth, for a code of a tenth */
	place_is(640, 480, 0, 0, (struct box){ 0, 393, 640, 480 });
}

TEST(it_takes_the_letterbox_where_that_has_room)
{
	place_is(1920, 1080, 640, 480, (struct box){ 1440, 0, 1920, 1080 });
	place_is(1280, 720, 1280, 576, (struct box){ 0, 576, 1280, 720 });
	/* but leaves half of the screen to the picture */
	place_is(1920, 1080, 10, 1000, (struct box){ 960, 0, 1920, 1080 });
	place_is(1920, 1080, 1000, 10, (struct box){ 0, 540, 1920, 1080 });
}

TEST(a_small_screen_is_all_picture)
{
	place_is(319, 240, 0, 0, (struct box){ 0 });
	place_is(1024, 199, 64, 64, (struct box){ 0 });
}

TEST(edges_and_size_are_as_configured)
{
	struct hud_room room = { .width = 1920, .height = 1080, .safe = 5 };
	struct box strip, picture;
	const struct box safe = { 96, 54, 1824, 1026 };

	hud_place(&room, 0, 0, &strip, &picture);
	assert_memory_equal(&picture, &safe, sizeof(safe));
	assert_int_equal(strip.right, 0);
	room.strip = true;
	room.size = 20;
	hud_place(&room, 0, 0, &strip, &picture);
	assert_memory_equal(
		&strip, (&(struct box){ 96, 831, 1824, 1026 }), sizeof(strip));
	assert_memory_equal(
		&picture, (&(struct box){ 96, 54, 1824, 831 }), sizeof(picture));
	/* beside it as well */
	hud_place(&room, 400, 480, &strip, &picture);
	assert_int_equal(strip.left, picture.right);
	assert_int_equal(strip.right, safe.right);
	assert_int_equal(strip.top, safe.top);
}

static void
card_is(const struct hud_room *room, struct box wanted)
{
	const struct box all = { 0, 0, room->width, room->height };
	struct box card, picture;

	hud_place(room, 640, 480, &card, &picture);
	assert_memory_equal(&picture, &all, sizeof(all));
	assert_memory_equal(&card, &wanted, sizeof(wanted));
}

/* Within the edges that some screens cut off, and of no more than is written in it. */
TEST(a_card_leaves_all_of_the_screen_to_the_picture)
{
	card_is(
		&(struct hud_room){
			.width = 1920, .height = 1080, .form = HUD_CARD, .strip = true },
		(struct box){ 48, 872, 1329, 1052 });
	card_is(&(struct hud_room){ .width = 1920,
			.height = 1080,
			.form = HUD_CORNER,
			.strip = true },
		(struct box){ 1260, 872, 1869, 1052 });
	card_is(
		&(struct hud_room){
			.width = 1024, .height = 768, .form = HUD_CARD, .strip = true },
		(struct box){ 24, 620, 934, 748 });
	card_is(
		&(struct hud_room){
			.width = 640, .height = 480, .form = HUD_CARD, .strip = true },
		(struct box){ 16, 380, 585, 467 });
	card_is(
		&(struct hud_room){
			.width = 1080, .height = 1920, .form = HUD_CARD, .strip = true },
		(struct box){ 24, 1392, 1050, 1872 });
	card_is(
		&(struct hud_room){
			.width = 319, .height = 240, .form = HUD_CARD, .strip = true },
		(struct box){ 0 });
	card_is(&(struct hud_room){ .width = 1280, .height = 720, .form = HUD_CARD },
		(struct box){ 0 });
}

static void
size_in(struct box area, uint32_t canvas_width, uint32_t canvas_height, uint32_t *width,
	uint32_t *height)
{
	const struct scale_screen screen = {
		.width = area.right,
		.height = area.bottom,
		.area = area,
	};
	const struct mural_view view = {
		.width = canvas_width,
		.height = canvas_height,
		.tiles_x = (canvas_width + MURAL_TILE - 1) / MURAL_TILE,
		.tiles_y = (canvas_height + MURAL_TILE - 1) / MURAL_TILE,
	};
	struct scale scale;

	assert_int_equal(scale_init(&scale, SCALE_FIT, &view, &screen), 0);
	*width = scale.x.picture;
	*height = scale.y.picture;
	scale_finish(&scale);
}

/* For all ways in which the sizes are rounded. */
TEST(in_the_letterbox_it_costs_the_picture_nothing)
{
	const struct box screens[] = { { 0, 0, 1024, 768 }, { 0, 0, 1280, 800 },
		{ 0, 0, 1366, 768 }, { 0, 0, 1080, 1920 } };
	uint32_t cases = 0;

	for (size_t i = 0; i < ARRAY_LEN(screens); i++)
		for (uint32_t height = 97; height < 1000; height += 7) {
			struct box strip, picture, screen = screens[i];
			uint32_t whole_width, whole_height, width, rows;

			hud_place(&(struct hud_room){ .width = screen.right,
					  .height = screen.bottom,
					  .strip = true },
				320, height, &strip, &picture);
			size_in(screen, 320, height, &whole_width, &whole_height);
			if (whole_height > picture.bottom || whole_width > picture.right)
				continue; /* no letterbox: the strip takes part of the
					     picture */
			size_in(picture, 320, height, &width, &rows);
			assert_int_equal(width, whole_width);
			assert_int_equal(rows, whole_height);
			cases++;
		}
	assert_true(cases > 100);
}

/* A canvas made as large as the picture must be shown pixel for pixel. */
TEST(a_canvas_of_the_pictures_size_keeps_the_place)
{
	static const uint32_t screens[][2] = { { 320, 200 }, { 640, 480 }, { 800, 600 },
		{ 1024, 768 }, { 1280, 720 }, { 1366, 768 }, { 1920, 1080 },
		{ 1080, 1920 }, { 2560, 1080 }, { 3840, 2160 }, { 8192, 8192 },
		{ 641, 479 } };

	for (size_t i = 0; i < ARRAY_LEN(screens); i++) {
		const uint32_t *s = screens[i];
		struct box strip, picture, strip2, picture2;

		const struct hud_room room = {
			.width = s[0], .height = s[1], .strip = true
		};

		hud_place(&room, 0, 0, &strip, &picture);
		assert_true(picture.left == 0 && picture.top == 0);
		assert_true(picture.right == s[0] && picture.bottom == strip.top);
		assert_true(strip.right == s[0] && strip.bottom == s[1]);
		hud_place(&room, picture.right, picture.bottom, &strip2, &picture2);
		assert_memory_equal(&strip, &strip2, sizeof(strip));
		assert_memory_equal(&picture, &picture2, sizeof(picture));
	}
}

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

/* ------------------------------------------------------------------ words */

static void
counts_as(uint64_t count, const char *wanted)
{
	char text[WORDS_MAX];

	words_count(HUD_ENGLISH, count, text);
	assert_string_equal(text, wanted);
}

TEST(counts_have_three_digits)
{
	counts_as(0, "0");
	counts_as(999, "999");
	counts_as(1234, "1,234");
	counts_as(9999, "9,999");
	counts_as(10000, "10.0 k");
	counts_as(45678, "45.7 k");
	counts_as(999499, "999 k");
	counts_as(999500, "1.00 M");
	counts_as(12345678, "12.3 M");
	counts_as(48200000000, "48.2 G");
	counts_as(UINT64_MAX, "18.4 E");
}

static void
figures_are(const struct hud_text *said, const char *rate, const char *people)
{
	char text[WORDS_MAX];

	words_rate(HUD_ENGLISH, said, text);
	assert_string_equal(text, rate);
	words_people(HUD_ENGLISH, said, true, text);
	assert_string_equal(text, people);
}

TEST(figures_are_words)
{
	struct hud_text said = { 0 };

	figures_are(&said, "be the first", "nobody is painting");
	/* somebody is, whose pixels are not counted yet */
	said.painting = 1;
	figures_are(&said, "be the first", "nobody is painting");
	said.painting = 0;
	said.total = 48200000000;
	said.watching = 5;
	figures_are(&said, "48.2 G pixels so far", "nobody is painting · 5 watching");
	said.rate = 1;
	said.painting = 17;
	said.watching = 1234;
	figures_are(&said, "1 pixel/s", "17 painting · 1,234 watching");
	said.rate = 1234;
	said.watching = 0;
	figures_are(&said, "1,234 pixels/s", "17 painting");
}

/* What the variables say, NULL: not set. */
static enum hud_language
spoken(const char *all, const char *messages, const char *lang)
{
	const char *const values[] = { all, messages, lang };
	static const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };

	for (size_t i = 0; i < 3; i++)
		if (values[i])
			setenv(names[i], values[i], 1);
		else
			unsetenv(names[i]);
	return words_language_of_locale();
}

TEST(the_locale_decides_on_the_language)
{
	assert_int_equal(spoken(NULL, NULL, NULL), HUD_ENGLISH);
	assert_int_equal(spoken(NULL, NULL, "C.UTF-8"), HUD_ENGLISH);
	assert_int_equal(spoken(NULL, NULL, "de_DE.UTF-8"), HUD_GERMAN);
	assert_int_equal(spoken("", "", "de"), HUD_GERMAN);
	assert_int_equal(spoken(NULL, "de_AT@euro", "fr_FR.UTF-8"), HUD_GERMAN);
	assert_int_equal(
		spoken("en_US.UTF-8", "de_DE.UTF-8", "de_DE.UTF-8"), HUD_ENGLISH);
	assert_int_equal(spoken(NULL, NULL, "dev_XX"), HUD_ENGLISH);
	assert_int_equal(spoken(NULL, NULL, "d"), HUD_ENGLISH);
}

static void
address_is(const char *url, const char *typed, const char *scanned)
{
	char text[128];

	words_address(url, text, sizeof(text));
	assert_string_equal(text, typed);
	words_scanned(url, text, sizeof(text));
	assert_string_equal(text, scanned);
}

TEST(addresses_are_short)
{
	address_is(
		"http://192.0.2.10:8080/", "192.0.2.10:8080", "HTTP://192.0.2.10:8080");
	address_is("http://wall.example.org:80/", "wall.example.org",
		"HTTP://WALL.EXAMPLE.ORG");
	address_is("https://wall.example.org:443/Paint/", "wall.example.org/Paint",
		"HTTPS://WALL.EXAMPLE.ORG/Paint/");
	address_is("https://wall.example.org:80", "wall.example.org:80",
		"HTTPS://WALL.EXAMPLE.ORG:80");
	address_is("http://[2001:db8::80]/", "[2001:db8::80]", "HTTP://[2001:DB8::80]");
	address_is("", "", "");
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
