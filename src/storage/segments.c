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
	record->writer.fd = fd;
	return 0;
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
	} else if (fdatasync(record->writer.fd) < 0 || rename(record->file, name) < 0) {
		ret = -errno;
	} else {
		close(record->writer.fd);
		record->writer.fd = -1;
		ret = fsync_dir(name);
	}
	free(name);
	free(segments);
	return ret;
}

int
record_open_segment(struct record *record)
{
	int ret = record_open_file(record);

	if (ret == 0)
		ret = record_write_file_head(&record->writer);
	if (ret == 0)
		ret = fsync_dir(record->file);
	if (ret < 0 && record->writer.fd >= 0) {
		/* without its header the file is of no use: the next try starts anew */
		close(record->writer.fd);
		record->writer.fd = -1;
	}
	return ret;
}

/* A segment starts with a keyframe.  So a full one goes on until a keyframe is due
 * anyway: a canvas whose keyframe exceeds a segment would otherwise have no deltas. */
bool
record_segment_is_full(const struct record *record, int64_t now)
{
	return ((uint64_t)record->writer.end > record->segment_max &&
		       record->writer.keyframe_due) ||
	       (record->max_age_ms > 0 && record->writer.end > RECORD_FILE_HEAD &&
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

	while (pread(record->writer.fd, bytes, sizeof(bytes), at) == sizeof(bytes) &&
		record_head_read(bytes, &head)) {
		uLong crc = crc32(0, NULL, 0);

		at += sizeof(bytes);
		for (uint32_t done = 0, n; done < head.len; done += n, at += n) {
			n = MIN(sizeof(body), head.len - done);
			if (pread(record->writer.fd, body, n, at) != (ssize_t)n)
				return false;
			crc = crc32(crc, body, n);
		}
		if (crc32(crc, bytes + 8, sizeof(bytes) - 8) != head.crc)
			return false;
		if (record->writer.end == RECORD_FILE_HEAD)
			record->segment_ms = head.time_ms;
		record->last_ms = MAX(record->last_ms, head.time_ms);
		record->writer.end = at;
	}
	return lseek(record->writer.fd, 0, SEEK_END) == record->writer.end;
}

int
record_check_file(struct record *record)
{
	uint8_t head[RECORD_FILE_HEAD];
	struct stat st;

	if (fstat(record->writer.fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return 1;
	if (st.st_size == 0)
		return record_write_file_head(&record->writer);
	if (pread(record->writer.fd, head, sizeof(head), 0) != sizeof(head) ||
		memcmp(head, RECORD_FILE_MAGIC, 8) != 0 || head[8] != RECORD_VERSION)
		return 1;
	record->writer.end = RECORD_FILE_HEAD;
	if (scan_file(record))
		return 0;
	log_warn("record: %s is damaged or was cut short; a new segment begins, and the "
		 "intact records stay readable",
		record->file);
	return record_close_segment(record);
}
