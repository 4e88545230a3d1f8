/* SPDX-License-Identifier: MIT */
/* Saves and loads PNG files, and refuses damaged ones. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "canvas/canvas.h"
#include "fuzz/fuzz.h"
#include "storage/png.h"
#include "support/folder.h"

enum { WIDTH = 70, HEIGHT = 33 };

static const char path[] = "picture.png";

TEST(a_canvas_comes_back)
{
	struct canvas canvas;
	struct mural_brush brush;
	struct mural_reader *reader;
	uint32_t pixels[WIDTH * HEIGHT], loaded[WIDTH * HEIGHT];
	char why[64];

	assert_int_equal(canvas_init(&canvas, WIDTH, HEIGHT, 0xff102030), 0);
	assert_int_equal(canvas_brush_init(&canvas, &brush, 0, 0, WIDTH, HEIGHT), 0);
	for (uint32_t i = 0; i < 500; i++)
		mural_put(&brush, i * 7 % WIDTH, i * 3 % HEIGHT, 0xff000000 | i * 12345);
	canvas_publish(&canvas, &brush);
	reader = canvas_reader_new(&canvas);
	mural_reader_copy(reader, 0, 0, WIDTH, HEIGHT, pixels, WIDTH);
	assert_int_equal(png_file_save(path, reader), 0);
	assert_int_equal(png_file_load(path, WIDTH, HEIGHT, loaded, why, sizeof(why)), 0);
	assert_memory_equal(loaded, pixels, sizeof(pixels));
	assert_int_equal(png_file_load(path, WIDTH + 1, HEIGHT, loaded, why, sizeof(why)),
		-ERANGE);
	mural_reader_free(reader);
	canvas_brush_finish(&brush);
	canvas_finish(&canvas);
}

/* Each beginning of a good file, and each with one byte changed, as the fuzzer reads it:
 * behind a byte that chooses the size, here 6x2. */
TEST(a_damaged_file_does_no_harm)
{
	uint8_t good[4096] = { 5 }, bad[4096];
	struct canvas canvas;
	struct mural_reader *reader;
	FILE *file;
	size_t len;

	assert_int_equal(canvas_init(&canvas, 6, 2, 0xff808080), 0);
	reader = canvas_reader_new(&canvas);
	assert_int_equal(png_file_save(path, reader), 0);
	file = fopen(path, "rb");
	assert_non_null(file);
	len = 1 + fread(good + 1, 1, sizeof(good) - 1, file);
	fclose(file);
	assert_in_range(len, 60, 1000);
	for (size_t i = 0; i < len; i++) {
		LLVMFuzzerTestOneInput(good, i);
		memcpy(bad, good, len);
		bad[i] ^= 1 << i % 8;
		LLVMFuzzerTestOneInput(bad, len);
	}
	mural_reader_free(reader);
	canvas_finish(&canvas);
}

TEST(the_corpus_does_no_harm)
{
	assert_true(fuzz_replay("snapshot") > 5);
}

UNIT_TESTS(enter_folder, leave_folder)
