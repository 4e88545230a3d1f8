/* SPDX-License-Identifier: MIT */
/* Tests the form that pixels have in the log of linked walls, and the shared picture. */
#include <errno.h>
#include <string.h>
#include <zstd.h>

#include "link/codec.h"
#include "link/picture.h"
#include "support/unit.h"

/* Two and a half tiles by one and a half. */
#define WIDTH 80
#define HEIGHT 48

static struct frame *
new_frame(const struct mural_view *view)
{
	struct frame *frame = calloc(1, sizeof(*frame));

	assert_non_null(frame);
	frame->view = view;
	return frame;
}

static void
free_frame(struct frame *frame)
{
	frame_finish(frame);
	free(frame);
}

/* The first n places of a tile that lie on the canvas, from `step` to step. */
static void
fill_tile(struct tile_pixels *pixels, const struct mural_view *view, uint32_t tile,
	uint32_t step)
{
	const struct mural_rect rect = mural_tile_rect(view, tile);

	pixels->tile = tile;
	pixels->n = 0;
	memset(pixels->rows, 0, sizeof(pixels->rows));
	for (uint32_t i = 0; i < rect.width * rect.height; i += step) {
		pixels->rows[i / rect.width] |= 1u << i % rect.width;
		pixels->colours[pixels->n++] = 0xff000000 | (i * 65793 + tile);
	}
}

static void
check_round_trip(uint32_t tile, uint32_t step)
{
	const struct mural_view view = mural_view_of(WIDTH, HEIGHT);
	struct frame *frame = new_frame(&view);
	struct tile_pixels sent, got;
	size_t len;
	uint8_t *payload;

	fill_tile(&sent, &view, tile, step);
	assert_true(frame_add(frame, &sent));
	payload = frame_pack(frame, &len);
	assert_non_null(payload);
	assert_int_equal(frame_unpack(frame, &view, payload, len), 0);
	assert_true(frame_next(frame, &got));
	assert_int_equal(got.tile, tile);
	assert_int_equal(got.n, sent.n);
	assert_memory_equal(got.rows, sent.rows, sizeof(sent.rows));
	assert_memory_equal(got.colours, sent.colours, sent.n * sizeof(*sent.colours));
	assert_false(frame_next(frame, &got));
	free(payload);
	free_frame(frame);
}

TEST(each_form_of_places_comes_back)
{
	for (uint32_t tile = 0; tile < 6; tile++)
		for (uint32_t step = 1; step < 1025; step += step < 40 ? 1 : 61)
			check_round_trip(tile, step);
}

TEST(a_full_frame_takes_no_more)
{
	const struct mural_view view = mural_view_of(8192, 8192);
	struct frame *frame = new_frame(&view);
	struct tile_pixels pixels;
	uint32_t tile = 0;
	size_t len;
	uint8_t *payload;

	for (fill_tile(&pixels, &view, 65535, 1); frame_add(frame, &pixels); tile++)
		;
	assert_in_range(tile, FRAME_MAX / TILE_BYTES_MAX, FRAME_MAX / 3072);
	payload = frame_pack(frame, &len);
	assert_non_null(payload);
	assert_int_equal(frame_unpack(frame, &view, payload, len), 0);
	for (; frame_next(frame, &pixels); tile--)
		assert_int_equal(pixels.tile, 65535);
	assert_int_equal(tile, 0);
	free(payload);
	free_frame(frame);
}

/* A payload of one tile or of what looks like one; its length. */
static size_t
forge(uint8_t *payload, size_t room)
{
	uint8_t raw[600];
	const size_t n = random() % 70;
	const size_t len = random() % 4 ? 4 + (n < 64 ? 5 * n : 128 + 3 * n)
					: random() % sizeof(raw);
	size_t packed;

	for (size_t i = 0; i < sizeof(raw); i++)
		raw[i] = (uint8_t)random();
	raw[0] = (uint8_t)(random() % 7);
	raw[2] = (uint8_t)n;
	raw[1] = raw[3] = 0;
	for (size_t i = 4; n < 64 && i + 1 < 4 + 2 * n; i += 2) {
		raw[i] = (uint8_t)(i * 3);
		raw[i + 1] = (uint8_t)(i * 3 / 256 + (random() % 50 == 0));
	}
	payload[0] = PAYLOAD_VERSION;
	packed = ZSTD_compress(payload + 1, room - 1, raw, len, 1);
	assert_false(ZSTD_isError(packed));
	return 1 + packed;
}

