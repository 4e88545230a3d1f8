/* SPDX-License-Identifier: MIT */
/* What a record says of when it was. */
#include <fcntl.h>
#include <unistd.h>

#include <mural/history.h>

#include "storage/record-writer.h"
#include "support/folder.h"
#include "support/unit.h"

#define WIDTH 96
#define HEIGHT 64

/* Somebody paints all the while: the colour of a pixel is the time when it was read. */
static int64_t now_ms = 1000;

static void
copy_painted(const void *from, const struct mural_rect *at, uint32_t *pixels)
{
	(void)from;
	now_ms++;
	for (uint32_t y = 0; y < at->height; y++)
		for (uint32_t x = 0; x < at->width; x++)
			pixels[y * MURAL_TILE + x] = 0xff000000 | (uint32_t)now_ms;
}

static int64_t
time_of_painted(const void *from)
{
	(void)from;
	return now_ms;
}

TEST(no_moment_shows_what_was_painted_after_it)
{
	struct record_writer writer = { .fd = open("record", O_RDWR | O_CREAT, 0600) };
	const struct record_pixels pixels = { copy_painted, time_of_painted, NULL };
	struct mural_history *history;
	struct mural_moment moment;
	int n = 0;

	assert_int_equal(record_writer_resize(&writer, WIDTH, HEIGHT), 0);
	assert_int_equal(record_write_file_head(&writer), 0);
	for (int i = 0; i < 5; i++) {
		uint64_t tiles[1] = { 0x3f };

		assert_int_equal(record_append(&writer, &pixels, tiles), 1);
		assert_int_equal(writer.last_ms, now_ms);
	}
	record_writer_finish(&writer);
	assert_int_equal(mural_history_open("record", &history), 0);
	while (mural_history_next(history, &moment) > 0) {
		for (uint32_t i = 0; i < WIDTH * HEIGHT; i++)
			assert_true((moment.pixels[i] & 0xffffff) <= moment.time_ms);
		n++;
	}
	assert_int_equal(n, 5);
	mural_history_close(history);
}

UNIT_TESTS(enter_folder, leave_folder)
