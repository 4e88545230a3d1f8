/* SPDX-License-Identifier: MIT */
/* The mapping from canvas to screen, compared with one computed pixel by pixel. */

#include <string.h>

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

static struct framebuffer
framebuffer_new(uint32_t width, uint32_t height, uint32_t colour)
{
	struct framebuffer screen = { width, height, width + 13, NULL };

	screen.pixels = malloc((size_t)screen.stride * height * sizeof(uint32_t));
	for (size_t i = 0; i < (size_t)screen.stride * height; i++)
		screen.pixels[i] = colour;
	return screen;
}

/* An upright screen, all of it for the canvas. */
static struct scale_screen
plain(uint32_t width, uint32_t height)
{
	return (struct scale_screen){
		.width = width,
		.height = height,
		.area = { 0, 0, width, height },
	};
}

/* The canvas: each pixel has a different colour. */
static uint32_t
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

static void
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

static void
wall_finish(struct wall *wall)
{
	free(wall->tiles);
	free(wall->all);
	mural_reader_free(wall->reader);
	canvas_brush_finish(&wall->brush);
	canvas_finish(&wall->canvas);
}

static struct box
draw(const struct wall *wall, const struct scale *scale, const uint64_t *tiles,
	struct framebuffer *screen)
{
	return scale_draw(scale, wall->reader, tiles, (uint8_t *)screen->pixels,
		screen->stride * sizeof(uint32_t));
}

/* The memory of a screen that shows the whole canvas. */
static struct framebuffer
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

typedef void combination(uint32_t mode, const uint32_t *canvas, const uint32_t *screen);

static void
for_all(combination *check)
{
	for (uint32_t mode = SCALE_FIT; mode <= SCALE_NONE; mode++)
		for (size_t c = 0; c < ARRAY_LEN(canvases); c++)
			for (size_t s = 0; s < ARRAY_LEN(screens); s++)
				check(mode, canvases[c], screens[s]);
}

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

/* Painting a few tiles and copying those gives the same as copying everything, and writes
 * nothing outside the box that is returned. */
static void
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

/* ------------------------------------------------------------------ rotation, mirroring
 */

static const struct scale_screen rotated[] = { { .quarter_turns = 0, .mirrored = true },
	{ .quarter_turns = 1 }, { .quarter_turns = 1, .mirrored = true },
	{ .quarter_turns = 2 }, { .quarter_turns = 2, .mirrored = true },
	{ .quarter_turns = 3 }, { .quarter_turns = 3, .mirrored = true } };

/* What people see at x, y of a rotated or mirrored screen: undoes first the mirroring,
 * then each quarter turn. */
static uint32_t
seen_at(const struct framebuffer *memory, const struct scale_screen *how, uint32_t x,
	uint32_t y)
{
	uint32_t width, height, at_x = x, at_y = y;

	scale_upright_size(how, &width, &height);
	if (how->mirrored)
		at_x = width - 1 - at_x;
	/* a quarter turn clockwise moves the top left corner to the top right */
	for (uint32_t i = 0; i < how->quarter_turns; i++) {
		uint32_t side = i % 2 ? width : height, before = at_x;

		at_x = side - 1 - at_y;
		at_y = before;
	}
	return memory->pixels[(size_t)at_y * memory->stride + at_x];
}

/* A screen of that upright size and transform, with an area that leaves a border of a
 * different width on each side. */
static struct scale_screen
rotate(const struct scale_screen *how, uint32_t width, uint32_t height)
{
	struct scale_screen screen = *how;

	screen.width = how->quarter_turns % 2 ? height : width;
	screen.height = how->quarter_turns % 2 ? width : height;
	screen.area = (struct box){ width / 5, height / 7, width - width / 9,
		height - height / 4 };
	return screen;
}

/* Sums are made in another order, which may differ in the last digit. */
static void
assert_near(uint32_t a, uint32_t b)
{
	if (a == b) /* as most are: there are millions */
		return;
	for (uint32_t shift = 0; shift < 32; shift += 8)
		assert_in_range((a >> shift & 255) + 1 - (b >> shift & 255), 0, 2);
}

static void
check_rotated(uint32_t mode, const uint32_t *canvas, const uint32_t *size)
{
	struct scale_screen how = { 0 };
	struct framebuffer upright;
	struct wall wall;

	wall_init(&wall, canvas[0], canvas[1]);
	how = rotate(&how, size[0], size[1]);
	upright = show(&wall, mode, &how);
	for (size_t i = 0; i < ARRAY_LEN(rotated); i++) {
		struct framebuffer memory;

		how = rotate(&rotated[i], size[0], size[1]);
		memory = show(&wall, mode, &how);
		for (uint32_t y = 0; y < size[1]; y++)
			for (uint32_t x = 0; x < size[0]; x++)
				assert_near(seen_at(&memory, &how, x, y),
					upright.pixels[(size_t)y * upright.stride + x]);
		free(memory.pixels);
	}
	wall_finish(&wall);
	free(upright.pixels);
}

