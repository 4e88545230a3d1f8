/* SPDX-License-Identifier: MIT */
/* A screen on a driver that only has memory, which checks that no more of it is written
 * than the screen says: the fixture of the tests of screens. */
#pragma once

#include <errno.h>
#include <string.h>

#include "config/config.h"
#include "display/context.h"
#include "display/screen.h"
#include "support/unit.h"

enum { WIDTH = 640, HEIGHT = 480, CANVAS_WIDTH = 320, CANVAS_HEIGHT = 200 };

/* A driver of one buffer, or of two, which are shown at once unless it is busy. */
struct output {
	uint32_t memory[WIDTH * HEIGHT], second[WIDTH * HEIGHT];
	uint32_t n_buffers, shown;
	uint32_t busy; /* so many times */
};

static struct output output;

static inline bool
is_in(const struct box *box, uint32_t i)
{
	const uint32_t x = i % WIDTH, y = i / WIDTH;

	return x >= box->left && x < box->right && y >= box->top && y < box->bottom;
}

static inline int
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

static inline void
paint(struct stage *stage, uint32_t x, uint32_t y, uint32_t colour)
{
	mural_put(&stage->brush, x, y, colour);
	canvas_publish(&stage->canvas, &stage->brush);
}

/* Without blocking: a timer that is due already is run before the loop would block for
 * ever. */
static inline void
wait_until_still(struct stage *stage)
{
	while (uv_is_active((uv_handle_t *)&stage->screen.timer))
		uv_run(&stage->context.loop, UV_RUN_NOWAIT);
}

static inline void
say(struct stage *stage)
{
	hud_set_text(stage->context.hud, &stage->text);
	screen_redraw_hud(&stage->screen);
	wait_until_still(stage);
}

static inline void
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

static inline void
begin(struct stage *stage, const struct config_output *config)
{
	begin_buffers(stage, config, 1);
}

static inline void
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

static inline uint32_t *
middle(void)
{
	return &output.memory[HEIGHT / 2 * WIDTH + WIDTH / 2];
}

static inline const uint32_t *
shown(void)
{
	return output.shown == 0 ? output.memory : output.second;
}

static inline void
assert_memory_is(const uint32_t *wanted)
{
	assert_memory_equal(output.memory, wanted, sizeof(output.memory));
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
