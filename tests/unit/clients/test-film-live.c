/* SPDX-License-Identifier: MIT */
/* Tests how muralctl plays what a wall sends as a film, and what it does with worse. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clients/film.h"
#include "support/unit.h"

enum { WIDTH = 5, HEIGHT = 4, PIXELS = WIDTH * HEIGHT };

static uint8_t bytes[1000];
static size_t len;

static void
add_message(const void *message, size_t message_len)
{
	bytes[len] = (uint8_t)message_len;
	bytes[len + 1] = bytes[len + 2] = bytes[len + 3] = 0;
	memcpy(bytes + len + 4, message, message_len);
	len += 4 + message_len;
}

static void
add_text(const char *text)
{
	add_message(text, strlen(text));
}

static void
add_piece(char kind, uint8_t first, const uint8_t *body, size_t body_len)
{
	uint8_t piece[200] = { (uint8_t)kind, 1, [8] = first };

	memcpy(piece + 16, body, body_len);
	add_message(piece, 16 + body_len);
}

/* Red; then, from the sixth pixel on, two left alone, two of their own colours, and what
 * is above three times. */
static void
make_film(void)
{
	static const uint8_t fill[] = { 1 << 6 | (PIXELS - 1), 255, 0, 0 };
	static const uint8_t change[] = { 0 << 6 | 1, 2 << 6 | 1, 1, 2, 3, 255, 254, 253,
		3 << 6 | 2 };

	len = 0;
	add_text("{\"type\": \"film\", \"width\": 5, \"height\": 4}");
	add_text("{\"type\": \"moment\", \"time\": 100.5, \"key\": true}");
	add_piece('K', 0, fill, sizeof(fill));
	add_text("{\"type\": \"moment\", \"time\": 101.25, \"key\": false}");
	add_piece('D', 6, change, sizeof(change));
	add_text("{\"type\": \"moment\", \"time\": 102, \"key\": true}");
	add_piece('K', 0, fill, sizeof(fill));
}

TEST(each_moment_is_what_the_wall_was)
{
	struct reel reel;

	make_film();
	assert_int_equal(reel_open_bytes(&reel, bytes, len), 0);
	assert_int_equal(reel.n, 3);
	assert_int_equal(reel.times_ms[0], 100500);
	assert_int_equal(reel.times_ms[1], 101250);
	assert_int_equal(reel.show(&reel, 0), 0);
	for (int i = 0; i < PIXELS; i++)
		assert_int_equal(reel.shown.pixels[i], 0xffff0000);
	assert_int_equal(reel.show(&reel, 1), 0);
	for (int i = 0; i < PIXELS; i++) {
		uint32_t wanted = i == 8 ? 0xff010203 : i == 9 ? 0xff000000 : 0xffff0000;

		assert_int_equal(reel.shown.pixels[i], wanted);
	}
	assert_int_equal(reel.show(&reel, 2), 0);
	assert_int_equal(reel.shown.pixels[9], 0xffff0000);
	reel.close(&reel);
	free(reel.times_ms);
}

/* Goes to the last moment at once; what is wrong is told, or is another picture. */
static void
play(const uint8_t *film, size_t film_len)
{
	struct reel reel;

	if (reel_open_bytes(&reel, film, film_len) < 0)
		return;
	if (reel.n > 0)
		(void)reel.show(&reel, reel.n - 1);
	reel.close(&reel);
	free(reel.times_ms);
}

TEST(cut_anywhere_and_changed_anyhow)
{
	uint8_t *copy = malloc(sizeof(bytes));

	make_film();
	assert_non_null(freopen("/dev/null", "w", stderr)); /* thousands of complaints */
	for (size_t cut = 0; cut < len; cut++)
		play(bytes, cut);
	for (int round = 0; round < 20000; round++) {
		memcpy(copy, bytes, len);
		for (int i = 0; i <= round % 4; i++)
			copy[random() % len] = (uint8_t)random();
		play(copy, len);
	}
	free(copy);
}

UNIT_TESTS(NULL, NULL)
