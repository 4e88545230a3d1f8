/* SPDX-License-Identifier: MIT */
/* What the HUD puts on a screen's memory, beside the picture and on it. */
#include "display/layout.h"

#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "support/unit.h"

enum { WIDTH = 640, HEIGHT = 480 };

#define WALL 0xff305070
#define ACCENT 0xffffc857

static const struct mural_view view = {
	.width = 320,
	.height = 200,
	.tiles_x = (320 + MURAL_TILE - 1) / MURAL_TILE,
	.tiles_y = (200 + MURAL_TILE - 1) / MURAL_TILE,
};

static uint32_t memory[WIDTH * HEIGHT];

/* How much of the screen has the colour of cards, in a memory that shows the wall. */
static uint32_t
amber(const struct layout *layout)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < WIDTH * HEIGHT; i++)
		memory[i] = WALL;
	(void)layout_paste_cards(layout, 0);
	for (uint32_t i = 0; i < WIDTH * HEIGHT; i++)
		n += (memory[i] & 0xffffff) == (ACCENT & 0xffffff);
	return n;
}

static void
begin(struct layout *layout, struct hud *hud, const struct config_output *config)
{
	struct display_surface surface = {
		.name = "test",
		.width = WIDTH,
		.height = HEIGHT,
		.n_buffers = 1,
	};

	surface.buffers[0].pixels = (uint8_t *)memory;
	surface.buffers[0].pitch = WIDTH * sizeof(uint32_t);
	assert_int_equal(layout_init(layout, &surface, config, hud, &view), 0);
}

/* Also where no strip is wanted; "Paused" only where there is one with words. */
TEST(a_notice_is_on_every_screen)
{
	static const struct {
		uint32_t hud;
		bool on_picture;
	} cases[] = { { HUD_YES, true }, { HUD_NO, false }, { HUD_PLAIN, false },
		{ HUD_ONLY, false } };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct config_output config = { .hud = cases[i].hud };
		struct hud_text text = { .paused = true };
		struct hud *hud = hud_new();
		struct layout layout;

		hud_set_text(hud, &text);
		begin(&layout, hud, &config);
		assert_int_equal(layout.cards.n, cases[i].on_picture);
		assert_int_equal(amber(&layout) > 0, cases[i].on_picture);
		text.paused = false;
		strcpy(text.notice, "the doors close at 23:00");
		hud_set_text(hud, &text);
		assert_true(layout_draw_on_picture(&layout, hud));
		assert_int_equal(layout.cards.n, 1);
		assert_true(amber(&layout) > 0);

		*text.notice = '\0';
		hud_set_text(hud, &text);
		assert_true(layout_draw_on_picture(&layout, hud));
		assert_int_equal(amber(&layout), 0);
		assert_false(layout_draw_on_picture(&layout, hud));
		layout_finish(&layout);
		hud_free(hud);
	}
}

/* Pixel for pixel, in the middle of what the strip leaves. */
TEST(an_outline_surrounds_what_is_frozen)
{
	const struct config_output config = { .hud = HUD_YES, .scale = SCALE_NONE };
	struct hud_text text = { .n_frozen = 1, .frozen = { { 20, 10, 120, 60 } } };
	struct hud *hud = hud_new();
	struct layout layout;
	struct box place;

	hud_set_text(hud, &text);
	begin(&layout, hud, &config);
	place = layout.cards.cards[0].place;
	assert_int_equal(place.left, (WIDTH - 320) / 2 + 20);
	assert_int_equal(place.right, (WIDTH - 320) / 2 + 120);
	assert_int_equal(place.top, (layout.strip.top - 200) / 2 + 10);
	layout_finish(&layout);
	hud_free(hud);
}

UNIT_TESTS(NULL, NULL)
