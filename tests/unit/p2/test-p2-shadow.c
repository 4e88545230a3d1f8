/* SPDX-License-Identifier: MIT */
/* Tests p²'s shadow and subscriptions on a real canvas: a client that applies the Updates
 * has the picture, in few bytes. */
#include <string.h>

#include "canvas/canvas.h"
#include "lib/hex.h"
#include "p2/shadow.h"
#include "p2/subscription.h"
#include "support/vectors.h"

#define PACKED_BYTES (1024 * 1024)

struct scene {
	struct canvas canvas;
	struct mural_brush brush;
	struct mural_reader *reader;
	struct shadow shadow;
	uint16_t *client; /* the picture of a client that applied all Updates */
	uint8_t *packed;
	unsigned blocks;
};

/* A canvas with the region left,top,width,height on it, whose corner is x,y in p². */
static void
scene_open(struct scene *scene, uint32_t canvas_width, uint32_t canvas_height,
	struct mural_rect region, int32_t x, int32_t y)
{
	*scene = (struct scene){ 0 };
	assert_int_equal(
		canvas_init(&scene->canvas, canvas_width, canvas_height, 0xff000000), 0);
	assert_int_equal(canvas_brush_init(&scene->canvas, &scene->brush, 0, 0,
				 canvas_width, canvas_height),
		0);
	scene->reader = canvas_reader_new(&scene->canvas);
	assert_int_equal(shadow_init(&scene->shadow, region.x, region.y, region.width,
				 region.height, x, y, mural_reader_view(scene->reader)),
		0);
	scene->client = calloc((size_t)region.width * region.height, 2);
	scene->packed = malloc(PACKED_BYTES);
}

static void
scene_close(struct scene *scene)
{
	shadow_finish(&scene->shadow);
	mural_reader_free(scene->reader);
	canvas_brush_finish(&scene->brush);
	canvas_finish(&scene->canvas);
	free(scene->client);
	free(scene->packed);
}

/* Applies Updates to the client's picture, by the protocol's description alone. */
static void
apply(struct scene *scene, const uint8_t *bytes, size_t len)
{
	struct shadow *shadow = &scene->shadow;

	for (size_t at = 0; at < len; scene->blocks++) {
		uint32_t width = bytes[at + 1] & 15, height = (bytes[at + 1] >> 4) + 1;
		int32_t x = p2_coordinate_decode(bytes + at + 2) - shadow->left_x;
		int32_t y = p2_coordinate_decode(bytes + at + 4) - shadow->top_y;

		assert_int_equal(bytes[at], 0xff);
		assert_true(width >= 1 && width <= 15 && height <= 8);
		assert_true(x >= 0 && x + width <= shadow->width);
		assert_true(y >= 0 && y + height <= shadow->height);
		at += 6;
		for (uint32_t i = 0; i < width * height; i++, at += 2) {
			assert_true(at + 2 <= len);
			assert_true(bytes[at] != 0xff && bytes[at + 1] != 0xff);
			assert_true(bytes[at] != 0 || bytes[at + 1] != 0);
			memcpy(&scene->client[(y + i / width) * shadow->width + x +
					      i % width],
				bytes + at, 2);
		}
	}
}

/* Packs what changed into pieces of `piece` bytes; returns the bytes. */
static size_t
pack_all(struct scene *scene, size_t piece)
{
	uint32_t row = 0;
	size_t len = 0;

	canvas_publish(&scene->canvas, &scene->brush);
	if (!shadow_refresh(&scene->shadow, scene->reader))
		return 0;
	while (row < scene->shadow.height) {
		size_t more = shadow_pack(&scene->shadow, &row, scene->packed, piece);

		assert_true(more <= piece);
		apply(scene, scene->packed, more);
		len += more;
	}
	shadow_clear_changed(&scene->shadow);
	return len;
}

static void
check_client(const struct scene *scene)
{
	const struct shadow *shadow = &scene->shadow;

	for (uint32_t i = 0; i < shadow->width * shadow->height; i++) {
		uint32_t x = i % shadow->width, y = i / shadow->width, argb = 0;
		uint8_t bytes[2];

		assert_true(mural_get(
			&scene->brush, shadow->left + x, shadow->top + y, &argb));
		p2_colour_encode(p2_rgb15_from_argb(argb), bytes);
		assert_memory_equal(&scene->client[i], bytes, 2);
	}
	for (size_t i = 0; i < shadow->row_words * shadow->height; i++)
		assert_true(shadow->changed[i] == 0);
}

