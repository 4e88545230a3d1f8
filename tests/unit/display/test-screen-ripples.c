/* SPDX-License-Identifier: MIT */
/* Rings around pixels that were just painted, as a screen draws them and takes them away.
 */
#include "unit/display/drawn-screen.h"

static void
show_ripples(struct stage *stage, const struct hud_ripple *ripples, uint32_t n)
{
	if (n > 0)
		memcpy(stage->context.ripples, ripples, n * sizeof(*ripples));
	stage->context.n_ripples = n;
	screen_redraw_ripples(&stage->screen);
	wait_until_still(stage);
}

/* Rings around their pixels, cut at the picture's edge, below a card; when they end all
 * is as it was. */
TEST(ripples_come_and_go)
{
	const struct config_output configs[] = { { .hud = HUD_YES },
		{ .hud = HUD_YES, .rotate = 3, .mirror = MIRROR_X, .safe_area = 5 },
		{ .hud = HUD_YES, .hud_place = PLACE_OVERLAY, .scale = SCALE_FILL } };
	static uint32_t before[WIDTH * HEIGHT];

	for (size_t i = 0; i < ARRAY_LEN(configs); i++) {
		const uint64_t now = uv_hrtime();
		/* in the middle, at an edge, below the card, and one that is over */
		const struct hud_ripple ripples[] = { { 160, 100, now }, { 0, 0, now },
			{ 100, 185, now }, { 200, 60, now - UINT64_C(600000000) } };
		struct stage stage;
		struct box ring;
		uint64_t frames;

		begin(&stage, &configs[i]);
		memcpy(before, output.memory, sizeof(before));
		frames = stage.context.frames;
		show_ripples(&stage, ripples, ARRAY_LEN(ripples));
		assert_int_equal(stage.context.frames, frames + 1);
		assert_in_range(stage.screen.slots[0].ripples.n, 2, 3);
		assert_memory_not_equal(output.memory, before, sizeof(before));
		/* not in the ring */
		ring = stage.screen.slots[0].ripples.boxes[0];
		assert_int_equal(
			at((ring.left + ring.right) / 2, (ring.top + ring.bottom) / 2),
			0x305070);
		if (configs[i].hud_place == PLACE_OVERLAY) {
			const struct box *card = &stage.screen.layout.strip;

			for (uint32_t x = card->left; x < card->right; x++)
				assert_int_equal(at(x, card->top),
					before[card->top * WIDTH + x] & 0xffffff);
		}
		show_ripples(&stage, ripples, 0);
		assert_memory_is(before);
		end(&stage);
	}
}

/* The frame without the last of it is drawn again when the kernel was busy: the buffer
 * that is shown still has the ring. */
TEST(a_ripple_goes_though_the_kernel_is_busy)
{
	const struct config_output config = { .hud = HUD_YES };
	static uint32_t before[WIDTH * HEIGHT];
	struct stage stage;

	begin_buffers(&stage, &config, 2);
	memcpy(before, output.memory, sizeof(before));
	for (uint32_t i = 0; i < DISPLAY_BUFFERS; i++) {
		const struct hud_ripple ripple = { 160, 100, uv_hrtime() };

		show_ripples(&stage, &ripple, 1);
		output.busy = 3;
		show_ripples(&stage, NULL, 0);
		assert_int_equal(output.busy, 0);
		assert_memory_equal(shown(), before, sizeof(before));
	}
	end(&stage);
}

/* They close in on the pixel, and no more than the newest is where it was. */
TEST(a_ripple_becomes_smaller)
{
	const struct config_output config = { .hud = HUD_YES };
	uint32_t width = UINT32_MAX;
	struct stage stage;

	begin(&stage, &config);
	for (uint64_t age_ms = 0; age_ms < 500; age_ms += 100) {
		const struct hud_ripple ripple = { 160, 100,
			uv_hrtime() - age_ms * 1000000 };
		const struct box *box = &stage.screen.slots[0].ripples.boxes[0];

		show_ripples(&stage, &ripple, 1);
		if (stage.screen.slots[0].ripples.n == 0)
			break; /* it took so long that it was over */
		assert_true(box->right - box->left <= width);
		width = box->right - box->left;
	}
	show_ripples(&stage, NULL, 0);
	assert_int_equal(colours_in(&(struct box){ 20, 0, WIDTH - 20, 300 }), 1);
	end(&stage);
}

UNIT_TESTS(NULL, NULL)
