/* SPDX-License-Identifier: MIT */
/*
 * The cost of painting pixels and of reading a frame, each beside the least that it could
 * cost: bare stores of the same pixels, a memcpy() of the same bytes.
 *
 * Prints a line for each: NAME, then for murald and for the baseline the median, least
 * and most, in nanoseconds, the median of their ratios, and whether every pixel is right.
 * The two alternate, so that what disturbs one disturbs both.
 */
#include "canvas/canvas.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "config/config.h"
#include "display/scale.h"
#include "measure.h"

#define WIDTH 1920
#define HEIGHT 1080
#define PIXELS ((size_t)WIDTH * HEIGHT)

/* What is painted: a region in the corner, in a shuffled order, from commands as a
 * protocol has them. */
#define REGION_WIDTH 1280
#define REGION_HEIGHT 720
#define PAINTED ((size_t)REGION_WIDTH * REGION_HEIGHT)

/* A part of it that a core's own cache holds with everything else, over and over. */
#define PART_WIDTH 320
#define PART_HEIGHT 180
#define PART_ROUNDS 16

struct command {
	uint8_t letters[2], x[2], y[2], r, g, b, a;
};

struct bench {
	struct canvas canvas;
	struct mural_brush brush;
	struct mural_reader *reader;
	struct command *commands; /* every pixel once of what is painted */
	size_t n;
	unsigned rounds;
	uint32_t *bare;   /* a frame of its own, laid out like the canvas */
	uint32_t *source; /* a picture without padding */
	uint32_t *copy;
	struct scale scale; /* to a screen of the canvas's size */
	uint64_t *all;      /* tiles */
};

/* Every baseline decodes too: what is compared is the storing. */
static uint32_t
decode(const struct command *command, uint32_t *x, uint32_t *y)
{
	*x = command->x[0] | (uint32_t)command->x[1] << 8;
	*y = command->y[0] | (uint32_t)command->y[1] << 8;
	return (uint32_t)command->a << 24 | (uint32_t)command->r << 16 |
	       (uint32_t)command->g << 8 | command->b;
}

static void
put_once(struct bench *bench)
{
	uint32_t x, y, argb;

	for (size_t i = 0; i < bench->n; i++) {
		argb = decode(&bench->commands[i], &x, &y);
		mural_put(&bench->brush, x, y, argb);
	}
	canvas_publish(&bench->canvas, &bench->brush);
}

static void
put_all(struct bench *bench, uint32_t round)
{
	(void)round;
	for (unsigned i = 0; i < bench->rounds; i++)
		put_once(bench);
}

static void
batch_once(struct bench *bench)
{
	struct mural_batch batch;
	uint32_t n = 0, x, y, argb;

	for (size_t i = 0; i < bench->n; i++) {
		argb = decode(&bench->commands[i], &x, &y);
		n = mural_batch_put(&bench->brush, &batch, n, x, y, argb);
	}
	mural_batch_flush(&bench->brush, &batch, n);
	canvas_publish(&bench->canvas, &bench->brush);
}

static void
batch_all(struct bench *bench, uint32_t round)
{
	(void)round;
	for (unsigned i = 0; i < bench->rounds; i++)
		batch_once(bench);
}

/* What arrived is in a cache: a picture that repeats. */
static const uint32_t *
source_row(const struct bench *bench, uint32_t y)
{
	return bench->source + (size_t)(y % 32) * WIDTH;
}

static void
row_all(struct bench *bench, uint32_t round)
{
	(void)round;
	for (uint32_t y = 0; y < REGION_HEIGHT; y++)
		mural_row(&bench->brush, 0, y, REGION_WIDTH, source_row(bench, y));
	canvas_publish(&bench->canvas, &bench->brush);
}

static void
fill_all(struct bench *bench, uint32_t round)
{
	mural_fill(&bench->brush, 0, 0, REGION_WIDTH, REGION_HEIGHT, 0xff000000 | round);
	canvas_publish(&bench->canvas, &bench->brush);
}

/* ---- bare stores of what these paint */

/* Whoever paints a pixel that came from a network looks where it is. */
static void
store_once(struct bench *bench)
{
	const uint32_t stride = bench->canvas.stride;
	uint32_t *const pixels = bench->bare;
	uint32_t x, y, argb;

	for (size_t i = 0; i < bench->n; i++) {
		argb = decode(&bench->commands[i], &x, &y);
		if (x < REGION_WIDTH && y < REGION_HEIGHT && argb >> 24 == 0xff)
			__atomic_store_n(
				&pixels[(size_t)y * stride + x], argb, __ATOMIC_RELAXED);
	}
}