TEST(rotates_and_mirrors_the_same_picture)
{
	for_all(check_rotated);
}

static void
check_rotated_damage(uint32_t mode, const uint32_t *canvas, const uint32_t *size)
{
	for (size_t i = 0; i < ARRAY_LEN(rotated); i++) {
		const struct scale_screen how = rotate(&rotated[i], size[0], size[1]);

		check_damage_on(mode, canvas, &how);
	}
}

TEST(copies_damage_to_rotated_screens)
{
	for (size_t c = 0; c < ARRAY_LEN(canvases); c += 2)
		check_rotated_damage(SCALE_FIT, canvases[c], screens[4]);
	check_rotated_damage(SCALE_FILL, canvases[8], screens[7]);
	check_rotated_damage(SCALE_NONE, canvases[9], screens[6]);
}

TEST(pastes_where_people_see_it)
{
	const struct mural_view view = { 40, 40, 2, 2, 1 };
	const struct box strip = { 3, 20, 50, 31 };
	uint32_t picture[11][47];

	for (uint32_t y = 0; y < 11; y++)
		for (uint32_t x = 0; x < 47; x++)
			picture[y][x] = colour_at(x, y);
	for (size_t i = 0; i <= ARRAY_LEN(rotated); i++) {
		const struct scale_screen upright = { 0 };
		struct scale_screen how =
			rotate(i < ARRAY_LEN(rotated) ? &rotated[i] : &upright, 57, 33);
		struct framebuffer memory =
			framebuffer_new(how.width, how.height, UNTOUCHED);
		struct box box;
		struct scale scale;

		assert_int_equal(scale_init(&scale, SCALE_FIT, &view, &how), 0);
		box = scale_paste(&scale, picture[0], &strip, (uint8_t *)memory.pixels,
			memory.stride * sizeof(uint32_t));
		assert_int_equal(
			(box.right - box.left) * (box.bottom - box.top), 11 * 47);
		for (uint32_t y = 0; y < 33; y++)
			for (uint32_t x = 0; x < 57; x++) {
				bool inside = x >= 3 && x < 50 && y >= 20 && y < 31;

				assert_int_equal(seen_at(&memory, &how, x, y),
					inside ? picture[y - 20][x - 3] : UNTOUCHED);
			}
		scale_finish(&scale);
		free(memory.pixels);
	}
}

/* RGB565: the upper bits of each colour, in the same places. */
TEST(packs_pixels_into_two_bytes)
{
	const uint32_t *size = screens[7];
	struct wall wall;

	wall_init(&wall, canvases[6][0], canvases[6][1]);
	for (uint32_t quarter_turns = 0; quarter_turns < 4; quarter_turns++) {
		struct scale_screen how = plain(size[0], size[1]);
		uint16_t *narrow = malloc((size_t)size[0] * size[1] * 2);
		struct framebuffer wide;
		struct scale scale;

		if (quarter_turns % 2)
			how.area = (struct box){ 0, 0, size[1], size[0] };
		how.quarter_turns = quarter_turns;
		wide = show(&wall, SCALE_FIT, &how);
		how.rgb565 = true;
		assert_int_equal(
			scale_init(&scale, SCALE_FIT, &wall.canvas.view, &how), 0);
		scale_clear(&scale, (uint8_t *)narrow, (size_t)size[0] * 2);
		scale_draw(&scale, wall.reader, wall.all, (uint8_t *)narrow,
			(size_t)size[0] * 2);
		for (uint32_t y = 0; y < size[1]; y++)
			for (uint32_t x = 0; x < size[0]; x++) {
				uint32_t rgb = wide.pixels[(size_t)y * wide.stride + x];
				uint32_t red = (rgb >> 16 & 255) / 8;
				uint32_t green = (rgb >> 8 & 255) / 4;
				uint32_t blue = (rgb & 255) / 8;

				assert_int_equal(narrow[(size_t)y * size[0] + x],
					red * 2048 + green * 32 + blue);
			}
		scale_finish(&scale);
		free(wide.pixels);
		free(narrow);
	}
	wall_finish(&wall);
}

UNIT_TESTS(NULL, NULL)
