/* SPDX-License-Identifier: MIT */
/* Records a wall and reads it back, from intact and from damaged files. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <mural/history.h>

#include "base/util.h"
#include "canvas/canvas.h"
#include "fuzz/fuzz.h"
#include "storage/history-format.h"
#include "support/recorded-wall.h"

enum { WIDTH = 100, HEIGHT = 70, PIXELS = WIDTH * HEIGHT };

static void
wall_begin_sized(struct wall *wall, uint32_t width, uint32_t height)
{
	wall_begin_on(wall, width, height, 0xff204060);
}

static void
wall_begin(struct wall *wall)
{
	wall_begin_sized(wall, WIDTH, HEIGHT);
}

static uint32_t
draw(struct wall *wall)
{
	wall->random = wall->random * 1664525 + 1013904223;
	return wall->random >> 8;
}

static void
paint(struct wall *wall, int n)
{
	for (int i = 0; i < n; i++) {
		uint32_t x = draw(wall) % wall->brush.width;
		uint32_t y = draw(wall) % wall->brush.height;

		mural_put(&wall->brush, x, y, 0xff000000 | draw(wall));
	}
	canvas_publish(&wall->canvas, &wall->brush);
}

static void
copy(struct wall *wall, uint32_t *pixels)
{
	mural_reader_copy(
		wall->record.autosave.reader, 0, 0, WIDTH, HEIGHT, pixels, WIDTH);
}

static struct mural_history *
open_history(void)
{
	struct mural_history *history = NULL;

	assert_int_equal(mural_history_open(file, &history), 0);
	return history;
}

static size_t
slurp(uint8_t **bytes)
{
	FILE *in = fopen(file, "rb");
	struct stat st;

	assert_non_null(in);
	assert_int_equal(fstat(fileno(in), &st), 0);
	*bytes = malloc(st.st_size);
	assert_int_equal(fread(*bytes, 1, st.st_size, in), st.st_size);
	fclose(in);
	return st.st_size;
}

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

/* ------------------------------------------------------------------ there and back */

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

/* Bytes of all files, and how many these are. */
static uint64_t
recorded_bytes(int *files)
{
	uint64_t total = 0;
	char name[80];

	*files = 0;
	for (int i = 0; i < 300; i++) {
		struct stat st;

		snprintf(name, sizeof(name), i ? "%s.%d" : "%s", file, i);
		if (stat(name, &st) == 0) {
			++*files;
			total += st.st_size;
		}
	}
	return total;
}

/* Until older segments are as small as they shall be. */
static void
thin(struct wall *wall)
{
	while (wall->record.retention.busy)
		uv_run(&wall->loop, UV_RUN_ONCE);
}

static void
flood(struct wall *wall, int n)
{
	for (int i = 0; i < n; i++) {
		paint(wall, PIXELS);
		record(wall);
		thin(wall);
	}
}

TEST_WITH(old_segments_are_thinned_and_the_beginning_stays, no_files, NULL)
{
	struct wall wall = { .config.max_size = 4 << 20 };
	struct mural_history *history;
	struct mural_moment moment;
	uint32_t first[PIXELS], last[PIXELS];
	int64_t middle;
	int files, ret, moments = 0, early = 0;

	wall_begin(&wall);
	flood(&wall, 1);
	copy(&wall, first);
	flood(&wall, 250);
	middle = wall.record.last_ms;
	flood(&wall, 250);
	copy(&wall, last);
	history = open_history();
	while ((ret = mural_history_next(history, &moment)) > 0) {
		if (moments++ == 0)
			assert_memory_equal(moment.pixels, first, sizeof(first));
		early += moment.time_ms <= middle;
	}
	assert_int_equal(ret, 0);
	assert_in_range(moments, 60, 250);
	assert_in_range(early, 10, moments - 10);
	assert_memory_equal(moment.pixels, last, sizeof(last));
	mural_history_close(history);
	wall_end(&wall);
	assert_in_range(recorded_bytes(&files), 2 << 20, (4 << 20) + 65536);
	assert_in_range(files, 4, 100);
	assert_int_equal(access("wall.thinned", F_OK), -1);
}

