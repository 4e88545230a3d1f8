/* SPDX-License-Identifier: MIT */
/* Tests what the pixel board parses: pixels, numbers, palettes. */
#include <stdio.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "http/board/palette.h"
#include "http/board/pixel-body.h"
#include "support/unit.h"

#define ID "0123456789abcdef01234567"
#define ROUNDS 100000

static bool
reads(const char *body, struct pixel_body *pixel)
{
	return pixel_body_read(pixel, body, strlen(body));
}

TEST(test_usual_bodies_are_parsed)
{
	static const char *const bodies[] = {
		"{\"row\":1,\"col\":20,\"color\":3,\"id\":\"" ID "\"}",
		"{\"id\": \"" ID "\", \"row\": 1, \"col\": 20, \"color\": 3}",
		" {\t\"color\" :3 ,\r\n\"col\":\n20,\"id\":\"" ID "\",\"row\" : 1 } \n",
	};

	for (size_t i = 0; i < sizeof(bodies) / sizeof(*bodies); i++) {
		struct pixel_body pixel = { 0 };

		assert_true(reads(bodies[i], &pixel));
		assert_int_equal(pixel.row, 1);
		assert_int_equal(pixel.column, 20);
		assert_int_equal(pixel.colour, 3);
		assert_memory_equal(pixel.id, ID, STORE_ID_LEN);
	}
}

TEST(test_other_bodies_are_left_to_the_library)
{
	static const char *const bodies[] = {
		"",
		"{}",
		"[]",
		"{\"row\":1,\"col\":2,\"color\":3}",
		"{\"row\":1,\"row\":1,\"col\":2,\"color\":3,\"id\":\"" ID "\"}",
		"{\"row\":1,\"col\":2,\"color\":3,\"id\":\"" ID "\",\"more\":1}",
		"{\"row\":-1,\"col\":2,\"color\":3,\"id\":\"" ID "\"}",
		"{\"row\":01,\"col\":2,\"color\":3,\"id\":\"" ID "\"}",
		"{\"row\":1.0,\"col\":2,\"color\":3,\"id\":\"" ID "\"}",
		"{\"row\":1e0,\"col\":2,\"color\":3,\"id\":\"" ID "\"}",
		"{\"row\":1234567890,\"col\":2,\"color\":3,\"id\":\"" ID "\"}",
		"{\"row\":\"1\",\"col\":2,\"color\":3,\"id\":\"" ID "\"}",
		"{\"row\":1,\"col\":2,\"color\":3,\"id\":\"" ID "0\"}",
		"{\"row\":1,\"col\":2,\"color\":3,\"id\":\"\"}",
		"{\"row\":1,\"col\":2,\"color\":3,\"id\":\"\\u0030123456789abcdef0123\"}",
		"{\"row\":1,\"col\":2,\"color\":3,\"id\":\"" ID "\"}x",
		"{\"row\":1,\"col\":2,\"color\":3,\"id\":\"" ID "\"",
		"{\"row\":1,\"col\":2,\"color\":3,\"id\":\"" ID "\",}",
	};

	for (size_t i = 0; i < sizeof(bodies) / sizeof(*bodies); i++) {
		struct pixel_body pixel;

		assert_false(reads(bodies[i], &pixel));
	}
}

/* A valid body with a few bytes changed, removed or doubled. */
TEST(test_the_library_agrees_with_the_parser)
{
	static const char pool[] = "{}[]\",:\\ \n0123456789.-+eEaf\0\xc3\xff";

	srandom(1);
	for (int round = 0; round < ROUNDS; round++) {
		char body[256];
		uint32_t row = random() % 2000;
		size_t len = snprintf(body, sizeof(body),
			"{\"row\": %u,\"col\":%u, \"color\":%u ,\"id\":\"" ID "\"}", row,
			(unsigned)random() % 200, (unsigned)random() % 20);

		for (uint32_t n = random() % 4; n > 0; n--) {
			size_t at = random() % len;
			size_t some = random() % 8;

			if (some > len - at)
				some = len - at;
			switch (random() % 3) {
			case 0:
				body[at] = pool[random() % (sizeof(pool) - 1)];
				break;
			case 1:
				memmove(body + at, body + at + some, len - at - some);
				len -= some;
				break;
			default:
				memmove(body + at + some, body + at, len - at);
				len += some;
			}
			if (len == 0 || len > sizeof(body) - 16)
				break;
		}
		LLVMFuzzerTestOneInput((const uint8_t *)body, len);
	}
}

TEST(test_palettes)
{
	struct palette palette = { .n = 7 };

	assert_false(palette_parse(&palette, ""));
	assert_false(palette_parse(&palette, "ffffff,"));
	assert_false(palette_parse(&palette, "fffff"));
	assert_false(palette_parse(&palette, "ffffff 000000"));
	assert_false(palette_parse(&palette, "##ffffff"));
	assert_int_equal(palette.n, 7);
	assert_true(palette_parse(&palette, " ffFFff, #000000 ,ff0000,000000 "));
	assert_int_equal(palette.n, 4);
	assert_int_equal(palette.colours[2], 0xffff0000);
	assert_int_equal(palette_nearest(&palette, 0xff808080), 0);
	assert_int_equal(palette_nearest(&palette, 0xff7f7f7f), 1);
	assert_int_equal(palette_nearest(&palette, 0xff000000),
		1); /* the first of two equal colours */
	assert_int_equal(palette_nearest(&palette, 0xffc02020), 2);
}

/* Inputs that `make fuzz` found. */
TEST(the_corpus_does_no_harm)
{
	assert_true(fuzz_replay("board") > 10);
}

UNIT_TESTS(NULL, NULL)