/* Each is refused as a whole, or all of it is on the canvas. */
TEST(forged_frames_stay_on_the_canvas)
{
	const struct mural_view view = mural_view_of(WIDTH, HEIGHT);
	struct frame *frame = new_frame(&view);
	struct tile_pixels pixels;
	uint8_t payload[2048];
	int taken = 0;

	srandom(1);
	for (int round = 0; round < 10000; round++) {
		const size_t len = forge(payload, sizeof(payload));

		if (frame_unpack(frame, &view, payload, len) < 0)
			continue;
		for (taken++; frame_next(frame, &pixels);) {
			const struct mural_rect rect =
				mural_tile_rect(&view, pixels.tile);

			uint32_t n = 0;

			for (uint32_t i = 0; tile_pixels_next(&pixels, &i); i++, n++) {
				assert_true(i % MURAL_TILE < rect.width);
				assert_true(i / MURAL_TILE < rect.height);
			}
			assert_int_equal(n, pixels.n);
		}
	}
	assert_in_range(taken, 100, 9900);
	free_frame(frame);
}

/* Of the last tile, 16x16, every second pixel as a mask, or a few; of which one, and the
 * i-th of these, is said to be at another place. */
static int
unpack_with(uint32_t step, uint32_t i, uint16_t place)
{
	const struct mural_view view = mural_view_of(WIDTH, HEIGHT);
	struct frame *frame = new_frame(&view);
	uint8_t *which = &frame->bytes[4], *payload;
	const uint32_t was = i * step / 16 * MURAL_TILE + i * step % 16;
	struct tile_pixels pixels;
	size_t len;
	int ret;

	fill_tile(&pixels, &view, 5, step);
	assert_true(frame_add(frame, &pixels));
	if (pixels.n < 64) {
		which[2 * i] = (uint8_t)place;
		which[2 * i + 1] = (uint8_t)(place >> 8);
	} else {
		which[was / 8] &= (uint8_t) ~(1 << was % 8);
		which[place / 8] |= (uint8_t)(1 << place % 8);
	}
	payload = frame_pack(frame, &len);
	assert_non_null(payload);
	ret = frame_unpack(frame, &view, payload, len);
	free(payload);
	free_frame(frame);
	return ret;
}

TEST(places_beyond_the_edge_or_twice)
{
	for (uint32_t step = 2; step <= 16; step *= 8) { /* 128 places, and 16 */
		const uint32_t last = 256 / step - 1;

		assert_int_equal(unpack_with(step, last, 15 * MURAL_TILE + 15), 0);
		assert_int_equal(unpack_with(step, last, 15 * MURAL_TILE + 16), -EPROTO);
		assert_int_equal(unpack_with(step, last, 15 * MURAL_TILE + 31), -EPROTO);
		assert_int_equal(unpack_with(step, last, 16 * MURAL_TILE), -EPROTO);
		assert_int_equal(unpack_with(step, last, 31 * MURAL_TILE + 31), -EPROTO);
		assert_int_equal(unpack_with(step, 1, 0), -EPROTO);
	}
}

TEST(what_is_no_payload)
{
	const struct mural_view view = mural_view_of(WIDTH, HEIGHT);
	struct frame *frame = new_frame(&view);

	assert_int_equal(frame_unpack(frame, &view, "", 0), -EPROTONOSUPPORT);
	assert_int_equal(frame_unpack(frame, &view, "\2abc", 4), -EPROTONOSUPPORT);
	assert_int_equal(frame_unpack(frame, &view, "\1", 1), -EPROTO);
	assert_int_equal(frame_unpack(frame, &view, "\1abcdefgh", 9), -EPROTO);
	free_frame(frame);
}