TEST_WITH(a_flood_does_not_expel_what_was_before, no_files, NULL)
{
	static uint32_t seen[300][PIXELS];
	struct wall wall = { .config.max_size = 4 << 20 };
	struct mural_history *history;
	struct mural_moment moment;
	int files;

	wall_begin(&wall);
	for (int i = 0; i < 300; i++) {
		paint(&wall, 1);
		record(&wall);
		copy(&wall, seen[i]);
		usleep(1000);
	}
	wall.record.segment_max = 0;
	wall.record.writer.keyframe_due = true;
	flood(&wall, 1);
	wall.record.segment_max = 1 << 20;
	flood(&wall, 400);
	assert_in_range(recorded_bytes(&files), 1 << 20, (4 << 20) + 65536);
	history = open_history();
	for (int i = 0; i < 300; i++) {
		assert_int_equal(mural_history_next(history, &moment), 1);
		assert_memory_equal(moment.pixels, seen[i], sizeof(seen[i]));
	}
	mural_history_close(history);
	wall_end(&wall);
}

/* What was recorded in peace is not to pay for the damage behind it. */
TEST_WITH(a_damaged_head_does_not_cost_what_was_before, no_files, NULL)
{
	static uint32_t seen[100][PIXELS];
	struct wall wall = { .config.max_size = 4 << 20 };
	struct mural_history *history;
	struct mural_moment moment;
	int out;

	wall_begin(&wall);
	for (int i = 0; i < 100; i++) {
		paint(&wall, 1);
		record(&wall);
		copy(&wall, seen[i]);
		usleep(1000);
	}
	wall.record.segment_max = 0;
	wall.record.writer.keyframe_due = true;
	flood(&wall, 1);
	wall.record.segment_max = 1 << 20;
	flood(&wall, 70);
	out = open("wall.2", O_WRONLY);
	assert_int_equal(pwrite(out, "damaged!", 8, RECORD_FILE_HEAD), 8);
	close(out);
	flood(&wall, 200);
	history = open_history();
	for (int i = 0; i < 100; i++) {
		assert_int_equal(mural_history_next(history, &moment), 1);
		assert_memory_equal(moment.pixels, seen[i], sizeof(seen[i]));
	}
	mural_history_close(history);
	wall_end(&wall);
}

/* Nothing is lost but moments: what is played is what was on the wall. */
TEST_WITH(what_was_being_thinned_is_gone_after_a_crash, no_files, NULL)
{
	struct wall wall = { 0 };
	FILE *left = fopen("wall.thinned", "w");

	assert_non_null(left);
	assert_int_equal(fclose(left), 0);
	wall_begin(&wall);
	assert_int_equal(access("wall.thinned", F_OK), -1);
	wall_end(&wall);
}

TEST_WITH(a_thinned_segment_has_every_second_moment, no_files, NULL)
{
	static uint32_t seen[101][PIXELS];
	struct wall wall = { 0 };
	struct thinning thinning = { 0 };
	struct mural_history *history;
	struct mural_moment moment;
	struct stat before, after;

	wall_begin(&wall);
	for (int i = 0; i < 101; i++) {
		paint(&wall, i % 9 == 0 ? 900 : 3);
		record(&wall);
		copy(&wall, seen[i]);
	}
	wall_end(&wall);
	assert_int_equal(stat(file, &before), 0);
	assert_int_equal(thinning_begin(&thinning, file, "wall.thinned"), 0);
	while (thinning_step(&thinning) > 0)
		;
	assert_int_equal(stat(file, &after), 0);
	assert_in_range(after.st_size, 1, before.st_size - 1);
	assert_int_equal(after.st_mtim.tv_sec, before.st_mtim.tv_sec);
	history = open_history();
	for (int i = 0; i < 101; i += 2) {
		assert_int_equal(mural_history_next(history, &moment), 1);
		assert_memory_equal(moment.pixels, seen[i], sizeof(seen[i]));
	}
	assert_int_equal(mural_history_next(history, &moment), 0);
	mural_history_close(history);
}

