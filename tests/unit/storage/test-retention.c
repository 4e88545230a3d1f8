/* SPDX-License-Identifier: MIT */
/* What a recording keeps when it is too large: thinned segments, and what cannot be
 * thinned. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/history-format.h"
#include "unit/storage/small-wall.h"

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

/* How many moments the closed segments still have. */
static int
count_moments(int64_t moments[300])
{
	int n = 0;

	for (int i = 1; i < 300; i++) {
		struct mural_history *history = NULL;
		struct mural_span span;
		char name[80];

		snprintf(name, sizeof(name), "%s.%d", file, i);
		if (mural_history_open(name, &history) == 0) {
			assert_int_equal(
				mural_history_span(history, INT64_MIN, INT64_MAX, &span),
				0);
			moments[n++] = span.moments;
		}
		mural_history_close(history);
	}
	return n;
}

TEST_WITH(old_segments_are_thinned_and_the_beginning_stays, no_files, NULL)
{
	struct wall wall = { .config.max_size = 4 << 20 };
	struct mural_history *history;
	struct mural_moment moment;
	uint32_t first[PIXELS], last[PIXELS];
	int64_t middle;
	int files, closed, ret, moments = 0, early = 0;
	int64_t left[300], most = 0;

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
	closed = count_moments(left);
	for (int i = 1; i < closed; i++)
		most = MAX(most, left[i]);
	assert_in_range(left[0], 1, most - 1); /* the first one is thinned, too */
}

/* In peace: moments of a pixel each, in a segment of their own. */
static void
record_peace(struct wall *wall, uint32_t (*seen)[PIXELS], int n)
{
	for (int i = 0; i < n; i++) {
		paint(wall, 1);
		record(wall);
		copy(wall, seen[i]);
		usleep(1000);
	}
	wall->record.segment_max = 0;
	wall->record.writer.keyframe_due = true;
	flood(wall, 1);
	wall->record.segment_max = 1 << 20;
}

static void
check_peace(uint32_t (*seen)[PIXELS], int n)
{
	struct mural_history *history = open_history();
	struct mural_moment moment;

	for (int i = 0; i < n; i++) {
		assert_int_equal(mural_history_next(history, &moment), 1);
		assert_memory_equal(moment.pixels, seen[i], sizeof(seen[i]));
	}
	mural_history_close(history);
}

TEST_WITH(a_flood_does_not_expel_what_was_before, no_files, NULL)
{
	static uint32_t seen[300][PIXELS];
	struct wall wall = { .config.max_size = 4 << 20 };
	int files;

	wall_begin(&wall);
	record_peace(&wall, seen, 300);
	flood(&wall, 400);
	assert_in_range(recorded_bytes(&files), 1 << 20, (4 << 20) + 65536);
	check_peace(seen, 300);
	wall_end(&wall);
}

/* What was recorded in peace is not to pay for the damage behind it. */
TEST_WITH(a_damaged_head_does_not_cost_what_was_before, no_files, NULL)
{
	static uint32_t seen[100][PIXELS];
	struct wall wall = { .config.max_size = 4 << 20 };
	int out;

	wall_begin(&wall);
	record_peace(&wall, seen, 100);
	flood(&wall, 70);
	out = open("wall.2", O_WRONLY);
	assert_int_equal(pwrite(out, "damaged!", 8, RECORD_FILE_HEAD), 8);
	close(out);
	flood(&wall, 200);
	check_peace(seen, 100);
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
			mural_put(&wall.brush, x, y, 0xff000000 | random());
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

UNIT_TESTS(enter_folder, leave_folder)
