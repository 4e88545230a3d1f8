/* SPDX-License-Identifier: MIT */
/* The mapping from canvas to screen, compared with one computed pixel by pixel. */
#include "display/scale.h"

#include <string.h>

#include "unit/display/scaled-wall.h"

/* ------------------------------------------------------------------ the reference */

/* The size of the picture as murald.conf(5) defines it, by trial. */
static void
reference_size(
	uint32_t mode, const uint32_t *canvas, const uint32_t *screen, uint32_t *picture)
{
	uint32_t times = 1, axis;

	if (mode == SCALE_INTEGER)
		while (canvas[0] * (times + 1) <= screen[0] &&
			canvas[1] * (times + 1) <= screen[1])
			times++;
	picture[0] = canvas[0] * times;
	picture[1] = canvas[1] * times;
	if (mode != SCALE_FIT && mode != SCALE_FILL)
		return;

	/* which axis decides: the one along which the picture takes the whole side while
	 * the other fits inside (fit) or covers the screen (fill) */
	for (axis = 0; axis < 2; axis++) {
		uint64_t other = (uint64_t)screen[axis] * canvas[!axis];
		uint64_t room = (uint64_t)screen[!axis] * canvas[axis];

		if (mode == SCALE_FIT ? other <= room : other >= room)
			break;
	}
	assert_in_range(axis, 0, 1);
	uint64_t product = (uint64_t)screen[axis] * canvas[!axis];
	uint64_t rest = product % canvas[axis];
	picture[axis] = screen[axis];
	picture[!axis] = product / canvas[axis] + (mode == SCALE_FILL && rest ? 1 : 0);
	if (picture[!axis] == 0)
		picture[!axis] = 1;
}

/* The canvas pixel under the centre of a screen pixel, -1 outside the picture. */
static int64_t
reference_pixel(uint32_t at, uint32_t canvas, uint32_t picture, uint32_t screen)
{
	int64_t into = picture <= screen ? (int64_t)at - (screen - picture) / 2
					 : (int64_t)at + (picture - screen) / 2;

	if (into < 0 || into >= picture)
		return -1;
	/* the largest s with s / canvas <= (into + 1/2) / picture */
	int64_t pixel = 0;
	while ((pixel + 1) * 2 * picture <= (2 * into + 1) * canvas)
		pixel++;
	return pixel;
}

/* How much of the canvas pixel `pixel` the screen pixel shows along an axis that is
 * reduced, as a part of 1. */
static double
reference_part(
	uint32_t at, uint32_t pixel, uint32_t canvas, uint32_t picture, uint32_t screen)
{
	const double into = picture <= screen ? (double)at - (screen - picture) / 2
					      : (double)at + (picture - screen) / 2;
	const double from = into * canvas / picture, to = (into + 1) * canvas / picture;
	const double part = MIN(to, pixel + 1.0) - MAX(from, (double)pixel);

	return MAX(part, 0) * picture / canvas;
}

/* The mean light of what the screen pixel covers, for one of the three bytes. */
static double
reference_light(const uint32_t *at, const uint32_t *canvas, const uint32_t *picture,
	const uint32_t *screen, uint32_t shift)
{
	double light = 0;

	for (uint32_t y = 0; y < canvas[1]; y++) {
		const double down = picture[1] < canvas[1]
					    ? reference_part(at[1], y, canvas[1],
						      picture[1], screen[1])
					    : reference_pixel(at[1], canvas[1],
						      picture[1], screen[1]) == y;

		for (uint32_t x = 0; x < canvas[0] && down > 0; x++) {
			const double across =
				picture[0] < canvas[0]
					? reference_part(at[0], x, canvas[0], picture[0],
						  screen[0])
					: reference_pixel(at[0], canvas[0], picture[0],
						  screen[0]) == x;
			const double value = colour_at(x, y) >> shift & 255;

			light += down * across * value * value;
		}
	}
	return light;
}

