/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes a recording's file, with the checksums corrected so that the data behind them is
 * reached.  tests/unit/storage/test-record runs it on mutations of a valid recording.
 */
#include "fuzz/fuzz.h"

#include <assert.h>
#include <mural/history.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include "storage/history-format.h"

/* Larger canvases are valid but slow. */
#define PIXELS_MAX (1 << 20)

static int
correct_checksums(uint8_t *bytes, size_t len)
{
	struct record_head head;

	for (size_t at = RECORD_FILE_HEAD; at + RECORD_HEAD <= len;) {
		uint8_t *here = bytes + at;

		if (!record_head_read(here, &head) || head.len > len - at - RECORD_HEAD) {
			at++;
			continue;
		}
		if (head.width * head.height > PIXELS_MAX)
			return 0;
		record_crc_write(crc32(crc32(0, here + RECORD_HEAD, head.len), here + 8,
					 RECORD_HEAD - 8),
			here);
		at += RECORD_HEAD + head.len;
	}
	return 1;
}

static void
check_moment(const struct mural_moment *moment)
{
	assert(moment->right <= moment->width && moment->left <= moment->right);
	assert(moment->bottom <= moment->height && moment->top <= moment->bottom);
	for (size_t i = 0; i < (size_t)moment->width * moment->height; i++)
		assert(moment->pixels[i] >> 24 == 0xff);
}

static void
read_all(const char *file)
{
	struct mural_history *history;
	struct mural_moment moment;
	struct mural_span span;
	uint64_t n = 0;

	if (mural_history_open(file, &history) < 0)
		return;
	(void)mural_history_span(history, INT64_MIN, INT64_MAX, &span);
	for (; mural_history_next(history, &moment) > 0; n++)
		check_moment(&moment);
	assert(n <= span.moments);
	if (mural_history_seek(history, span.first_ms, &moment) > 0)
		check_moment(&moment);
	mural_history_close(history);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t *bytes = fuzz_copy(data, len);
	int fd = memfd_create("recording", MFD_CLOEXEC);
	char file[40];

	assert(fd >= 0);
	snprintf(file, sizeof(file), "/proc/self/fd/%d", fd);
	if (correct_checksums(bytes, len) && write(fd, bytes, len) == (ssize_t)len)
		read_all(file);
	close(fd);
	free(bytes);
	return 0;
}
