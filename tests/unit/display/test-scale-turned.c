/* SPDX-License-Identifier: MIT */
/* Screens that are rotated or mirrored show the same picture, also in two bytes a pixel.
 */
#include "display/scale.h"

#include "unit/display/scaled-wall.h"

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