/* Whether it is the square root of that light, rounded. */
static void
check_average(uint32_t got, const uint32_t *at, const uint32_t *canvas,
	const uint32_t *picture, const uint32_t *screen)
{
	for (uint32_t shift = 0; shift < 24; shift += 8) {
		const double value = got >> shift & 255;
		const double light = reference_light(at, canvas, picture, screen, shift);
		const double low = MAX(value - 0.51, 0), high = value + 0.51;

		if (low * low > light || high * high < light)
			fail_msg("canvas %ux%u on %ux%u: %u,%u has %g, whose square is "
				 "not near %g",
				canvas[0], canvas[1], screen[0], screen[1], at[0], at[1],
				value, light);
	}
}

static void
compare_with_reference(uint32_t mode, const uint32_t *canvas, struct framebuffer *screen,
	uint32_t background)
{
	const uint32_t size[2] = { screen->width, screen->height };
	uint32_t picture[2];
	int64_t *columns = calloc(screen->width, sizeof(*columns));
	bool averaged;

	reference_size(mode, canvas, size, picture);
	averaged = picture[0] < canvas[0] || picture[1] < canvas[1];
	for (uint32_t x = 0; x < screen->width; x++)
		columns[x] = reference_pixel(x, canvas[0], picture[0], screen->width);
	for (uint32_t y = 0; y < screen->height; y++) {
		int64_t row = reference_pixel(y, canvas[1], picture[1], screen->height);

		for (uint32_t x = 0; x < screen->stride; x++) {
			uint32_t got = screen->pixels[(size_t)y * screen->stride + x];
			uint32_t want = background;
			const bool inside =
				x < screen->width && row >= 0 && columns[x] >= 0;

			if (inside && averaged) {
				/* all would take too long */
				if ((x * 7 + y * 5) % 31 == 0)
					check_average(got, (uint32_t[]){ x, y }, canvas,
						picture, size);
				continue;
			}
			if (x >= screen->width)
				want = UNTOUCHED;
			else if (inside)
				want = colour_at(columns[x], row);
			if (got != want)
				fail_msg("mode %u, canvas %ux%u on %ux%u: %u,%u is %08x, "
					 "not %08x",
					mode, canvas[0], canvas[1], screen->width,
					screen->height, x, y, got, want);
		}
	}
	free(columns);
}

/* ------------------------------------------------------------------ cases */

static void
check_picture(uint32_t mode, const uint32_t *canvas, const uint32_t *size)
{
	const struct scale_screen how = plain(size[0], size[1]);
	struct framebuffer screen;
	struct wall wall;

	wall_init(&wall, canvas[0], canvas[1]);
	screen = show(&wall, mode, &how);
	compare_with_reference(mode, canvas, &screen, BLACK);
	wall_finish(&wall);
	free(screen.pixels);
}

TEST(shows_every_canvas_on_every_screen)
{
	for_all(check_picture);
}

/* Every pixel of the picture belongs to the tiles that it shows some of, one unless the
 * canvas is reduced; every other to none. */
static uint32_t
tiles_in(const struct scale_axis *axis, uint32_t at)
{
	const uint32_t i = at - axis->start;

	if (!axis_is_reduced(axis))
		assert_int_equal(axis->first[i], axis->last[i]);
	return axis->last[i] / MURAL_TILE - axis->first[i] / MURAL_TILE + 1;
}

static void
check_tiles(uint32_t mode, const uint32_t *canvas, const uint32_t *size)
{
	const struct scale_screen how = plain(size[0], size[1]);
	struct framebuffer count = framebuffer_new(size[0], size[1], 0);
	struct scale scale;
	struct wall wall;

	wall_init(&wall, canvas[0], canvas[1]);
	assert_int_equal(scale_init(&scale, mode, &wall.canvas.view, &how), 0);
	for (uint32_t ty = 0; ty < wall.canvas.view.tiles_y; ty++)
		for (uint32_t tx = 0; tx < wall.canvas.view.tiles_x; tx++) {
			struct box box = scale_tiles(&scale, tx, ty, tx, ty);

			assert_in_range(box.right, box.left, size[0]);
			assert_in_range(box.bottom, box.top, size[1]);
			for (uint32_t y = box.top; y < box.bottom; y++)
				for (uint32_t x = box.left; x < box.right; x++)
					count.pixels[y * count.stride + x]++;
		}
	for (uint32_t y = 0; y < size[1]; y++)
		for (uint32_t x = 0; x < size[0]; x++) {
			bool inside = x - scale.x.start < scale.x.length &&
				      y - scale.y.start < scale.y.length;
			const uint32_t tiles =
				inside ? tiles_in(&scale.x, x) * tiles_in(&scale.y, y)
				       : 0;

			assert_int_equal(count.pixels[y * count.stride + x], tiles);
		}
	scale_finish(&scale);
	wall_finish(&wall);
	free(count.pixels);
}

