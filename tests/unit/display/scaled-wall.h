/* SPDX-License-Identifier: MIT */
/* Canvases and screens of many sizes, and what scaling one to the other writes into a
 * screen's memory. */
#pragma once

#include <stdlib.h>

#include "base/util.h"
#include "canvas/canvas.h"
#include "config/config.h"
#include "display/scale.h"
#include "support/unit.h"

#define UNTOUCHED 0x12345678
#define BLACK 0

static const uint32_t canvases[][2] = { { 1, 1 }, { 1, 97 }, { 131, 1 }, { 31, 33 },
	{ 32, 32 }, { 64, 40 }, { 127, 61 }, { 320, 200 }, { 333, 7 }, { 257, 251 } };
static const uint32_t screens[][2] = { { 1, 1 }, { 7, 300 }, { 64, 40 }, { 128, 80 },
	{ 97, 89 }, { 320, 200 }, { 333, 201 }, { 640, 397 } };

/* A screen's memory, with padding behind each row. */
struct framebuffer {
	uint32_t width, height, stride;
	uint32_t *pixels;
};

static inline struct framebuffer
framebuffer_new(uint32_t width, uint32_t height, uint32_t colour)
{
	struct framebuffer screen = { width, height, width + 13, NULL };

	screen.pixels = malloc((size_t)screen.stride * height * sizeof(uint32_t));
	for (size_t i = 0; i < (size_t)screen.stride * height; i++)
		screen.pixels[i] = colour;
	return screen;
}

/* An upright screen, all of it for the canvas. */
static inline struct scale_screen
plain(uint32_t width, uint32_t height)
{
	return (struct scale_screen){
		.width = width,
		.height = height,
		.area = { 0, 0, width, height },
	};
}

/* The canvas: each pixel has a different colour. */
static inline uint32_t
colour_at(uint32_t x, uint32_t y)
{
	return 0xff000000 | (y << 12 ^ x * 7) << 4 | (x & 15);
}

struct wall {
	struct canvas canvas;
	struct mural_brush brush;
	struct mural_reader *reader;
	uint64_t *tiles, *all; /* one tile set to take into, and every tile */
};

static inline void
wall_init(struct wall *wall, uint32_t width, uint32_t height)
{
	assert_int_equal(canvas_init(&wall->canvas, width, height, 0xff000000), 0);
	assert_int_equal(
		canvas_brush_init(&wall->canvas, &wall->brush, 0, 0, width, height), 0);
	wall->reader = canvas_reader_new(&wall->canvas);
	wall->tiles = calloc(wall->canvas.view.words, sizeof(uint64_t));
	wall->all = calloc(wall->canvas.view.words, sizeof(uint64_t));
	for (uint32_t y = 0; y < height; y++)
		for (uint32_t x = 0; x < width; x++)
			mural_put(&wall->brush, x, y, colour_at(x, y));
	canvas_publish(&wall->canvas, &wall->brush);
	assert_true(mural_reader_take(wall->reader, wall->all));
}

static inline void
wall_finish(struct wall *wall)
{
	free(wall->tiles);
	free(wall->all);
	mural_reader_free(wall->reader);
	canvas_brush_finish(&wall->brush);
	canvas_finish(&wall->canvas);
}

static inline struct box
draw(const struct wall *wall, const struct scale *scale, const uint64_t *tiles,
	struct framebuffer *screen)
{
	return scale_draw(scale, wall->reader, tiles, (uint8_t *)screen->pixels,
		screen->stride * sizeof(uint32_t));
}

/* The memory of a screen that shows the whole canvas. */
static inline struct framebuffer
show(const struct wall *wall, uint32_t mode, const struct scale_screen *how)
{
	struct framebuffer screen = framebuffer_new(how->width, how->height, UNTOUCHED);
	struct scale scale;

	assert_int_equal(scale_init(&scale, mode, &wall->canvas.view, how), 0);
	scale_clear(&scale, (uint8_t *)screen.pixels, screen.stride * sizeof(uint32_t));
	draw(wall, &scale, wall->all, &screen);
	scale_finish(&scale);
	return screen;
}

/* ------------------------------------------------------------------ all of them */

typedef void combination(uint32_t mode, const uint32_t *canvas, const uint32_t *screen);

static inline void
for_all(combination *check)
{
	for (uint32_t mode = SCALE_FIT; mode <= SCALE_NONE; mode++)
		for (size_t c = 0; c < ARRAY_LEN(canvases); c++)
			for (size_t s = 0; s < ARRAY_LEN(screens); s++)
				check(mode, canvases[c], screens[s]);
}

/* Painting a few tiles and copying those gives the same as copying everything, and writes
 * nothing outside the box that is returned. */
static inline void
check_damage_on(uint32_t mode, const uint32_t *canvas, const struct scale_screen *how)
{
	struct framebuffer whole = framebuffer_new(how->width, how->height, UNTOUCHED);
	struct framebuffer part = framebuffer_new(how->width, how->height, UNTOUCHED);
	struct framebuffer fresh = framebuffer_new(how->width, how->height, UNTOUCHED);
	struct scale scale;
	struct box box;
	struct wall wall;

	wall_init(&wall, canvas[0], canvas[1]);
	assert_int_equal(scale_init(&scale, mode, &wall.canvas.view, how), 0);
	draw(&wall, &scale, wall.all, &part);
	for (uint32_t i = 0; i < 5; i++)
		mural_put(&wall.brush, canvas[0] * i / 7, canvas[1] * (7 - i) / 8,
			0xffabcdef);
	canvas_publish(&wall.canvas, &wall.brush);
	assert_true(mural_reader_take(wall.reader, wall.tiles));
	draw(&wall, &scale, wall.tiles, &part);
	draw(&wall, &scale, wall.all, &whole);
	assert_memory_equal(whole.pixels, part.pixels,
		(size_t)whole.stride * how->height * sizeof(uint32_t));

	box = draw(&wall, &scale, wall.tiles, &fresh);
	for (uint32_t y = 0; y < how->height; y++)
		for (uint32_t x = 0; x < fresh.stride; x++)
			if (x < box.left || x >= box.right || y < box.top ||
				y >= box.bottom)
				assert_int_equal(
					fresh.pixels[y * fresh.stride + x], UNTOUCHED);
	scale_finish(&scale);
	wall_finish(&wall);
	free(whole.pixels);
	free(part.pixels);
	free(fresh.pixels);
}