static uint32_t
any_colour(void)
{
	return 0xff000000 | (random() & 0xffffff);
}

/* ---------------------------------------------------------------------- shadow */

TEST(random_paint_arrives)
{
	static const uint32_t regions[][4] = { { 0, 0, 200, 100 }, { 3, 5, 64, 33 },
		{ 70, 40, 130, 60 }, { 199, 99, 1, 1 } };
	struct scene scene;

	srandom(1);
	for (size_t r = 0; r < 4; r++) {
		const uint32_t *region = regions[r];

		scene_open(&scene, 200, 100,
			(struct mural_rect){ region[0], region[1], region[2], region[3] },
			-100, -50);
		pack_all(&scene, PACKED_BYTES);
		check_client(&scene);
		for (int round = 0; round < 60; round++) {
			int n = round % 3 == 0 ? 3 : round % 3 == 1 ? 300 : 5000;

			for (int i = 0; i < n; i++)
				mural_put(&scene.brush, random() % 200, random() % 100,
					any_colour());
			mural_fill(&scene.brush, random() % 200, random() % 100,
				random() % 40, random() % 40, any_colour());
			pack_all(&scene, round % 2 ? BLOCK_BYTES : 5000);
			check_client(&scene);
		}
		scene_close(&scene);
	}
}

TEST(unseen_changes_cost_nothing)
{
	struct scene scene;

	scene_open(&scene, 64, 64, (struct mural_rect){ 0, 0, 64, 64 }, 0, 0);
	pack_all(&scene, PACKED_BYTES);
	mural_fill(&scene.brush, 0, 0, 64, 64, 0xff000000); /* as before */
	mural_put(&scene.brush, 5, 5, 0xff070707);          /* too dark for 15 bits */
	assert_int_equal(pack_all(&scene, PACKED_BYTES), 0);
	scene_close(&scene);
}

/* Counts the blocks and bytes that a change takes. */
static void
expect_packed(struct scene *scene, unsigned blocks, size_t len)
{
	scene->blocks = 0;
	assert_int_equal(pack_all(scene, PACKED_BYTES), len);
	assert_int_equal(scene->blocks, blocks);
	check_client(scene);
}

TEST(blocks_are_few_and_large)
{
	struct scene scene;

	scene_open(&scene, 300, 160, (struct mural_rect){ 0, 0, 300, 160 }, -150, -80);
	/* the whole wall: as many of the largest as fit */
	expect_packed(&scene, 20 * 20, 20 * 20 * BLOCK_BYTES);
	mural_fill(&scene.brush, 7, 9, 15, 8, 0xffffffff);
	expect_packed(&scene, 1, BLOCK_BYTES);
	mural_fill(&scene.brush, 57, 31, 30, 16, 0xffffffff);
	expect_packed(&scene, 4, 4 * BLOCK_BYTES);
	mural_put(&scene.brush, 200, 100, 0xffffffff);
	expect_packed(&scene, 1, 8);
	/* near ones share a block unless that is longer */
	mural_put(&scene.brush, 10, 100, 0xffffffff);
	mural_put(&scene.brush, 14, 100, 0xffffffff);
	expect_packed(&scene, 1, 16);
	mural_put(&scene.brush, 20, 110, 0xffffffff);
	mural_put(&scene.brush, 25, 110, 0xffffffff);
	expect_packed(&scene, 2, 16);
	mural_put(&scene.brush, 60, 120, 0xffffffff);
	mural_put(&scene.brush, 61, 121, 0xffffffff);
	expect_packed(&scene, 1, 14);
	mural_fill(&scene.brush, 100, 120, 1, 8, 0xffffffff);
	expect_packed(&scene, 1, 22);
	/* the last column and row */
	mural_put(&scene.brush, 299, 159, 0xffffffff);
	expect_packed(&scene, 1, 8);
	scene_close(&scene);
}