TEST(covers_the_picture_with_tiles_exactly)
{
	for_all(check_tiles);
}

static void
check_damage(uint32_t mode, const uint32_t *canvas, const uint32_t *size)
{
	const struct scale_screen how = plain(size[0], size[1]);

	check_damage_on(mode, canvas, &how);
}

TEST(copies_damage_as_if_it_copied_all)
{
	for_all(check_damage);
}

TEST(takes_the_largest_canvas_and_screen)
{
	struct mural_view view = { MURAL_SIDE_MAX, 1, MURAL_SIDE_MAX / MURAL_TILE, 1, 4 };
	const struct scale_screen square = plain(65535, 65535),
				  narrow = plain(100, 65535);
	struct scale scale;

	assert_int_equal(scale_init(&scale, SCALE_FIT, &view, &square), 0);
	assert_int_equal(scale.x.first[65534], MURAL_SIDE_MAX - 1);
	assert_int_equal(scale.y.picture, 7); /* 65535 / 8192, rounded down */
	scale_finish(&scale);
	assert_int_equal(scale_init(&scale, SCALE_FILL, &view, &narrow), 0);
	assert_int_equal(scale.x.picture, 65535 * MURAL_SIDE_MAX);
	assert_int_equal(scale.x.first[0], MURAL_SIDE_MAX / 2 - 1);
	assert_int_equal(scale.x.first[99], MURAL_SIDE_MAX / 2);
	scale_finish(&scale);
	scale_finish(&scale);
}

/* ------------------------------------------------------------------ parts */

/* A part is shown like a canvas of its own, as far as the canvas has it. */
TEST(shows_a_part_of_the_canvas)
{
	struct scale_screen how = plain(128, 80);
	struct framebuffer screen;
	struct wall wall;

	wall_init(&wall, 257, 251);
	how.part = (struct mural_rect){ 40, 21, 64, 40 };
	screen = show(&wall, SCALE_FIT, &how);
	for (uint32_t y = 0; y < 80; y++)
		for (uint32_t x = 0; x < 128; x++)
			assert_int_equal(screen.pixels[y * screen.stride + x],
				colour_at(40 + x / 2, 21 + y / 2));
	free(screen.pixels);
	how.part = (struct mural_rect){ 225, 231, 64, 40 };
	screen = show(&wall, SCALE_INTEGER, &how);
	for (uint32_t y = 0; y < 80; y++)
		for (uint32_t x = 0; x < 128; x++)
			assert_int_equal(screen.pixels[y * screen.stride + x],
				colour_at(225 + x / 4, 231 + y / 4));
	free(screen.pixels);
	how.part = (struct mural_rect){ 300, 0, 64, 40 };
	screen = show(&wall, SCALE_FIT, &how);
	for (uint32_t i = 0; i < 128; i++)
		assert_int_equal(screen.pixels[i], BLACK);
	free(screen.pixels);
	wall_finish(&wall);
}

TEST(knows_which_tiles_a_part_shows)
{
	struct scale_screen how = plain(100, 100);
	struct scale scale;
	struct wall wall;

	wall_init(&wall, 257, 251);
	how.part = (struct mural_rect){ 40, 21, 24, 40 };
	assert_int_equal(scale_init(&scale, SCALE_FIT, &wall.canvas.view, &how), 0);
	assert_true(scale_shows(&scale, wall.all));
	for (uint32_t tile = 0; tile < 9 * 8; tile++) {
		memset(wall.tiles, 0, wall.canvas.view.words * sizeof(uint64_t));
		mural_tiles_add(wall.tiles, tile);
		assert_int_equal(
			scale_shows(&scale, wall.tiles), tile % 9 == 1 && tile / 9 < 2);
	}
	scale_finish(&scale);
	wall_finish(&wall);
}

