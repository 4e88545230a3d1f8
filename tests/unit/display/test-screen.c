/* SPDX-License-Identifier: MIT */
/* What a screen writes into the buffer that is shown, when something comes to lie on the
 * picture or goes: no more than that and what is below it. */
#include "unit/display/drawn-screen.h"

TEST(a_notice_leaves_the_rest_of_the_picture_alone)
{
	static const struct config_output configs[] = { { .hud = HUD_YES },
		{ .hud = HUD_NO, .scale = SCALE_NONE }, { .hud = HUD_NO, .rotate = 1 },
		{ .hud = HUD_NO, .mirror = MIRROR_X, .safe_area = 10 } };
	static uint32_t before[WIDTH * HEIGHT];

	for (size_t i = 0; i < ARRAY_LEN(configs); i++) {
		struct stage stage;

		begin(&stage, &configs[i]);
		paint(&stage, 3, 4, 0xffff8000);
		uv_run(&stage.context.loop, UV_RUN_ONCE);
		wait_until_still(&stage);
		*middle() = MARK;
		memcpy(before, output.memory, sizeof(before));
		strcpy(stage.text.notice, "the doors close at 23:00");
		say(&stage);
		assert_int_equal(*middle(), MARK);
		assert_memory_not_equal(output.memory, before, sizeof(before));
		*stage.text.notice = '\0';
		say(&stage);
		assert_memory_is(before);
		end(&stage);
	}
}

static void
mark_beside(const struct box *box)
{
	for (uint32_t i = 0; i < WIDTH * HEIGHT; i++)
		if (!is_in(box, i))
			output.memory[i] = MARK;
}

/* With those that the box has room for. */
static uint32_t
marks_beside(const struct box *box)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < WIDTH * HEIGHT; i++)
		n += is_in(box, i) || output.memory[i] == MARK;
	return n;
}

/* It goes when somebody paints, and what was painted below it is there.  The canvas is
 * doubled, from row 40 on. */
TEST(a_card_hides_and_comes_back)
{
	const struct config_output config = { .hud = HUD_YES, .hud_place = PLACE_IDLE };
	struct stage stage;
	struct box card;

	begin(&stage, &config);
	card = stage.screen.layout.strip;
	assert_true(stage.screen.layout.hidden);
	assert_int_equal(at(card.left, card.top), 0x305070);
	assert_int_equal(at(card.left, card.bottom - 1), 0);
	/* what it would say is no frame */
	stage.text.rate = 7;
	say(&stage);
	stage.text.quiet = true;
	say(&stage);
	assert_int_equal(at(card.left, card.top), 0x46505c);
	assert_int_equal(at(card.left, card.bottom - 1), 0x46505c);

	/* wholly below, and beside it in a tile that it covers in part */
	*middle() = MARK;
	paint(&stage, 100, 190, 0xff010203);
	paint(&stage, 100, (card.top - 40) / 2 - 1, 0xff040506);
	uv_run(&stage.context.loop, UV_RUN_ONCE);
	wait_until_still(&stage);
	assert_int_equal(at(200, card.top - 1), 0x040506);
	assert_int_equal(at(card.left, card.top), 0x46505c);
	assert_int_not_equal(at(200, 420), 0x010203);

	stage.text.quiet = false;
	say(&stage);
	assert_int_equal(at(200, 420), 0x010203);
	assert_int_equal(at(card.left, card.bottom - 1), 0);
	assert_int_equal(*middle(), MARK);
	end(&stage);
}

/* The canvas, while the card is there; the strip is not. */
TEST(an_invitation_dims_the_picture)
{
	const struct config_output configs[] = { { .hud = HUD_YES }, { .hud = HUD_CALL },
		{ .hud = HUD_NO }, { .hud = HUD_PLAIN } };
	static uint32_t before[WIDTH * HEIGHT];

	for (size_t i = 0; i < ARRAY_LEN(configs); i++) {
		const bool dims = configs[i].hud == HUD_YES || configs[i].hud == HUD_CALL;
		struct stage stage;
		uint32_t left, top;

		begin(&stage, &configs[i]);
		left = stage.screen.layout.scale.x.start;
		top = stage.screen.layout.scale.y.start;
		paint(&stage, 0, 0, 0xffff8019);
		strcpy(stage.text.url, "http://192.0.2.10:8080/");
		uv_run(&stage.context.loop, UV_RUN_ONCE);
		wait_until_still(&stage);
		say(&stage);
		memcpy(before, output.memory, sizeof(before));
		stage.text.invites = true;
		say(&stage);
		/* a pixel in its corner: 255, 128 and 25; 0x305070 beside it */
		assert_int_equal(at(left, top), dims ? 0x5e3009 : 0xff8019);
		assert_int_equal(at(60, top + 4), dims ? 0x121e2a : 0x305070);
		assert_int_equal(at(320, 479), before[479 * WIDTH + 320] & 0xffffff);
		paint(&stage, 319, 0, 0xffffffff);
		uv_run(&stage.context.loop, UV_RUN_ONCE);
		wait_until_still(&stage);
		assert_int_equal(at(639 - left, top), dims ? 0x5e5e5e : 0xffffff);
		paint(&stage, 319, 0, 0xff305070);
		uv_run(&stage.context.loop, UV_RUN_ONCE);
		wait_until_still(&stage);
		stage.text.invites = false;
		say(&stage);
		assert_memory_is(before);
		end(&stage);
	}
}

