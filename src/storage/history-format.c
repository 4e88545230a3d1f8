/* SPDX-License-Identifier: MIT */
/* Encodes and decodes the heads of records, and names a recording's segments. */
#include "storage/history-format.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "lib/digits.h"

static uint32_t
get_u32(const uint8_t *bytes)
{
	return bytes[0] | bytes[1] << 8 | bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static void
put_u32(uint8_t *bytes, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		bytes[i] = value >> 8 * i;
}

/* Checks the head against the limits that its own numbers imply. */
static bool
is_possible(const struct record_head *head)
{
	const struct mural_view view = mural_view_of(head->width, head->height);
	uint32_t all = view.tiles_x * view.tiles_y;
	uint64_t most = head->tiles * (RECORD_TILE + 4);

	return head->width >= 1 && head->width <= MURAL_SIDE_MAX && head->height >= 1 &&
	       head->height <= MURAL_SIDE_MAX && head->keyframe <= 1 &&
	       head->tiles <= all && (!head->keyframe || head->tiles == all) &&
	       head->raw_len <= most && head->len <= most + most / 512 + 1024;
}

bool
record_head_read(const uint8_t bytes[RECORD_HEAD], struct record_head *head)
{
	if (memcmp(bytes, RECORD_MAGIC, 4) != 0)
		return false;
	*head = (struct record_head){
		.crc = get_u32(bytes + 4),
		.len = get_u32(bytes + 8),
		.keyframe = get_u32(bytes + 12),
		.time_ms = (int64_t)(get_u32(bytes + 16) | (uint64_t)get_u32(bytes + 20)
								   << 32),
		.width = get_u32(bytes + 24) & 0xffff,
		.height = get_u32(bytes + 24) >> 16,
		.tiles = get_u32(bytes + 28),
		.raw_len = get_u32(bytes + 32),
	};
	return is_possible(head);
}

void
record_head_write(const struct record_head *head, uint8_t bytes[RECORD_HEAD])
{
	memset(bytes, 0, RECORD_HEAD);
	memcpy(bytes, RECORD_MAGIC, 4);
	put_u32(bytes + 8, head->len);
	put_u32(bytes + 12, head->keyframe);
	put_u32(bytes + 16, (uint64_t)head->time_ms);
	put_u32(bytes + 20, (uint64_t)head->time_ms >> 32);
	put_u32(bytes + 24, head->width | head->height << 16);
	put_u32(bytes + 28, head->tiles);
	put_u32(bytes + 32, head->raw_len);
}

void
record_crc_write(uint32_t crc, uint8_t bytes[RECORD_HEAD])
{
	put_u32(bytes + 4, crc);
}

char *
record_segment_name(const char *file, uint64_t segment)
{
	char *name;

	return asprintf(&name, "%s.%" PRIu64, file, segment) < 0 ? NULL : name;
}

/* The number in "BASE.NUMBER", or 0, which no segment has. */
static uint64_t
segment_number(const char *name, const char *base)
{
	size_t len = strlen(base);
	uint64_t number = 0;

	if (strncmp(name, base, len) != 0 || name[len] != '.' || name[len + 1] == '0')
		return 0;
	name = digits_read(name + len + 1, UINT64_MAX, &number);
	return name && !*name ? number : 0;
}

static int
ascending(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return (left > right) - (left < right);
}

static int
add_segment(uint64_t **segments, size_t *n, uint64_t number)
{
	uint64_t *more = realloc(*segments, (*n + 1) * sizeof(**segments));

	if (!more)
		return -ENOMEM;
	more[(*n)++] = number;
	*segments = more;
	return 0;
}

static int
list_segments(DIR *folder, const char *base, uint64_t **segments, size_t *n)
{
	struct dirent *entry;
	int ret = 0;

	while (ret == 0 && (entry = readdir(folder))) {
		uint64_t number = segment_number(entry->d_name, base);

		if (number > 0)
			ret = add_segment(segments, n, number);
	}
	if (*n > 0)
		qsort(*segments, *n, sizeof(**segments), ascending);
	return ret;
}

int
record_segments(const char *file, uint64_t **segments, size_t *n)
{
	char *folder_of = strdup(file), *base_of = strdup(file);
	DIR *folder = NULL;
	int ret = -ENOMEM;

	*segments = NULL;
	*n = 0;
	if (folder_of && base_of) {
		folder = opendir(dirname(folder_of));
		ret = folder ? list_segments(folder, basename(base_of), segments, n)
			     : -errno;
	}
	if (folder)
		closedir(folder);
	free(folder_of);
	free(base_of);
	if (ret < 0) {
		free(*segments);
		*segments = NULL;
		*n = 0;
	}
	return ret;
}
