/* SPDX-License-Identifier: MIT */
/* Replays the fuzzer's corpus (fuzz-pixelflut.c), and many random lines that are plain or
 * nearly so. */
#include <stdio.h>
#include <string.h>

#include "canvas/canvas.h"
#include "fuzz/fuzz.h"
#include "pixelflut/simd.h"
#include "pixelflut/vectors.h"
#include "support/unit.h"

#define ROUNDS 6000

#define LINES_MAX 100
#define FORMATS 13
#define READS 4

static unsigned
below(unsigned n)
{
	return (unsigned)random() % n;
}

/* In one of `n` formats from `first` on. */
static size_t
write_line(char *to, unsigned first, unsigned n)
{
	static const char *const formats[FORMATS] = {
		"PX %u %u %06x\n",
		"PX %u %u %06x\n",
		"PX %u %u %06X\n",
		"PX %u %u %08x\n",
		"PX %u %u\n",
		"PX %u %u %02x\n",
		"PX %04u %03u %06x\n",
		"PX %02u %u\n",
		"OFFSET %u %u\n",
		"PX %u%u %06x\n",
		"SIZE\n",
		"HELP\n",
		"PB\n\n",
	};
	unsigned wide = below(8 * n) == 0 ? 100000 : n == 1 ? 80 : 110;

	return sprintf(to, formats[first + below(n)], below(wide), below(wide / 2),
		below(1 << 24));
}

/* Valid lines, with a few bytes replaced. */
static size_t
write_stream(uint8_t *data)
{
	static const char spoilers[] = " \n\r\t09:/aAfFgG@`P-\0\x80\xff\x1a";
	size_t len = 1;

	/* the first formats are what whole groups can be made of, and the reads */
	static const unsigned few[][2] = { { 0, 3 }, { READS, 1 }, { 0, FORMATS } };
	const unsigned *formats = few[below(3)];

	data[0] = below(256);
	for (unsigned lines = below(LINES_MAX); lines > 0; lines--)
		len += write_line((char *)data + len, formats[0], formats[1]);
	for (unsigned spoiled = below(4); spoiled > 0; spoiled--)
		data[below(len)] = spoilers[below(sizeof(spoilers))];
	return len;
}

TEST(test_lines_at_once_are_lines_one_by_one)
{
	uint8_t data[LINES_MAX * 32];

	srandom(1);
	for (int i = 0; i < ROUNDS; i++)
		LLVMFuzzerTestOneInput(data, write_stream(data));
}

TEST(test_corpus)
{
	assert_true(fuzz_replay("pixelflut") > 10);
}

/* Otherwise all of the above compares the line parser with itself. */
TEST(test_plain_lines_are_run)
{
	struct canvas canvas;
	struct mural_brush brush;
	struct painter painter = { .brush = &brush };
	uint32_t argb;
	char text[100 * 24];
	size_t len = 0;

	if (!HAVE_SIMD)
		skip();
	assert_int_equal(canvas_init(&canvas, 128, 64, 0), 0);
	assert_int_equal(canvas_brush_init(&canvas, &brush, 0, 0, 128, 64), 0);
	for (unsigned i = 0; i < 100; i++)
		len += sprintf(text + len, "PX %u %u %06xff\n", i, i % 64, i * 0x10203);
	const uint8_t *data = (const uint8_t *)text;
	const uint8_t *stop = simd_run_lines(&painter, data, data + len);
	assert_true(stop > data + len - 100);
	assert_true(brush.painted >= 95);
	assert_true(mural_get(&brush, 90, 26, &argb));
	assert_int_equal(argb, 0xff000000 | 90 * 0x10203);
	canvas_brush_finish(&brush);
	canvas_finish(&canvas);
}

/* Nor does the wide path leave groups of reads to others. */
TEST(test_groups_of_reads_are_run)
{
	const struct vectors *vectors;
	struct canvas canvas;
	struct mural_brush brush;
	char text[150 * 16], wanted[100 * PIXEL_ANSWER_MAX];
	size_t len = 0, end = 0;

	assert_int_equal(canvas_init(&canvas, 128, 64, 0xff000000), 0);
	assert_int_equal(canvas_brush_init(&canvas, &brush, 0, 0, 128, 64), 0);
	for (unsigned i = 0; i < 100; i++) {
		mural_put(&brush, i, i % 64, 0xff000000 | i * 0x10203);
		len += sprintf(text + len, "PX %u %u\n", i, i % 64);
		if (i >= 4 && i < 68)
			end += sprintf(
				wanted + end, "PX %u %u %06x\n", i, i % 64, i * 0x10203);
	}
	for (unsigned nth = 0; (vectors = vectors_usable(nth)); nth++) {
		const uint8_t *data = (const uint8_t *)text;
		struct painter painter = { .brush = &brush };

		vectors_begin(&painter, data);
		vectors->run_reads(&painter, data + 4 * sizeof("PX 0 0"), data + len);
		assert_true(painter.answers.len >= end);
		assert_memory_equal(painter.answers.text, wanted, end);
	}
	canvas_brush_finish(&brush);
	canvas_finish(&canvas);
}

/* Nor groups of writes. */
TEST(test_groups_are_run)
{
	const struct vectors *vectors;
	struct canvas canvas;
	struct mural_brush brush;
	char text[100 * 24], binary[100 * BINARY_BYTES];
	size_t len = 0;

	assert_int_equal(canvas_init(&canvas, 128, 64, 0), 0);
	assert_int_equal(canvas_brush_init(&canvas, &brush, 0, 0, 128, 64), 0);
	for (unsigned i = 0; i < 100; i++) {
		len += sprintf(text + len, "PX %u %u %06x\n", i, i % 64, i * 0x10203);
		memcpy(binary + i * BINARY_BYTES,
			(char[BINARY_BYTES]){ 'P', 'B', i, 0, i % 64, 0, 1, i, 3, 4 },
			BINARY_BYTES);
	}
	for (unsigned nth = 0; (vectors = vectors_usable(nth)); nth++) {
		const uint8_t *data = (const uint8_t *)text;
		const uint8_t *line = data + 3 * sizeof("PX 0 0 rrggbb");
		struct painter painter = { .brush = &brush };
		uint64_t before = brush.painted;
		uint32_t argb;

		vectors_begin(&painter, data);
		vectors->run_writes(&painter, line, data + len);
		assert_true(brush.painted - before >= 80);
		assert_true(mural_get(&brush, 80, 80 - 64, &argb));
		assert_int_equal(argb, 0xff000000 | 80 * 0x10203);

		before = brush.painted;
		data = (const uint8_t *)binary;
		vectors->run_binaries(&painter, data, data + sizeof(binary));
		assert_true(brush.painted - before >= 90);
		assert_true(mural_get(&brush, 80, 80 - 64, &argb));
		assert_int_equal(argb, 0xff010003 | 80 << 8);
	}
	canvas_brush_finish(&brush);
	canvas_finish(&canvas);
}

UNIT_TESTS(NULL, NULL)