/* Pixels of a tile at random, of two colours each, so that some do not change. */
static void
fill_at_random(struct tile_pixels *pixels, const struct mural_view *view, uint32_t tile)
{
	const struct mural_rect rect = mural_tile_rect(view, tile);

	pixels->tile = tile;
	pixels->n = 0;
	for (uint32_t y = 0; y < MURAL_TILE; y++) {
		pixels->rows[y] = 0;
		for (uint32_t x = 0; y < rect.height && x < rect.width; x++) {
			if (random() % 3 > 0)
				continue;
			pixels->rows[y] |= 1u << x;
			pixels->colours[pixels->n++] =
				0xff000000 | (x * 77 + y + random() % 2);
		}
	}
}

/* Changes a tile, and compares with the picture as it was. */
static void
check_set(struct picture *picture, uint32_t tile)
{
	uint32_t old[WIDTH * HEIGHT];
	struct tile_pixels pixels;
	struct tile_change change;
	uint32_t n = 0;

	memcpy(old, picture->pixels, sizeof(old));
	fill_at_random(&pixels, &picture->view, tile);
	picture_set(picture, &pixels, &change);
	for (uint32_t y = 0; y < MURAL_TILE; y++)
		assert_int_equal(change.rows[y] & ~pixels.rows[y], 0);
	for (uint32_t i = 0; i < WIDTH * HEIGHT; i++) {
		const uint32_t x = i % WIDTH, y = i / WIDTH;
		const uint32_t bit = 1u << x % MURAL_TILE;
		const uint32_t in = y % MURAL_TILE * MURAL_TILE + x % MURAL_TILE;
		const bool is_set = y / MURAL_TILE * 3 + x / MURAL_TILE == tile &&
				    pixels.rows[y % MURAL_TILE] & bit;

		if (!is_set) {
			assert_int_equal(picture->pixels[i], old[i]);
			continue;
		}
		assert_int_equal(picture->pixels[i], pixels.colours[n++]);
		assert_int_equal(change.old[in], old[i]);
		assert_int_equal(change.now[in], picture->pixels[i]);
		assert_int_equal((change.rows[y % MURAL_TILE] & bit) != 0,
			old[i] != picture->pixels[i]);
	}
	assert_int_equal(n, pixels.n);
}

/* As doc/protocols.md has it. */
static uint64_t
hash_of(const struct picture *picture)
{
	uint64_t hash = 0;

	for (uint64_t i = 0; i < WIDTH * HEIGHT; i++) {
		uint64_t n = (i << 32 | picture->pixels[i]) + 0x9e3779b97f4a7c15u;

		n = (n ^ n >> 30) * 0xbf58476d1ce4e5b9u;
		n = (n ^ n >> 27) * 0x94d049bb133111ebu;
		hash ^= n ^ n >> 31;
	}
	return hash;
}

TEST(the_hash_follows_each_pixel)
{
	struct picture picture, again;
	size_t len;
	uint8_t *packed;

	assert_int_equal(picture_init(&picture, WIDTH, HEIGHT), 0);
	assert_int_equal(picture_init(&again, WIDTH, HEIGHT), 0);
	srandom(7);
	for (int i = 0; i < 50; i++) {
		check_set(&picture, random() % 6);
		assert_true(picture.hash == hash_of(&picture));
	}
	packed = picture_pack(picture.pixels, picture_size(&picture), &len);
	assert_non_null(packed);
	assert_int_equal(picture_unpack(&again, packed, len), 0);
	assert_true(again.hash == picture.hash);
	assert_memory_equal(
		again.pixels, picture.pixels, picture_size(&picture) * sizeof(uint32_t));
	assert_int_equal(picture_unpack(&again, packed, len - 1), -EPROTO);
	assert_true(again.hash == picture.hash);
	free(packed);
	picture_finish(&picture);
	picture_finish(&again);
}

UNIT_TESTS(NULL, NULL)
