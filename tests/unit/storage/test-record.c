/* SPDX-License-Identifier: MIT */
/* Records a wall and reads it back. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit/storage/small-wall.h"

/* All that was recorded, in however many parts; nothing after the end. */
static void
check_activity(struct mural_history *history, const struct mural_span *span)
{
	uint64_t all, parts[5], sum = 0;

	assert_int_equal(
		mural_history_activity(history, span->first_ms, span->last_ms, &all, 1),
		0);
	assert_int_equal(
		mural_history_activity(history, span->first_ms, span->last_ms, parts, 5),
		0);
	for (int i = 0; i < 5; i++)
		sum += parts[i];
	assert_true(all > 0 && sum == all);
	assert_int_equal(
		mural_history_activity(history, INT64_MIN, INT64_MAX, parts, 5), 0);
	assert_int_equal(parts[2], all); /* 1970 is the middle of all times */
	assert_int_equal(mural_history_activity(
				 history, span->last_ms + 1, span->last_ms + 9, parts, 5),
		0);
	for (int i = 0; i < 5; i++)
		assert_int_equal(parts[i], 0);
	assert_int_equal(mural_history_activity(history, 1, 0, parts, 5), -EINVAL);
	assert_int_equal(mural_history_activity(history, 0, 1, parts, 0), -EINVAL);
}

TEST_WITH(every_moment_comes_back, no_files, NULL)
{
	static uint32_t seen[700][PIXELS];
	struct wall wall = { 0 };
	struct mural_history *history;
	struct mural_moment moment;
	struct mural_span span;
	int64_t before = INT64_MIN;
	int n = 0;

	wall_begin(&wall);
	for (; n < 700; n++) {
		paint(&wall, n % 7 == 0 ? 300 : 1);
		record(&wall);
		copy(&wall, seen[n]);
	}
	history = open_history();
	assert_int_equal(mural_history_span(history, INT64_MIN, INT64_MAX, &span), 0);
	assert_int_equal(span.moments, n);
	check_activity(history, &span);
	for (int i = 0; i < n; i++) {
		assert_int_equal(mural_history_next(history, &moment), 1);
		assert_int_equal(moment.width, WIDTH);
		assert_int_equal(moment.height, HEIGHT);
		assert_memory_equal(moment.pixels, seen[i], sizeof(seen[i]));
		assert_true(moment.time_ms > before);
		before = moment.time_ms;
	}
	assert_int_equal(span.last_ms, before);
	assert_int_equal(mural_history_next(history, &moment), 0);
	mural_history_close(history);
	wall_end(&wall);
}

/* Tiles at the edges have rows of four pixels, and of one. */
TEST_WITH(rows_that_change_as_a_whole_are_read_back, no_files, NULL)
{
	enum { N = 30 };
	static uint32_t seen[N][97 * HEIGHT];
	struct wall wall = { 0 };
	struct mural_history *history;
	struct mural_moment moment;

	for (uint32_t width = 97; width <= WIDTH; width += WIDTH - 97) {
		(void)no_files(NULL);
		wall_begin_sized(&wall, width, HEIGHT);
		for (uint32_t i = 0; i < N; i++) {
			mural_fill(
				&wall.brush, i, i, 7 * i, 3 * i, 0xff000000 | random());
			paint(&wall, i % 3);
			record(&wall);
			mural_reader_copy(wall.record.autosave.reader, 0, 0, 97, HEIGHT,
				seen[i], 97);
		}
		history = open_history();
		for (uint32_t i = 0; i < N; i++) {
			assert_int_equal(mural_history_next(history, &moment), 1);
			for (uint32_t y = 0; y < HEIGHT; y++)
				assert_memory_equal(moment.pixels + y * width,
					seen[i] + y * 97, 97 * sizeof(uint32_t));
		}
		mural_history_close(history);
		wall_end(&wall);
	}
}

TEST_WITH(what_did_not_change_is_not_written, no_files, NULL)
{
	struct wall wall = { 0 };
	struct stat before, after;

	wall_begin(&wall);
	paint(&wall, 50);
	record(&wall);
	assert_int_equal(stat(file, &before), 0);
	/* the same colour again is damage, but no change */
	mural_put(&wall.brush, 0, 0, 0xff204060);
	mural_put(&wall.brush, 0, 0, 0xff204060);
	canvas_publish(&wall.canvas, &wall.brush);
	record(&wall);
	record(&wall);
	assert_int_equal(stat(file, &after), 0);
	assert_int_equal(before.st_size, after.st_size);
	wall_end(&wall);
}

TEST_WITH(one_pixel_costs_little, no_files, NULL)
{
	struct wall wall = { 0 };
	struct stat before, after;

	wall_begin_sized(&wall, 1920, 1080);
	record(&wall);
	assert_int_equal(stat(file, &before), 0);
	paint(&wall, 1);
	record(&wall);
	assert_int_equal(stat(file, &after), 0);
	assert_in_range(after.st_size - before.st_size, 41, 120);
	wall_end(&wall);
}

TEST_WITH(a_moment_is_found_by_its_time, no_files, NULL)
{
	static uint32_t seen[40][PIXELS];
	static int64_t times[40];
	struct wall wall = { 0 };
	struct mural_history *history;
	struct mural_moment moment;

	wall_begin(&wall);
	for (int i = 0; i < 40; i++) {
		paint(&wall, 1000);
		record(&wall);
		copy(&wall, seen[i]);
		times[i] = wall.record.last_ms;
		usleep(2000);
	}
	history = open_history();
	for (int i = 0; i < 40; i += 3) {
		assert_int_equal(
			mural_history_seek(history, times[i] + (i % 2), &moment), 1);
		assert_int_equal(moment.time_ms, times[i]);
		assert_memory_equal(moment.pixels, seen[i], sizeof(seen[i]));
	}
	/* and from there on */
	assert_int_equal(mural_history_seek(history, times[5], &moment), 1);
	assert_int_equal(mural_history_next(history, &moment), 1);
	assert_memory_equal(moment.pixels, seen[6], sizeof(seen[6]));
	assert_int_equal(mural_history_seek(history, 0, &moment), 1);
	assert_memory_equal(moment.pixels, seen[0], sizeof(seen[0]));
	assert_int_equal(mural_history_seek(history, INT64_MAX, &moment), 1);
	assert_memory_equal(moment.pixels, seen[39], sizeof(seen[39]));
	mural_history_close(history);
	wall_end(&wall);
}

TEST_WITH(a_second_run_goes_on_with_the_file, no_files, NULL)
{
	struct wall wall = { 0 }, next = { 0 };
	uint32_t seen[PIXELS];
	struct mural_history *history;
	struct mural_moment moment;
	struct mural_span span;
	char segment[80];

	wall_begin(&wall);
	paint(&wall, 10);
	record(&wall);
	wall_end(&wall);
	wall_begin(&next);
	paint(&next, 100);
	record(&next);
	copy(&next, seen);
	wall_end(&next);
	snprintf(segment, sizeof(segment), "%s.1", file);
	assert_int_equal(access(segment, F_OK), -1);
	history = open_history();
	assert_int_equal(mural_history_span(history, INT64_MIN, INT64_MAX, &span), 0);
	assert_int_equal(span.moments, 2);
	assert_int_equal(mural_history_seek(history, INT64_MAX, &moment), 1);
	assert_memory_equal(moment.pixels, seen, sizeof(seen));
	mural_history_close(history);
}

UNIT_TESTS(enter_folder, leave_folder)
