/* SPDX-License-Identifier: MIT */
/* Opens and checks the file of a recording, and renames it to a segment when it is full.
 */
#include "storage/segments.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "base/files.h"
#include "base/log.h"
#include "base/util.h"

/* Small enough that the oldest can be removed often, large enough to be few. */
#define SEGMENTS 16
#define SEGMENT_MIN (UINT64_C(1) << 20)
#define SEGMENT_MAX (UINT64_C(16) << 20)

int64_t
record_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

uint64_t
record_segment_max(uint64_t max_size)
{
	uint64_t size = max_size ? max_size / SEGMENTS : SEGMENT_MAX;

	return MAX(MIN(size, SEGMENT_MAX), SEGMENT_MIN);
}

int
record_write_at(int fd, off_t at, const uint8_t *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = pwrite(fd, bytes, len, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		bytes += n;
		at += n;
		len -= n;
	}
	return 0;
}

static int
write_file_header(struct record *record)
{
	uint8_t head[RECORD_FILE_HEAD] = RECORD_FILE_MAGIC;

	head[8] = RECORD_VERSION;
	record->end = sizeof(head);
	record->keyframe_due = true;
	return record_write_at(record->fd, 0, head, sizeof(head));
}

int
record_open_file(struct record *record)
{
	int fd = open(record->file, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0640);
	int ret;

	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		ret = -errno;
		close(fd);
		return ret;
	}
	record->fd = fd;
	return 0;
}

static uint64_t
size_of(const char *name, int64_t *changed_ms)
{
	struct stat st;

	if (!name || stat(name, &st) < 0)
		return 0;
	*changed_ms = st.st_mtim.tv_sec * INT64_C(1000);
	return st.st_size;
}

/* Removes the oldest segments until the rest is neither too large nor too old. */
static void
remove_old_segments(const struct record *record, const uint64_t *segments, size_t n)
{
	uint64_t total = record->end;
	int64_t now = record_now_ms();

	for (size_t i = n; i-- > 0;) {
		char *name = record_segment_name(record->file, segments[i]);
		int64_t changed_ms = now;

		total += size_of(name, &changed_ms);
		if (name &&
			((record->max_size > 0 && total > record->max_size) ||
				(record->max_age_ms > 0 &&
					now - changed_ms > (int64_t)record->max_age_ms)))
			unlink(name);
		free(name);
	}
}

/* Flushed now, since nothing flushes it later. */
int
record_close_segment(struct record *record)
{
	uint64_t *segments;
	size_t n;
	char *name;
	int ret = record_segments(record->file, &segments, &n);

	if (ret < 0)
		return ret;
	name = record_segment_name(record->file, n > 0 ? segments[n - 1] + 1 : 1);
	if (!name) {
		ret = -ENOMEM;
	} else if (fdatasync(record->fd) < 0 || rename(record->file, name) < 0) {
		ret = -errno;
	} else {
		close(record->fd);
		record->fd = -1;
		ret = fsync_dir(name);
	}
	free(name);
	free(segments);
	return ret;
}

int
record_open_segment(struct record *record)
{
	uint64_t *segments;
	size_t n;
	int ret = record_open_file(record);

	if (ret == 0)
		ret = write_file_header(record);
	if (ret == 0)
		ret = fsync_dir(record->file);
	if (ret < 0 && record->fd >= 0) {
		/* without its header the file is of no use: the next try starts anew */
		close(record->fd);
		record->fd = -1;
	}
	if (ret == 0 && record_segments(record->file, &segments, &n) == 0) {
		remove_old_segments(record, segments, n);
		free(segments);
	}
	return ret;
}

/* A segment starts with a keyframe.  So a full one goes on until a keyframe is due
 * anyway: a canvas whose keyframe exceeds a segment would otherwise have no deltas. */
bool
record_segment_is_full(const struct record *record, int64_t now)
{
	return ((uint64_t)record->end > record->segment_max && record->keyframe_due) ||
	       (record->max_age_ms > 0 && record->end > RECORD_FILE_HEAD &&
		       now - record->segment_ms >
			       (int64_t)(record->max_age_ms / SEGMENTS));
}

/* ------------------------------------------------------------------ checking */

/* Whether the file is a recording from beginning to end. */
static bool
scan_file(struct record *record)
{
	uint8_t bytes[RECORD_HEAD], body[64 * 1024];
	struct record_head head;
	off_t at = RECORD_FILE_HEAD;

	while (pread(record->fd, bytes, sizeof(bytes), at) == sizeof(bytes) &&
		record_head_read(bytes, &head)) {
		uLong crc = crc32(0, NULL, 0);

		at += sizeof(bytes);
		for (uint32_t done = 0, n; done < head.len; done += n, at += n) {
			n = MIN(sizeof(body), head.len - done);
			if (pread(record->fd, body, n, at) != (ssize_t)n)
				return false;
			crc = crc32(crc, body, n);
		}
		if (crc32(crc, bytes + 8, sizeof(bytes) - 8) != head.crc)
			return false;
		if (record->end == RECORD_FILE_HEAD)
			record->segment_ms = head.time_ms;
		record->last_ms = MAX(record->last_ms, head.time_ms);
		record->end = at;
	}
	return lseek(record->fd, 0, SEEK_END) == record->end;
}

int
record_check_file(struct record *record)
{
	uint8_t head[RECORD_FILE_HEAD];
	struct stat st;

	if (fstat(record->fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return 1;
	if (st.st_size == 0)
		return write_file_header(record);
	if (pread(record->fd, head, sizeof(head), 0) != sizeof(head) ||
		memcmp(head, RECORD_FILE_MAGIC, 8) != 0 || head[8] != RECORD_VERSION)
		return 1;
	record->end = RECORD_FILE_HEAD;
	if (scan_file(record))
		return 0;
	log_warn("record: %s is damaged or was cut short; a new segment begins, and the "
		 "intact records stay readable",
		record->file);
	return record_close_segment(record);
}