/* A reader that was there before plays on, and what is not finished changes nothing. */
TEST_WITH(thinning_that_ends_early_leaves_the_segment, no_files, NULL)
{
	struct wall wall = { 0 };
	struct thinning thinning = { 0 };
	uint8_t *before, *after;
	size_t len;

	wall_begin(&wall);
	for (int i = 0; i < 20; i++) {
		paint(&wall, 100);
		record(&wall);
	}
	wall_end(&wall);
	len = slurp(&before);
	assert_int_equal(thinning_begin(&thinning, file, "wall.thinned"), 0);
	assert_int_equal(thinning_step(&thinning), 1);
	thinning_end(&thinning);
	assert_int_equal(slurp(&after), len);
	assert_memory_equal(after, before, len);
	assert_int_equal(access("wall.thinned", F_OK), -1);
	free(before);
	free(after);
}

/* As a large canvas of many colours is: a pixel that changes must not cost all of it. */
TEST_WITH(a_keyframe_above_the_segment_size_is_not_repeated_each_time, no_files, NULL)
{
	enum { SIDE = 500, SEGMENT = 1 << 18 };
	struct wall wall = { .config.max_size = 64 << 20 };
	struct mural_history *history;
	struct mural_moment moment;
	off_t after_first;
	int moments = 0;

	wall_begin_sized(&wall, SIDE, SIDE);
	for (uint32_t y = 0; y < SIDE; y++)
		for (uint32_t x = 0; x < SIDE; x++)
			mural_put(&wall.brush, x, y, 0xff000000 | draw(&wall));
	canvas_publish(&wall.canvas, &wall.brush);
	wall.record.segment_max = SEGMENT;
	record(&wall);
	after_first = wall.record.writer.end;
	assert_true(after_first > 2 * SEGMENT);
	for (int i = 0; i < 20; i++) {
		paint(&wall, 10);
		record(&wall);
	}
	assert_in_range(
		wall.record.writer.end, after_first + 20 * 41, after_first + SEGMENT);
	/* but there are still new segments */
	for (int i = 0; i < 40; i++) {
		paint(&wall, 40000);
		record(&wall);
	}
	assert_true(wall.record.writer.end < 4 * after_first);
	history = open_history();
	while (mural_history_next(history, &moment) > 0)
		moments++;
	assert_int_equal(moments, 1 + 20 + 40);
	mural_history_close(history);
	wall_end(&wall);
}

/* The last moments are saved when the work on older segments has ended. */
TEST_WITH(stopping_begins_no_work_on_segments, no_files, NULL)
{
	struct wall wall = { .config.max_size = 4 << 20 };

	wall_begin(&wall);
	flood(&wall, 120);
	wall.record.retention.closed_most = 0;
	wall.record.segment_max = 0;
	wall.record.writer.keyframe_due = true;
	paint(&wall, PIXELS);
	autosave_run_now(&wall.record.autosave);
	assert_true(wall.record.autosave.saving);
	wall_end(&wall);
	assert_int_equal(access("wall.1", F_OK), 0);
	assert_int_equal(access("wall.thinned", F_OK), -1);
}

static const char *const singles[] = { "wall.1", "wall.2", "wall.3" };

/* Each of a single moment. */
static void
begin_with_segments(struct wall *wall)
{
	wall_begin(wall);
	wall->record.segment_max = 0;
	for (int i = 0; i < 4; i++) {
		wall->record.writer.keyframe_due = true;
		flood(wall, 1);
	}
	assert_int_equal(access("wall.3", R_OK), 0);
	wall->record.retention.closed_most = 0;
}

