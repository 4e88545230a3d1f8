/* SPDX-License-Identifier: MIT */
/* Reads a recording back, skipping what is damaged. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/util.h"
#include "storage/history-private.h"

/* ------------------------------------------------------------------ files */

static bool
is_recording(FILE *in)
{
	uint8_t head[RECORD_FILE_HEAD];

	return fread(head, sizeof(head), 1, in) == 1 &&
	       memcmp(head, RECORD_FILE_MAGIC, 8) == 0 && head[8] == RECORD_VERSION &&
	       head[9] == 0 && head[10] == 0 && head[11] == 0;
}

static FILE *
open_segment(const struct mural_history *history, size_t segment)
{
	char *name = NULL;
	FILE *in = NULL;
	int fd;

	if (segment == history->n_segments) {
		fd = dup(history->last_fd);
		in = fd < 0 ? NULL : fdopen(fd, "r");
		if (!in && fd >= 0)
			close(fd);
		if (in)
			rewind(in);
		return in;
	}
	name = record_segment_name(history->file, history->segments[segment]);
	if (name)
		in = fopen(name, "re");
	free(name);
	return in;
}

/* Whether a segment is the file that is open already, and was renamed meanwhile. */
static bool
is_current_file(const struct mural_history *history, FILE *in)
{
	struct stat this, last;

	return fstat(fileno(in), &this) == 0 && fstat(history->last_fd, &last) == 0 &&
	       this.st_ino == last.st_ino && this.st_dev == last.st_dev;
}

static void
close_segment(struct mural_history *history)
{
	if (history->in)
		fclose(history->in);
	history->in = NULL;
}

/* Goes to the beginning of a segment, or of the next one that exists and is valid. False:
 * at the end. */
static bool
go_to_segment(struct mural_history *history, size_t segment)
{
	struct stat st;

	close_segment(history);
	history->usable = false;
	for (; segment <= history->n_segments; segment++) {
		FILE *in = open_segment(history, segment);

		if (in &&
			(segment == history->n_segments ||
				!is_current_file(history, in)) &&
			is_recording(in) && fstat(fileno(in), &st) == 0) {
			history->in = in;
			history->in_size = st.st_size;
			history->segment = segment;
			return true;
		}
		if (in)
			fclose(in);
	}
	history->segment = segment;
	return false;
}

/* ------------------------------------------------------------------ records */

/* Reads the next head, searching byte by byte where there is none.  False: none is left
 * in this segment. */
static bool
find_head(struct mural_history *history, struct record_head *head)
{
	uint8_t bytes[RECORD_HEAD];
	size_t have = 0;

	while (fread(bytes + have, sizeof(bytes) - have, 1, history->in) == 1) {
		uint8_t *next;

		if (record_head_read(bytes, head) &&
			head->len <= history->in_size - ftello(history->in))
			return true;
		history->usable = false;
		next = memchr(bytes + 1, RECORD_MAGIC[0], sizeof(bytes) - 1);
		have = next ? bytes + sizeof(bytes) - next : 0;
		memmove(bytes, bytes + sizeof(bytes) - have, have);
	}
	return false;
}

/* The next head, in this segment or a later one. */
static bool
next_head(struct mural_history *history, struct record_head *head)
{
	while (history->in) {
		if (find_head(history, head))
			return true;
		go_to_segment(history, history->segment + 1);
	}
	return false;
}

static uint32_t
body_crc(const uint8_t *body, const struct record_head *head)
{
	uint8_t bytes[RECORD_HEAD];
	uLong crc = crc32(crc32(0, NULL, 0), body, head->len);

	record_head_write(head, bytes);
	return crc32(crc, bytes + 8, sizeof(bytes) - 8);
}

/* 1: the body is in history->body; 0: it is damaged; -errno. */
static int
read_body(struct mural_history *history, const struct record_head *head)
{
	if (head->len > history->body_size) {
		uint8_t *more = realloc(history->body, head->len);

		if (!more)
			return -ENOMEM;
		history->body = more;
		history->body_size = head->len;
	}
	if (head->len > 0 && fread(history->body, head->len, 1, history->in) != 1)
		return 0;
	return body_crc(history->body, head) == head->crc;
}

/* The next head with an intact body: 1, 0 at the end, -errno. */
static int
next_record(struct mural_history *history, struct record_head *head)
{
	while (next_head(history, head)) {
		off_t behind_head = ftello(history->in);
		int ret = read_body(history, head);

		if (ret != 0)
			return ret;
		history->usable = false;
		fseeko(history->in, behind_head - RECORD_HEAD + 1, SEEK_SET);
	}
	return 0;
}

int
mural_history_next(struct mural_history *history, struct mural_moment *moment)
{
	struct record_head head;
	int ret;

	while ((ret = next_record(history, &head)) > 0) {
		*moment = (struct mural_moment){ 0 };
		if (head.keyframe)
			ret = history_begin_picture(history, &head);
		if (ret < 0)
			return ret;
		if (!history->usable || history->view.width != head.width ||
			history->view.height != head.height)
			continue;
		ret = history_apply(history, &head, moment);
		history->usable = ret > 0;
		if (ret == 0)
			continue;
		history->time_ms = MAX(history->time_ms, head.time_ms);
		moment->time_ms = history->time_ms;
		moment->width = history->view.width;
		moment->height = history->view.height;
		moment->pixels = history->pixels;
		return ret;
	}
	return ret;
}

/* ------------------------------------------------------------------ seeking */

static void
go_to_first_segment(struct mural_history *history)
{
	history->time_ms = INT64_MIN;
	go_to_segment(history, 0);
}

int
mural_history_span(struct mural_history *history, int64_t from_ms, int64_t to_ms,
	struct mural_span *span)
{
	struct record_head head;
	int64_t time_ms = INT64_MIN;