static void
check_update(const json_t *vector)
{
	uint32_t width = vector_number(vector, "w"), height = vector_number(vector, "h");
	json_t *row, *cell, *part;
	size_t x, y, i, len;
	struct scene scene;
	char got[1024] = "";

	scene_open(&scene, width, height, (struct mural_rect){ 0, 0, width, height },
		vector_number(vector, "x"), vector_number(vector, "y"));
	json_array_foreach(json_object_get(vector, "rgb5"), y, row)
	{
		json_array_foreach(row, x, cell)
		{
			uint32_t rgb15 = 0;

			json_array_foreach(cell, i, part)
			{
				rgb15 = rgb15 << 5 | json_integer_value(part);
			}
			mural_put(&scene.brush, x, y, p2_argb_from_rgb15(rgb15));
		}
	}
	len = pack_all(&scene, PACKED_BYTES);
	hex_write(got, scene.packed, len);
	assert_string_equal(got, vector_text(vector, "hex"));
	scene_close(&scene);
}

TEST(vectors_hold)
{
	json_t *file = vectors_load("p2.json"), *v;
	unsigned n = 0;
	size_t i;

	json_array_foreach(json_object_get(file, "vectors"), i, v)
	{
		if (strcmp(vector_text(v, "kind"), "server-update") != 0)
			continue;
		check_update(v);
		n++;
	}
	json_decref(file);
	assert_int_equal(n, 5);
}

/* -------------------------------------------------------------- subscriptions */

TEST(missed_blocks_catch_up)
{
	struct subscription sub = { 0 };
	struct scene scene;
	size_t len;

	srandom(2);
	scene_open(&scene, 200, 100, (struct mural_rect){ 0, 0, 200, 100 }, -100, -50);
	pack_all(&scene, PACKED_BYTES);
	memset(scene.client, 0, 200 * 100 * 2);
	assert_int_equal(
		subscription_set(&sub, &scene.shadow, -32512, -32512, 32512, 32512), 0);
	assert_int_equal(sub.area.width * sub.area.height, 200 * 100);
	subscription_mark_all_missed(&sub);
	assert_int_equal(sub.n_missed, 14 * 13);
	while ((len = subscription_catch_up(
			&sub, &scene.shadow, scene.packed, 3 * BLOCK_BYTES)) > 0)
		apply(&scene, scene.packed, len);
	check_client(&scene);
	for (int round = 0; round < 200; round++) {
		mural_fill(&scene.brush, random() % 200, random() % 100, random() % 30,
			random() % 30, any_colour());
		canvas_publish(&scene.canvas, &scene.brush);
		shadow_refresh(&scene.shadow, scene.reader);
		for (size_t i = 0; i < scene.shadow.n_boxes; i++)
			subscription_mark_missed(&sub, &scene.shadow.boxes[i]);
		shadow_clear_changed(&scene.shadow);
		if (round % 4)
			continue;
		while ((len = subscription_catch_up(&sub, &scene.shadow, scene.packed,
				BLOCK_BYTES + 100)) > 0)
			apply(&scene, scene.packed, len);
		check_client(&scene);
		assert_int_equal(sub.n_missed, 0);
	}
	subscription_finish(&sub);
	scene_close(&scene);
}

TEST(areas_are_clipped)
{
	static const struct {
		int32_t x1, y1, x2, y2;
		struct mural_rect want;
	} cases[] = {
		{ -100, -50, 99, 49, { 0, 0, 200, 100 } },
		{ -101, -51, 100, 50, { 0, 0, 200, 100 } },
		{ 0, 0, 0, 0, { 100, 50, 1, 1 } },
		{ 99, 49, 32512, 32512, { 199, 99, 1, 1 } },
		{ 100, 0, 200, 10, { 0, 0, 0, 0 } },
		{ -32512, -32512, -101, -51, { 0, 0, 0, 0 } },
		{ 10, 10, -10, 10, { 0, 0, 0, 0 } },
		{ -10, 10, 10, -10, { 0, 0, 0, 0 } },
	};
	struct subscription sub = { 0 };
	struct scene scene;

	scene_open(&scene, 200, 100, (struct mural_rect){ 0, 0, 200, 100 }, -100, -50);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(subscription_set(&sub, &scene.shadow, cases[i].x1,
					 cases[i].y1, cases[i].x2, cases[i].y2),
			0);
		assert_memory_equal(&sub.area, &cases[i].want, sizeof(sub.area));
		subscription_mark_all_missed(&sub);
		subscription_mark_missed(&sub, &(struct mural_rect){ 0, 0, 200, 100 });
		assert_int_equal(sub.n_missed, sub.blocks_x * sub.blocks_y);
	}
	subscription_finish(&sub);
	scene_close(&scene);
}

UNIT_TESTS(NULL, NULL)