/* As somebody whom permissions stop; what never ends is ended by alarm(). */
static void
retain_as_nobody(struct wall *wall)
{
	const uid_t user = geteuid();

	if (user == 0)
		assert_int_equal(seteuid(65534), 0);
	alarm(60);
	retention_run(&wall->record.retention);
	thin(wall);
	alarm(0);
	assert_int_equal(seteuid(user), 0);
}

TEST_WITH(what_cannot_be_opened_is_not_removed, no_files, NULL)
{
	struct wall wall = { 0 };

	begin_with_segments(&wall);
	for (int i = 0; i < 3; i++)
		assert_int_equal(chmod(singles[i], 0), 0);
	assert_int_equal(chmod(".", 0777), 0);
	retain_as_nobody(&wall);
	assert_int_equal(chmod(".", 0700), 0);
	assert_true(wall.record.retention.failed);
	for (int i = 0; i < 3; i++)
		assert_int_equal(access(singles[i], F_OK), 0);
	wall_end(&wall);
}

TEST_WITH(what_cannot_be_removed_is_given_up, no_files, NULL)
{
	struct wall wall = { 0 };

	begin_with_segments(&wall);
	for (int i = 0; i < 3; i++)
		assert_int_equal(chmod(singles[i], 0644), 0);
	assert_int_equal(chmod(".", 0555), 0);
	retain_as_nobody(&wall);
	assert_true(wall.record.retention.failed);
	/* nor is it when it is too old, which does not make the rest smaller */
	wall.record.retention.failed = false;
	wall.record.retention.max_age_ms = 1;
	retain_as_nobody(&wall);
	assert_true(wall.record.retention.failed);
	assert_int_equal(chmod(".", 0700), 0);
	/* and is removed once it can be */
	wall.record.retention.max_age_ms = 0;
	retention_run(&wall.record.retention);
	thin(&wall);
	assert_false(wall.record.retention.failed);
	assert_int_equal(access("wall.3", F_OK), -1);
	wall_end(&wall);
}

/* ------------------------------------------------------------------ damage */

enum { MOMENTS = 60 };
static uint32_t shown[MOMENTS][PIXELS];
static off_t ends[MOMENTS];

static size_t
make_recording(uint8_t **bytes)
{
	struct wall wall = { 0 };

	wall_begin(&wall);
	for (int i = 0; i < MOMENTS; i++) {
		paint(&wall, 20 + (i % 10 == 0) * 5000);
		record(&wall);
		copy(&wall, shown[i]);
		ends[i] = wall.record.writer.end;
	}
	wall_end(&wall);
	return slurp(bytes);
}

static int
find_shown(const struct mural_moment *moment, int from)
{
	for (int i = from; i < MOMENTS; i++)
		if (memcmp(moment->pixels, shown[i], sizeof(shown[i])) == 0)
			return i;
	return -1;
}

TEST_WITH(cut_anywhere_all_before_is_there, no_files, NULL)
{
	uint8_t *bytes;
	size_t len = make_recording(&bytes);
	uint32_t random = 7;

	for (int round = 0; round < 300; round++) {
		struct mural_history *history;
		struct mural_moment moment;
		size_t cut;
		int n = 0;

		random = random * 1664525 + 1013904223;
		cut = random % len;
		write_bytes(file, bytes, cut);
		history = open_history();
		for (; mural_history_next(history, &moment) > 0; n++)
			assert_memory_equal(moment.pixels, shown[n], sizeof(shown[n]));
		assert_true(n == MOMENTS || ends[n] > (off_t)cut);
		assert_true(n == 0 || ends[n - 1] <= (off_t)cut);
		mural_history_close(history);
	}
	free(bytes);
}

