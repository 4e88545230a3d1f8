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
	for (uint32_t i = 0; i < rect.width * rect.height; i += step) {
		pixels->places[pixels->n] =
			(uint16_t)(i / rect.width * MURAL_TILE + i % rect.width);
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
	assert_memory_equal(got.places, sent.places, sent.n * sizeof(*sent.places));
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

			for (uint32_t i = 0; i < pixels.n; i++) {
				assert_true(pixels.places[i] % MURAL_TILE < rect.width);
				assert_true(pixels.places[i] / MURAL_TILE < rect.height);
			}
		}
	}
	assert_in_range(taken, 100, 9900);
	free_frame(frame);
}

/* Of the last tile, 16x16, every second pixel as a mask, or a few, and one elsewhere. */
static int
unpack_with(uint32_t step, uint32_t i, uint16_t place)
{
	const struct mural_view view = mural_view_of(WIDTH, HEIGHT);
	struct frame *frame = new_frame(&view);
	struct tile_pixels pixels;
	uint8_t *payload;
	size_t len;
	int ret;

	fill_tile(&pixels, &view, 5, step);
	pixels.places[i] = place;
	assert_true(frame_add(frame, &pixels));
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

TEST(the_hash_follows_each_pixel)
{
	struct picture picture, again;
	size_t len;
	uint8_t *packed;

	assert_int_equal(picture_init(&picture, WIDTH, HEIGHT), 0);
	assert_int_equal(picture_init(&again, WIDTH, HEIGHT), 0);
	srandom(7);
	for (int i = 0; i < 5000; i++)
		picture_set(&picture, random() % (WIDTH * HEIGHT), 0xff000000 | random());
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
