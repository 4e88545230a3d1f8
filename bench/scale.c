/* SPDX-License-Identifier: MIT */
/*
 * The cost of drawing a whole canvas of noise on a screen of another size, beside the
 * least that it could cost: a memcpy() of the screen's bytes.
 *
 * Prints lines as canvas.c does.
 */
#include "display/scale.h"

#include <string.h>

#include "base/util.h"
#include "canvas/canvas.h"
#include "config/config.h"
#include "measure.h"

struct bench {
	struct canvas canvas;
	struct mural_reader *reader;
	struct scale scale;
	uint64_t *all; /* tiles */
	uint32_t *screen, *bare;
	size_t pixels; /* of the screen */
};

static uint32_t
noise(uint32_t x, uint32_t y)
{
	return 0xff000000 | (x * 2654435761U ^ y * 2246822519U) >> 8;
}

static int
paint_noise(struct canvas *canvas)
{
	const uint32_t width = canvas->view.width, height = canvas->view.height;
	struct mural_brush brush;
	int ret = canvas_brush_init(canvas, &brush, 0, 0, width, height);

	for (uint32_t y = 0; y < height && ret == 0; y++)
		for (uint32_t x = 0; x < width; x++)
			mural_put(&brush, x, y, noise(x, y));
	if (ret == 0)
		canvas_publish(canvas, &brush);
	canvas_brush_finish(&brush);
	return ret;
}

static int
bench_init(struct bench *bench, const uint32_t *canvas, const uint32_t *screen)
{
	const struct scale_screen how = {
		.width = screen[0],
		.height = screen[1],
		.area = { 0, 0, screen[0], screen[1] },
	};
	int ret = canvas_init(&bench->canvas, canvas[0], canvas[1], 0xff000000);

	if (ret == 0)
		ret = paint_noise(&bench->canvas);
	if (ret == 0)
		ret = scale_init(&bench->scale, SCALE_FIT, &bench->canvas.view, &how);
	bench->pixels = (size_t)screen[0] * screen[1];
	bench->reader = canvas_reader_new(&bench->canvas);
	bench->all = calloc(bench->canvas.view.words, sizeof(uint64_t));
	bench->screen = calloc(bench->pixels, sizeof(uint32_t));
	bench->bare = calloc(bench->pixels, sizeof(uint32_t));
	if (ret < 0 || !bench->reader || !bench->all || !bench->screen || !bench->bare)
		return -1;
	mural_tiles_add_all(&bench->canvas.view, bench->all);
	return 0;
}

static void
bench_finish(struct bench *bench)
{
	scale_finish(&bench->scale);
	mural_reader_free(bench->reader);
	canvas_finish(&bench->canvas);
	free(bench->all);
	free(bench->screen);
	free(bench->bare);
}

static void
draw(struct bench *bench)
{
	scale_draw(&bench->scale, bench->reader, bench->all, (uint8_t *)bench->screen,
		bench->scale.screen.width * sizeof(uint32_t));
}

static double
light(uint32_t pixel)
{
	return (double)((pixel & 255) * (pixel & 255));
}

/* Whatever the size, the picture keeps its light as a whole. */
static bool
is_right(const struct bench *bench)
{
	const struct mural_view *view = &bench->canvas.view;
	double seen = 0, painted = 0;

	for (size_t i = 0; i < bench->pixels; i++)
		seen += light(bench->screen[i]) / (double)bench->pixels;
	for (uint32_t y = 0; y < view->height; y++)
		for (uint32_t x = 0; x < view->width; x++)
			painted +=
				light(noise(x, y)) / ((double)view->width * view->height);
	return seen > 0.99 * painted && seen < 1.01 * painted;
}

static int
measure(const char *name, const uint32_t *canvas, const uint32_t *screen)
{
	struct bench bench = { 0 };
	double times[2][ROUNDS];
	int ret = bench_init(&bench, canvas, screen);

	for (int i = -1; i < ROUNDS && ret == 0; i++) {
		const double start = cpu_ns();
		double middle;

		draw(&bench);
		middle = cpu_ns();
		memcpy(bench.bare, bench.screen, bench.pixels * sizeof(uint32_t));
		times[0][MAX(i, 0)] = middle - start;
		times[1][MAX(i, 0)] = cpu_ns() - middle;
	}
	if (ret == 0)
		print_times(name, times, is_right(&bench));
	bench_finish(&bench);
	return ret;
}

int
main(void)
{
	static const struct {
		const char *name;
		uint32_t canvas[2], screen[2];
	} rows[] = {
		{ "enlarged", { 1280, 720 }, { 1472, 828 } },
		{ "doubled", { 960, 540 }, { 1920, 1080 } },
		{ "reduced", { 1920, 1080 }, { 1472, 828 } },
		{ "halved", { 3840, 2160 }, { 1920, 1080 } },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (measure(rows[i].name, rows[i].canvas, rows[i].screen) < 0)
			return 1;
	return 0;
}