TEST_WITH(damaged_anywhere_nothing_wrong_is_shown, no_files, NULL)
{
	uint8_t *bytes;
	size_t len = make_recording(&bytes);
	uint32_t random = 99;

	for (int round = 0; round < 300; round++) {
		struct mural_history *history;
		struct mural_moment moment;
		int at = -1, found = 0;

		random = random * 1664525 + 1013904223;
		size_t where = RECORD_FILE_HEAD + random % (len - RECORD_FILE_HEAD);
		bytes[where] ^= 1 + (random >> 28);
		write_bytes(file, bytes, len);
		history = open_history();
		while (mural_history_next(history, &moment) > 0) {
			at = find_shown(&moment, at + 1);
			assert_true(at >= 0);
			found++;
		}
		mural_history_close(history);
		/* all before the damage, and what comes after the next of all tiles */
		for (int i = 0; i < MOMENTS && ends[i] <= (off_t)where; i++)
			assert_true(found > i);
		bytes[where] ^= 1 + (random >> 28);
	}
	free(bytes);
}

/* Whichever record is damaged, and whatever is looked for: never what was not there yet,
 * as long as something whole was. */
TEST_WITH(damage_is_no_way_into_the_future, no_files, NULL)
{
	static int64_t times[MOMENTS];
	struct wall wall = { 0 };
	uint8_t *bytes;
	size_t len;

	wall_begin(&wall);
	for (int i = 0; i < MOMENTS; i++) {
		wall.record.writer.keyframe_due = i % 20 == 0;
		paint(&wall, 20);
		record(&wall);
		copy(&wall, shown[i]);
		ends[i] = wall.record.writer.end;
		times[i] = wall.record.last_ms;
		usleep(1100);
	}
	wall_end(&wall);
	len = slurp(&bytes);
	for (int bad = 1; bad < MOMENTS; bad++) {
		const int next_keyframe = (bad + 19) / 20 * 20 + (bad % 20 == 0 ? 20 : 0);

		bytes[ends[bad] - 5] ^= 1;
		write_bytes(file, bytes, len);
		for (int i = 0; i < MOMENTS; i++) {
			struct mural_history *history = open_history();
			const int wanted = i < bad || i >= next_keyframe ? i : bad - 1;
			struct mural_moment moment;

			assert_int_equal(
				mural_history_seek(history, times[i], &moment), 1);
			assert_int_equal(moment.time_ms, times[wanted]);
			assert_memory_equal(
				moment.pixels, shown[wanted], sizeof(shown[wanted]));
			mural_history_close(history);
		}
		bytes[ends[bad] - 5] ^= 1;
	}
	free(bytes);
}

TEST_WITH(a_damaged_file_becomes_a_segment, no_files, NULL)
{
	uint8_t *bytes;
	size_t len = make_recording(&bytes);
	struct wall wall = { 0 };
	struct mural_history *history;
	struct mural_moment moment;
	uint32_t seen[PIXELS];
	int n = 0;

	write_bytes(file, bytes, len - 3);
	free(bytes);
	wall_begin(&wall);
	paint(&wall, 100);
	record(&wall);
	copy(&wall, seen);
	wall_end(&wall);
	history = open_history();
	while (mural_history_next(history, &moment) > 0)
		n++;
	assert_int_equal(n, MOMENTS - 1 + 1);
	assert_memory_equal(moment.pixels, seen, sizeof(seen));
	mural_history_close(history);
}

TEST_WITH(what_is_no_recording_is_left_alone, no_files, NULL)
{
	static const uint8_t letter[] = "dear diary, nobody shall overwrite you";
	struct wall wall = { 0 };
	uint8_t *bytes;

	write_bytes(file, letter, sizeof(letter));
	wall_begin(&wall);
	paint(&wall, 100);
	assert_null(wall.record.autosave.loop);
	wall_end(&wall);
	assert_int_equal(slurp(&bytes), sizeof(letter));
	assert_memory_equal(bytes, letter, sizeof(letter));
	free(bytes);
}

TEST_WITH(a_file_that_can_be_opened_later_is, no_files, NULL)
{
	struct wall wall = { 0 };
	struct mural_history *history;
	struct mural_moment moment;

	assert_int_equal(mkdir(file, 0700), 0);
	wall_begin(&wall);
	assert_null(wall.record.autosave.loop);
	assert_int_equal(rmdir(file), 0);
	while (!wall.record.autosave.loop)
		uv_run(&wall.loop, UV_RUN_ONCE);
	paint(&wall, 100);
	wall_end(&wall);
	history = open_history();
	assert_int_equal(mural_history_next(history, &moment), 1);
	mural_history_close(history);
}