	*span = (struct mural_span){ 0 };
	go_to_first_segment(history);
	while (next_head(history, &head)) {
		fseeko(history->in, head.len, SEEK_CUR);
		time_ms = MAX(time_ms, head.time_ms);
		if (time_ms < from_ms || time_ms > to_ms)
			continue;
		if (span->moments++ == 0)
			span->first_ms = time_ms;
		span->last_ms = time_ms;
	}
	go_to_first_segment(history);
	return 0;
}

/* Which of n equal parts a time within a span lies in; a span may be all of time. */
static size_t
part_of(int64_t time_ms, int64_t from_ms, int64_t to_ms, size_t n)
{
	const double length = (double)to_ms - (double)from_ms + 1;
	const size_t part =
		(size_t)(((double)time_ms - (double)from_ms) / length * (double)n);

	return MIN(part, n - 1);
}

/* A keyframe has all tiles, changed or not. */
int
mural_history_activity(struct mural_history *history, int64_t from_ms, int64_t to_ms,
	uint64_t *parts, size_t n)
{
	struct record_head head;
	int64_t time_ms = INT64_MIN;

	if (n == 0 || to_ms < from_ms)
		return -EINVAL;
	memset(parts, 0, n * sizeof(*parts));
	go_to_first_segment(history);
	while (next_head(history, &head)) {
		fseeko(history->in, head.len, SEEK_CUR);
		time_ms = MAX(time_ms, head.time_ms);
		if (!head.keyframe && time_ms >= from_ms && time_ms <= to_ms)
			parts[part_of(time_ms, from_ms, to_ms, n)] += head.len;
	}
	go_to_first_segment(history);
	return 0;
}

/* The last segment that starts at `at_ms` or before, else the first. */
static size_t
find_segment(struct mural_history *history, int64_t at_ms)
{
	struct record_head head;

	for (size_t segment = history->n_segments + 1; segment-- > 1;)
		if (go_to_segment(history, segment) && history->segment == segment &&
			find_head(history, &head) && head.time_ms <= at_ms)
			return segment;
	return 0;
}

/* Where the last keyframe of this segment starts that is not later than `at_ms` and lies
 * before the offset `before`; else where the first record does. */
static off_t
find_keyframe(struct mural_history *history, int64_t at_ms, off_t before)
{
	off_t found = RECORD_FILE_HEAD;
	struct record_head head;

	while (find_head(history, &head) && head.time_ms <= at_ms &&
		ftello(history->in) - RECORD_HEAD < before) {
		if (head.keyframe)
			found = ftello(history->in) - RECORD_HEAD;
		fseeko(history->in, head.len, SEEK_CUR);
	}
	return found;
}

/* Whether this segment has another record that is not later than `at_ms`. */
static bool
more_until(struct mural_history *history, int64_t at_ms)
{
	off_t here = ftello(history->in);
	bool usable = history->usable, more;
	struct record_head head;

	more = find_head(history, &head) && head.time_ms <= at_ms;
	fseeko(history->in, here, SEEK_SET);
	history->usable = usable;
	return more;
}

/* Plays from here to the last moment that is not later than `at_ms`, or to the one after
 * `*n` such moments; *n becomes their number.  Returns as mural_history_next(). */
static int
history_replay(struct mural_history *history, int64_t at_ms, size_t *n,
	struct mural_moment *moment)
{
	const size_t segment = history->segment, most = *n;
	int ret;

	history->time_ms = INT64_MIN;
	*n = 0;
	do {
		ret = mural_history_next(history, moment);
		if (ret > 0 && moment->time_ms <= at_ms)
			++*n;
	} while (ret > 0 && *n < most && history->segment == segment &&
		 more_until(history, at_ms));
	return ret;
}

/* If damage led past `at_ms`, plays again up to the damage; if there was nothing before
 * it, from an earlier keyframe on. */
int
mural_history_seek(
	struct mural_history *history, int64_t at_ms, struct mural_moment *moment)
{
	size_t segment = find_segment(history, at_ms), most = SIZE_MAX;
	off_t before = INT64_MAX;

	for (;;) {
		size_t n = most;
		off_t start;
		int ret;

		if (!go_to_segment(history, segment))
			return 0;
		start = find_keyframe(history, at_ms, before);
		fseeko(history->in, start, SEEK_SET);
		ret = history_replay(history, at_ms, &n, moment);
		if (ret < 0 || (ret > 0 && moment->time_ms <= at_ms))
			return ret;
		if (n > 0) {
			most = n;
		} else if (start > RECORD_FILE_HEAD) {
			before = start;
		} else if (segment > 0) {
			segment--;
			before = INT64_MAX;
		} else {
			return ret;
		}
	}
}

/* ------------------------------------------------------------------ open, close */

int
mural_history_open(const char *file, struct mural_history **opened)
{
	struct mural_history *history = calloc(1, sizeof(*history));
	int ret = -ENOMEM;

	if (!history)
		return ret;
	history->last_fd = -1;
	history->file = strdup(file);
	if (history->file) {
		history->last_fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		ret = history->last_fd < 0 ? -errno : 0;
	}
	if (ret == 0)
		ret = record_segments(file, &history->segments, &history->n_segments);
	if (ret < 0) {
		mural_history_close(history);
		return ret;
	}
	go_to_first_segment(history);
	*opened = history;
	return 0;
}

void
mural_history_close(struct mural_history *history)
{
	if (!history)
		return;
	close_segment(history);
	if (history->last_fd >= 0)
		close(history->last_fd);
	free(history->segments);
	free(history->pixels);
	free(history->body);
	free(history->file);
	free(history);
}