/* ------------------------------------------------------------------ lone pixels */

#define DOTS 400

/* A canvas of one colour with dots of another, none near to the next. */
static void
make_dots(struct wall *wall, const uint32_t *size, uint32_t ground, uint32_t dot)
{
	assert_int_equal(canvas_init(&wall->canvas, size[0], size[1], ground), 0);
	assert_int_equal(
		canvas_brush_init(&wall->canvas, &wall->brush, 0, 0, size[0], size[1]),
		0);
	wall->reader = canvas_reader_new(&wall->canvas);
	wall->tiles = calloc(wall->canvas.view.words, sizeof(uint64_t));
	wall->all = calloc(wall->canvas.view.words, sizeof(uint64_t));
	mural_tiles_add_all(&wall->canvas.view, wall->all);
	for (uint32_t i = 0; i < DOTS; i++)
		mural_put(&wall->brush, i % 20 * size[0] / 20 + 2 + i * 7 % 30,
			i / 20 * size[1] / 20 + 2 + i * 11 % 30, dot);
	canvas_publish(&wall->canvas, &wall->brush);
}

/* Of the cells with one dot each, those in which one pixel at least is that different
 * from the ground. */
static uint32_t
count_seen(const struct framebuffer *screen, uint32_t ground, uint32_t least)
{
	uint32_t seen = 0;

	for (uint32_t i = 0; i < DOTS; i++) {
		const uint32_t left = i % 20 * screen->width / 20;
		const uint32_t top = i / 20 * screen->height / 20;
		uint32_t most = 0;

		for (uint32_t y = top; y < top + screen->height / 20; y++)
			for (uint32_t x = left; x < left + screen->width / 20; x++) {
				const uint32_t value =
					screen->pixels[(size_t)y * screen->stride + x] &
					255;
				const uint32_t off = MAX(value, ground & 255) -
						     MIN(value, ground & 255);

				most = MAX(most, off);
			}
		seen += most >= least;
	}
	return seen;
}

/* Of a white pixel on black, a third of the full value is left at least; of a black one
 * on white, which dims a pixel by less than half in the worst case, 5 %. */
TEST(every_lone_pixel_is_seen)
{
	static const uint32_t sizes[][4] = { { 1280, 720, 1472, 828 },
		{ 1920, 1080, 1472, 828 }, { 3840, 2160, 1920, 1080 },
		{ 2560, 1600, 1280, 800 }, { 1366, 768, 1365, 767 } };
	static const uint32_t grounds[][3] = { { 0xff000000, 0xffffffff, 85 },
		{ 0xffffffff, 0xff000000, 13 } };

	for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
		for (size_t k = 0; k < ARRAY_LEN(grounds); k++) {
			const struct scale_screen how = plain(sizes[i][2], sizes[i][3]);
			struct framebuffer screen;
			struct wall wall;

			make_dots(&wall, sizes[i], grounds[k][0], grounds[k][1]);
			screen = show(&wall, SCALE_FIT, &how);
			assert_int_equal(
				count_seen(&screen, grounds[k][0], grounds[k][2]), DOTS);
			wall_finish(&wall);
			free(screen.pixels);
		}
}

/* What has one colour keeps it, whatever the weights. */
TEST(reduces_a_colour_to_itself)
{
	const struct scale_screen how = plain(97, 61);

	for (uint32_t value = 0; value < 256; value++) {
		const uint32_t colour = 0xff000000 | value << 16 |
					(value + 85) % 256 << 8 | (value + 170) % 256;
		struct framebuffer screen;
		struct wall wall;

		make_dots(&wall, (uint32_t[]){ 200, 160 }, colour, colour);
		screen = show(&wall, SCALE_FILL, &how);
		for (uint32_t y = 0; y < how.height; y++)
			for (uint32_t x = 0; x < how.width; x++)
				assert_int_equal(
					screen.pixels[y * screen.stride + x], colour);
		wall_finish(&wall);
		free(screen.pixels);
	}
}

UNIT_TESTS(NULL, NULL)
