/* SPDX-License-Identifier: MIT */
/* What a screen writes into the buffer that is shown, when something comes to lie on the
 * picture or goes: no more than that and what is below it. */
#include "display/screen.h"

#include <errno.h>
#include <string.h>

#include "config/config.h"
#include "display/context.h"
#include "support/unit.h"

enum { WIDTH = 640, HEIGHT = 480, CANVAS_WIDTH = 320, CANVAS_HEIGHT = 200 };

/* A driver of one buffer, or of two, which are shown at once unless it is busy. */
struct output {
	uint32_t memory[WIDTH * HEIGHT], second[WIDTH * HEIGHT];
	uint32_t n_buffers, shown;
	uint32_t busy; /* so many times */
};

static struct output output;

static bool
is_in(const struct box *box, uint32_t i)
{
	const uint32_t x = i % WIDTH, y = i / WIDTH;

	return x >= box->left && x < box->right && y >= box->top && y < box->bottom;
}

static int
present(void *arg, uint32_t buffer, const struct box *box)
{
	assert_ptr_equal(arg, &output);
	assert_in_range(buffer, 0, output.n_buffers - 1);
	assert_false(box_is_empty(*box));
	/* a driver that copies sends no more than the box */
	for (uint32_t i = 0; output.n_buffers == 2 && i < WIDTH * HEIGHT; i++)
		assert_true(is_in(box, i) || output.memory[i] == output.second[i]);
	if (output.busy > 0) {
		output.busy--;
		return -EBUSY;
	}
	output.shown = buffer;
	return DISPLAY_FLIP_DONE;
}

static const struct display_driver driver = { .name = "test", .present = present };

struct stage {
	struct display_counters counters;
	struct canvas canvas;
	struct display_context context;
	struct screen screen;
	struct mural_brush brush;
	struct hud_text text;
};

static void
paint(struct stage *stage, uint32_t x, uint32_t y, uint32_t colour)
{
	mural_put(&stage->brush, x, y, colour);
	canvas_publish(&stage->canvas, &stage->brush);
}

/* Without blocking: a timer that is due already is run before the loop would block for
 * ever. */
static void
wait_until_still(struct stage *stage)
{
	while (uv_is_active((uv_handle_t *)&stage->screen.timer))
		uv_run(&stage->context.loop, UV_RUN_NOWAIT);
}

static void
say(struct stage *stage)
{
	hud_set_text(stage->context.hud, &stage->text);
	screen_redraw_hud(&stage->screen);
	wait_until_still(stage);
}

static void
begin_buffers(struct stage *stage, const struct config_output *config, uint32_t n_buffers)
{
	const size_t pitch = WIDTH * sizeof(uint32_t);
	const struct display_surface surface = { .name = "test",
		.width = WIDTH,
		.height = HEIGHT,
		.frame_ns = 1000000,
		.n_buffers = n_buffers,
		.buffers = { { (uint8_t *)output.memory, pitch },
			{ (uint8_t *)output.second, pitch } } };
	struct display_context *context = &stage->context;

	*stage = (struct stage){ 0 };
	output = (struct output){ .n_buffers = n_buffers };
	assert_int_equal(
		canvas_init(&stage->canvas, CANVAS_WIDTH, CANVAS_HEIGHT, 0xff305070), 0);
	assert_int_equal(canvas_brush_init(&stage->canvas, &stage->brush, 0, 0,
				 CANVAS_WIDTH, CANVAS_HEIGHT),
		0);
	context->counters = &stage->counters;
	context->driver = &driver;
	context->config.outputs[0] = *config;
	context->canvas = &stage->canvas;
	context->hud = hud_new();
	pthread_mutex_init(&context->lock, NULL);
	uv_loop_init(&context->loop);
	assert_int_equal(context_init(context), 0);
	for (uint32_t i = 0; i < CONFIG_CONNECTORS; i++)
		context->screens[i] = &stage->screen;
	screen_init(&stage->screen, context, 0);
	assert_int_equal(screen_prepare(&stage->screen, &surface, &output), 0);
	screen_enabled(&stage->screen);
	wait_until_still(stage);
}

static void
begin(struct stage *stage, const struct config_output *config)
{
	begin_buffers(stage, config, 1);
}

static void
end(struct stage *stage)
{
	struct display_context *context = &stage->context;

	screen_close(&stage->screen);
	uv_run(&context->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&context->loop), 0);
	screen_finish(&stage->screen);
	context_finish(context);
	pthread_mutex_destroy(&context->lock);
	hud_free(context->hud);
	canvas_brush_finish(&stage->brush);
	canvas_finish(&stage->canvas);
}

/* Stands where nothing has to be drawn, and stays. */
#define MARK 0xff123456

static uint32_t *
middle(void)
{
	return &output.memory[HEIGHT / 2 * WIDTH + WIDTH / 2];
}

static const uint32_t *
shown(void)
{
	return output.shown == 0 ? output.memory : output.second;
}

static void
assert_memory_is(const uint32_t *wanted)
{
	assert_memory_equal(output.memory, wanted, sizeof(output.memory));
}

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

static uint32_t
at(uint32_t x, uint32_t y)
{
	return output.memory[y * WIDTH + x] & 0xffffff;
}

/* So many different ones. */
static uint32_t
colours_in(const struct box *box)
{
	uint32_t seen[16], n = 0;

	for (uint32_t y = box->top; y < box->bottom; y++)
		for (uint32_t x = box->left; x < box->right; x++) {
			uint32_t i = 0;

			while (i < n && seen[i] != at(x, y))
				i++;
			if (i == n && n < ARRAY_LEN(seen))
				seen[n++] = at(x, y);
		}
	return n;
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