TEST_WITH(two_do_not_write_one_file, no_files, NULL)
{
	struct wall wall = { 0 }, other = { 0 };
	FILE *thinned;

	wall_begin(&wall);
	thinned = fopen("wall.thinned", "w"); /* by the first one */
	assert_non_null(thinned);
	assert_int_equal(fclose(thinned), 0);
	wall_begin(&other);
	assert_non_null(wall.record.autosave.loop);
	assert_null(other.record.autosave.loop);
	assert_int_equal(access("wall.thinned", F_OK), 0);
	wall_end(&other);
	wall_end(&wall);
}

/* A file system that is full, by way of a limit. */
TEST_WITH(a_full_disk_costs_moments_and_no_more, no_files, NULL)
{
	struct wall wall = { 0 };
	struct mural_history *history;
	struct mural_moment moment;
	uint32_t first[PIXELS], last[PIXELS];
	int n = 0;

	wall_begin(&wall);
	paint(&wall, 100);
	record(&wall);
	copy(&wall, first);
	close(wall.record.writer.fd);
	wall.record.writer.fd = open("/dev/full", O_RDWR);
	paint(&wall, 100);
	record(&wall);
	assert_true(wall.record.failed);
	close(wall.record.writer.fd);
	wall.record.writer.fd = open(file, O_RDWR);
	paint(&wall, 1);
	record(&wall);
	assert_false(wall.record.failed);
	copy(&wall, last);
	wall_end(&wall);
	history = open_history();
	while (mural_history_next(history, &moment) > 0)
		assert_memory_equal(moment.pixels, n++ ? last : first, sizeof(last));
	assert_int_equal(n, 2);
	mural_history_close(history);
}

/* The disk is full when a segment begins: its header is written later. */
TEST_WITH(a_part_begun_on_a_full_disk_is_none_the_worse, no_files, NULL)
{
	const struct rlimit full = { 0, RLIM_INFINITY };
	const struct rlimit room = { RLIM_INFINITY, RLIM_INFINITY };
	struct wall wall = { 0 };
	struct mural_history *history;
	struct mural_moment moment;
	uint32_t last[PIXELS];

	wall_begin(&wall);
	paint(&wall, 100);
	record(&wall);
	wall.record.segment_max = 0;
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &full);
	paint(&wall, 100);
	record(&wall);
	setrlimit(RLIMIT_FSIZE, &room);
	assert_true(wall.record.failed);
	wall.record.segment_max = 1 << 20;
	paint(&wall, 1);
	record(&wall);
	assert_false(wall.record.failed);
	copy(&wall, last);
	wall_end(&wall);
	history = open_history();
	assert_int_equal(mural_history_seek(history, INT64_MAX, &moment), 1);
	assert_memory_equal(moment.pixels, last, sizeof(last));
	mural_history_close(history);
}

/* The fuzzer's function, on mutations of a recording. */
TEST_WITH(any_bytes_do, no_files, NULL)
{
	uint8_t *bytes, *mutated;
	size_t len = make_recording(&bytes);
	uint32_t random = 5;

	len = MIN(len, 20000);
	mutated = malloc(len);
	for (int round = 0; round < 300; round++) {
		memcpy(mutated, bytes, len);
		for (int i = 0; i < 1 + round % 8; i++) {
			random = random * 1664525 + 1013904223;
			mutated[random % (round % 2 ? len : 100)] = random >> 24;
		}
		LLVMFuzzerTestOneInput(mutated, len - random % 100);
	}
	free(mutated);
	free(bytes);
}

/* What `make fuzz` found worth keeping. */
TEST_WITH(the_corpus_does_no_harm, no_files, NULL)
{
	assert_true(fuzz_replay("history") > 10);
}

UNIT_TESTS(enter_folder, leave_folder)
