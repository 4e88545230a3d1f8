/* SPDX-License-Identifier: MIT */
/* Recordings that are cut, damaged, or written to a full disk. */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/util.h"
#include "fuzz/fuzz.h"
#include "storage/history-format.h"
#include "unit/storage/small-wall.h"

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

	for (int round = 0; round < 300; round++) {
		const size_t cut = random() % len;
		struct mural_history *history;
		struct mural_moment moment;
		int n = 0;

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

	for (int round = 0; round < 300; round++) {
		const size_t where =
			RECORD_FILE_HEAD + random() % (len - RECORD_FILE_HEAD);
		const uint8_t damage = 1 + random() % 16;
		struct mural_history *history;
		struct mural_moment moment;
		int at = -1, found = 0;

		bytes[where] ^= damage;
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
		bytes[where] ^= damage;
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

/* The first moment that is recorded again; what a reader then finds. */
static struct mural_history *
record_again(struct wall *wall, uint32_t last[PIXELS])
{
	paint(wall, 1);
	record(wall);
	assert_false(wall->record.failed);
	copy(wall, last);
	wall_end(wall);
	return open_history();
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
	history = record_again(&wall, last);
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
	history = record_again(&wall, last);
	assert_int_equal(mural_history_seek(history, INT64_MAX, &moment), 1);
	assert_memory_equal(moment.pixels, last, sizeof(last));
	mural_history_close(history);
}

/* The fuzzer's function, on mutations of a recording. */
TEST_WITH(any_bytes_do, no_files, NULL)
{
	uint8_t *bytes, *mutated;
	size_t len = make_recording(&bytes);

	len = MIN(len, 20000);
	mutated = malloc(len);
	for (int round = 0; round < 300; round++) {
		memcpy(mutated, bytes, len);
		for (int i = 0; i < 1 + round % 8; i++)
			mutated[random() % (round % 2 ? len : 100)] = (uint8_t)random();
		LLVMFuzzerTestOneInput(mutated, len - random() % 100);
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
