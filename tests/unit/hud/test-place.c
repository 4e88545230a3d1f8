/* SPDX-License-Identifier: MIT */
/* Where the HUD and the picture lie on the screen. */
#include "base/util.h"
#include "config/config.h"
#include "display/scale.h"
#include "hud/hud.h"
#include "support/unit.h"

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

UNIT_TESTS(NULL, NULL)