static void
store_all(struct bench *bench, uint32_t round)
{
	(void)round;
	for (unsigned i = 0; i < bench->rounds; i++)
		store_once(bench);
}

static void
store_rows(struct bench *bench, uint32_t round)
{
	(void)round;
	for (uint32_t y = 0; y < REGION_HEIGHT; y++)
		for (uint32_t x = 0; x < REGION_WIDTH; x++)
			__atomic_store_n(
				&bench->bare[(size_t)y * bench->canvas.stride + x],
				source_row(bench, y)[x], __ATOMIC_RELAXED);
}

static void
store_fill(struct bench *bench, uint32_t round)
{
	for (uint32_t y = 0; y < REGION_HEIGHT; y++)
		for (uint32_t x = 0; x < REGION_WIDTH; x++)
			__atomic_store_n(
				&bench->bare[(size_t)y * bench->canvas.stride + x],
				0xff000000 | round, __ATOMIC_RELAXED);
}

/* ---- frames */

/* As the display copies a frame of which everything changed: tile by tile. */
static void
copy_frame(struct bench *bench, uint32_t round)
{
	(void)round;
	for (uint32_t y = 0; y < HEIGHT; y += MURAL_TILE)
		for (uint32_t x = 0; x < WIDTH; x += MURAL_TILE)
			mural_reader_copy(bench->reader, x, y, MIN(MURAL_TILE, WIDTH - x),
				MIN(MURAL_TILE, HEIGHT - y),
				bench->copy + (size_t)y * WIDTH + x, WIDTH);
}

/* As a screen is drawn that hangs in some way. */
static void
draw_frame(struct bench *bench, uint32_t round)
{
	(void)round;
	scale_draw(&bench->scale, bench->reader, bench->all, (uint8_t *)bench->copy,
		bench->scale.screen.width * sizeof(uint32_t));
}

static bool
set_transform(struct bench *bench, uint32_t quarter_turns, bool mirrored)
{
	const struct scale_screen screen = {
		.width = quarter_turns % 2 ? HEIGHT : WIDTH,
		.height = quarter_turns % 2 ? WIDTH : HEIGHT,
		.quarter_turns = quarter_turns,
		.mirrored = mirrored,
		.area = { 0, 0, WIDTH, HEIGHT },
	};

	scale_finish(&bench->scale);
	return scale_init(&bench->scale, SCALE_FIT, &bench->canvas.view, &screen) == 0;
}

static void
copy_bytes(struct bench *bench, uint32_t round)
{
	(void)round;
	memcpy(bench->copy, bench->bare, PIXELS * sizeof(uint32_t));
}

/* Where a pixel of the canvas lies on the screen, as scale.h has it. */
static size_t
screen_offset(const struct scale_screen *screen, uint32_t x, uint32_t y)
{
	if (screen->mirrored)
		x = WIDTH - 1 - x;
	if (screen->quarter_turns == 1)
		return (size_t)x * HEIGHT + HEIGHT - 1 - y;
	return (size_t)y * WIDTH + x;
}

/* Whether a frame made now shows what the bare stores painted. */
static bool
is_right(struct bench *bench, void (*frame)(struct bench *, uint32_t))
{
	memset(bench->copy, 0, PIXELS * sizeof(uint32_t));
	frame(bench, 0);
	for (uint32_t y = 0; y < HEIGHT; y++)
		for (uint32_t x = 0; x < WIDTH; x++)
			if (bench->copy[screen_offset(&bench->scale.screen, x, y)] !=
				bench->bare[(size_t)y * bench->canvas.stride + x])
				return false;
	return true;
}

/* `frame` shows the outcome of `ours`, which may be the same. */
static void
measure(struct bench *bench, const char *name, double units,
	void (*ours)(struct bench *, uint32_t), void (*least)(struct bench *, uint32_t),
	void (*frame)(struct bench *, uint32_t))
{
	double times[2][ROUNDS];

	ours(bench, 0);
	least(bench, 0);
	for (int i = 0; i < ROUNDS; i++) {
		double start = cpu_ns(), middle;

		ours(bench, (uint32_t)i);
		middle = cpu_ns();
		least(bench, (uint32_t)i);
		times[0][i] = (middle - start) / units;
		times[1][i] = (cpu_ns() - middle) / units;
	}
	print_times(name, times, is_right(bench, frame));
}