/* Its pictures are all that is drawn, and when it ends all is as it was. */
TEST(a_film_plays_in_its_window_alone)
{
	static uint32_t before[WIDTH * HEIGHT], invited[WIDTH * HEIGHT];
	static const uint32_t film[2][2] = { { 0xff112233, 0xff445566 },
		{ 0xff998877, 0xff665544 } };
	const struct config_output configs[] = { { .hud = HUD_YES },
		{ .hud = HUD_YES, .rotate = 1, .mirror = MIRROR_X },
		{ .hud = HUD_YES, .hud_place = PLACE_OVERLAY } };

	for (size_t i = 0; i < ARRAY_LEN(configs); i++) {
		struct stage stage;
		struct box window;
		uint64_t frames;

		begin(&stage, &configs[i]);
		strcpy(stage.text.url, "http://192.0.2.10:8080/");
		say(&stage);
		memcpy(before, output.memory, sizeof(before));
		stage.text.invites = true;
		stage.text.film_width = 2;
		stage.text.film_height = 1;
		hud_set_film(stage.context.hud, film[0], 2, 1);
		say(&stage);
		window = scale_memory(&stage.screen.layout.scale,
			&stage.screen.layout.cards.film.place);
		assert_false(box_is_empty(window));
		assert_in_range(colours_in(&window), 2, 3);
		memcpy(invited, output.memory, sizeof(invited));
		frames = stage.context.frames;

		mark_beside(&window);
		hud_set_film(stage.context.hud, film[1], 2, 1);
		screen_redraw_hud(&stage.screen);
		wait_until_still(&stage);
		assert_int_equal(stage.context.frames, frames + 1);
		assert_int_equal(marks_beside(&window), WIDTH * HEIGHT);
		assert_in_range(colours_in(&window), 2, 3);
		screen_redraw_hud(&stage.screen);
		wait_until_still(&stage);
		assert_int_equal(stage.context.frames, frames + 1);

		memcpy(output.memory, invited, sizeof(invited));
		stage.text.invites = false;
		say(&stage);
		assert_memory_is(before);
		end(&stage);
	}
}

/* Each is drawn into one of two buffers only, and the other one is shown next. */
TEST(what_came_for_a_frame_goes)
{
	const struct config_output config = { .hud = HUD_YES };
	static uint32_t before[WIDTH * HEIGHT];
	struct stage stage;

	begin_buffers(&stage, &config, 2);
	paint(&stage, 3, 4, 0xffff8000);
	uv_run(&stage.context.loop, UV_RUN_ONCE);
	wait_until_still(&stage);
	memcpy(before, shown(), sizeof(before));
	strcpy(stage.text.notice, "the doors close at 23:00");
	say(&stage);
	assert_memory_not_equal(shown(), before, sizeof(before));
	*stage.text.notice = '\0';
	say(&stage);
	assert_memory_equal(shown(), before, sizeof(before));
	stage.text.invites = true;
	say(&stage);
	stage.text.invites = false;
	say(&stage);
	assert_memory_equal(shown(), before, sizeof(before));
	screen_set_black(&stage.screen, true);
	wait_until_still(&stage);
	screen_set_black(&stage.screen, false);
	wait_until_still(&stage);
	assert_memory_equal(shown(), before, sizeof(before));
	end(&stage);
}

TEST(a_frozen_part_is_outlined_and_uncovered)
{
	const struct config_output config = { .hud = HUD_YES, .scale = SCALE_FILL };
	static uint32_t before[WIDTH * HEIGHT];
	struct stage stage;

	begin(&stage, &config);
	*middle() = MARK;
	memcpy(before, output.memory, sizeof(before));
	stage.text.n_frozen = 1;
	stage.text.frozen[0] = (struct box){ 20, 10, 120, 60 };
	say(&stage);
	assert_int_equal(*middle(), MARK);
	assert_memory_not_equal(output.memory, before, sizeof(before));
	stage.text.n_frozen = 0;
	say(&stage);
	assert_memory_is(before);
	end(&stage);
}

UNIT_TESTS(NULL, NULL)