static void
swap_commands(struct command *a, struct command *b)
{
	struct command kept = *a;

	*a = *b;
	*b = kept;
}

static void
make_commands(struct bench *bench, uint32_t width, uint32_t height, unsigned rounds)
{
	struct command *const commands = bench->commands;
	uint64_t state = 1;

	bench->n = (size_t)width * height;
	bench->rounds = rounds;
	for (uint32_t i = 0; i < bench->n; i++) {
		uint32_t x = i % width, y = i / width, rgb = i * 2654435761u;

		commands[i] =
			(struct command){ { 'P', 'B' }, { (uint8_t)x, (uint8_t)(x >> 8) },
				{ (uint8_t)y, (uint8_t)(y >> 8) }, (uint8_t)(rgb >> 24),
				(uint8_t)(rgb >> 16), (uint8_t)(rgb >> 8), 0xff };
	}
	for (size_t i = bench->n - 1; i > 0; i--) {
		state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
		swap_commands(&commands[i], &commands[(size_t)(state >> 33) % (i + 1)]);
	}
}

static void
measure_pixels(struct bench *bench, const char *put, const char *batch)
{
	const double painted = (double)bench->n * bench->rounds;

	measure(bench, put, painted, put_all, store_all, copy_frame);
	measure(bench, batch, painted, batch_all, store_all, copy_frame);
}

int
main(void)
{
	struct bench bench = { 0 };
	size_t stored;

	if (canvas_init(&bench.canvas, WIDTH, HEIGHT, 0xff000000) < 0 ||
		canvas_brush_init(&bench.canvas, &bench.brush, 0, 0, REGION_WIDTH,
			REGION_HEIGHT) < 0)
		return 1;
	stored = (size_t)bench.canvas.stride * HEIGHT;
	bench.reader = canvas_reader_new(&bench.canvas);
	bench.commands = malloc(PAINTED * sizeof(struct command));
	bench.bare = malloc(stored * sizeof(uint32_t));
	bench.source = malloc(PIXELS * sizeof(uint32_t));
	bench.copy = calloc(PIXELS, sizeof(uint32_t));
	bench.all = calloc(bench.canvas.view.words, sizeof(uint64_t));
	if (!bench.all || !bench.reader || !bench.commands || !bench.bare ||
		!bench.copy || !bench.source)
		return 1;
	mural_reader_take(bench.reader, bench.all);
	for (size_t i = 0; i < stored; i++)
		bench.bare[i] = 0xff000000;
	for (size_t i = 0; i < PIXELS; i++)
		bench.source[i] = 0xff000000 | (uint32_t)(i * 2654435761u) >> 8;

	make_commands(&bench, PART_WIDTH, PART_HEIGHT, PART_ROUNDS);
	measure_pixels(&bench, "put-cached", "batch-cached");
	make_commands(&bench, REGION_WIDTH, REGION_HEIGHT, 1);
	measure_pixels(&bench, "put", "batch");
	measure(&bench, "row", (double)PAINTED, row_all, store_rows, copy_frame);
	measure(&bench, "fill", (double)PAINTED, fill_all, store_fill, copy_frame);
	measure(&bench, "copy-frame", 1, copy_frame, copy_bytes, copy_frame);
	if (!set_transform(&bench, 0, false))
		return 1;
	measure(&bench, "draw-upright", 1, draw_frame, copy_bytes, draw_frame);
	if (!set_transform(&bench, 0, true))
		return 1;
	measure(&bench, "draw-mirrored", 1, draw_frame, copy_bytes, draw_frame);
	if (!set_transform(&bench, 1, false))
		return 1;
	measure(&bench, "draw-upended", 1, draw_frame, copy_bytes, draw_frame);

	scale_finish(&bench.scale);
	free(bench.all);
	free(bench.commands);
	free(bench.bare);
	free(bench.copy);
	free(bench.source);
	mural_reader_free(bench.reader);
	canvas_brush_finish(&bench.brush);
	canvas_finish(&bench.canvas);
	return 0;
}
