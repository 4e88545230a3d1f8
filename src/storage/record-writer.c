/* SPDX-License-Identifier: MIT */
/* Packs pictures into records. */
#include "storage/record-writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "base/log.h"
#include "base/util.h"

/* Reading starts at a keyframe, so there is another one when the deltas since the last
 * are as long as it was, or this many. */
#define DELTAS_MAX 600

/* Writes all of the bytes. */
static int
write_at(int fd, off_t at, const uint8_t *bytes, size_t len)
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

/* ------------------------------------------------------------------ one record */

/* A record that is being written. */
struct packing {
	const struct record_pixels *pixels;
	const uint64_t *tiles;
	int fd;
	off_t at;
	z_stream stream;
	uLong crc;
	uint64_t len;
	uint8_t out[64 * 1024];
};

static int
compress_bytes(struct packing *packing, const void *bytes, size_t len, int flush)
{
	z_stream *stream = &packing->stream;
	int ret = 0, z;

	stream->next_in = (void *)bytes;
	stream->avail_in = len;
	do {
		size_t n;

		stream->next_out = packing->out;
		stream->avail_out = sizeof(packing->out);
		z = deflate(stream, flush);
		n = sizeof(packing->out) - stream->avail_out;
		packing->crc = crc32(packing->crc, packing->out, n);
		ret = write_at(packing->fd, packing->at, packing->out, n);
		packing->at += n;
		packing->len += n;
	} while (ret == 0 && (stream->avail_out == 0 || (flush && z != Z_STREAM_END)));
	return ret;
}

/* What changed of a tile since its last record, as RGB; updates the shadow. */
static size_t
diff_tile(struct record_writer *writer, const struct record_pixels *pixels, uint32_t tile,
	uint8_t changes[RECORD_TILE])
{
	const struct mural_view *view = &writer->view;
	const struct mural_rect at = mural_tile_rect(view, tile);
	uint32_t now[MURAL_TILE * MURAL_TILE];
	uint8_t *out = changes;

	pixels->copy(pixels->from, &at, now);
	for (uint32_t y = 0; y < at.height; y++) {
		uint32_t *shadow = writer->shadow + (size_t)(at.y + y) * view->width;

		for (uint32_t x = 0; x < at.width; x++, out += 3) {
			uint32_t pixel = now[y * MURAL_TILE + x];
			uint32_t change = pixel ^ shadow[at.x + x];

			shadow[at.x + x] = pixel;
			out[0] = change >> 16;
			out[1] = change >> 8;
			out[2] = change;
		}
	}
	return out - changes;
}

static int
compress_tiles(
	struct record_writer *writer, struct packing *packing, struct record_head *head)
{
	const struct mural_view *view = &writer->view;
	const uint64_t *tiles = packing->tiles;
	uint8_t changes[RECORD_TILE];
	int ret = 0;

	for (uint32_t t = 0; ret == 0 && mural_tiles_next(view, tiles, &t); t++) {
		uint8_t number[4] = { t, t >> 8, t >> 16, t >> 24 };

		ret = compress_bytes(packing, number, sizeof(number), Z_NO_FLUSH);
		head->raw_len += sizeof(number);
		head->tiles++;
	}
	for (uint32_t t = 0; ret == 0 && mural_tiles_next(view, tiles, &t); t++) {
		size_t len = diff_tile(writer, packing->pixels, t, changes);

		ret = compress_bytes(packing, changes, len, Z_NO_FLUSH);
		head->raw_len += len;
	}
	return ret == 0 ? compress_bytes(packing, NULL, 0, Z_FINISH) : ret;
}

/* The head is written last, so that a record that was cut short has none. */
static int
write_head(struct packing *packing, off_t at, struct record_head *head)
{
	uint8_t bytes[RECORD_HEAD];

	head->len = packing->len;
	record_head_write(head, bytes);
	record_crc_write(crc32(packing->crc, bytes + 8, sizeof(bytes) - 8), bytes);
	return write_at(packing->fd, at, bytes, sizeof(bytes));
}

/* Appends a record of the tiles and fills in the rest of *head.  The shadow is updated
 * even on failure: the next record must then be a keyframe. */
static int
append_tiles(struct record_writer *writer, const struct record_pixels *pixels,
	const uint64_t *tiles, struct record_head *head)
{
	struct packing *packing = calloc(1, sizeof(*packing));
	int ret = -ENOMEM;

	if (!packing)
		return ret;
	packing->pixels = pixels;
	packing->tiles = tiles;
	packing->fd = writer->fd;
	packing->at = writer->end + RECORD_HEAD;
	packing->crc = crc32(0, NULL, 0);
	if (deflateInit(&packing->stream, Z_BEST_SPEED) == Z_OK) {
		ret = compress_tiles(writer, packing, head);
		deflateEnd(&packing->stream);
	}
	head->time_ms = pixels->when(pixels->from);
	if (ret == 0)
		ret = write_head(packing, writer->end, head);
	if (ret == 0)
		writer->end = packing->at;
	else if (ftruncate(writer->fd, writer->end) < 0)
		log_debug("record: an incomplete record stays");
	free(packing);
	return ret;
}

/* ------------------------------------------------------------------ what is written */

/* Removes tiles that look as before: a picture painted in a loop mostly repeats itself.
 */
static bool
drop_unchanged(
	struct record_writer *writer, const struct record_pixels *pixels, uint64_t *tiles)
{
	const struct mural_view *view = &writer->view;
	uint32_t now[MURAL_TILE * MURAL_TILE];
	bool changed = false;

	for (uint32_t t = 0; mural_tiles_next(view, tiles, &t); t++) {
		const struct mural_rect at = mural_tile_rect(view, t);
		bool same = true;

		pixels->copy(pixels->from, &at, now);
		for (uint32_t y = 0; y < at.height && same; y++)
			same = memcmp(now + y * MURAL_TILE,
				       writer->shadow + (size_t)(at.y + y) * view->width +
					       at.x,
				       at.width * sizeof(*now)) == 0;
		if (same)
			mural_tiles_remove(tiles, t);
		changed |= !same;
	}
	return changed;
}

static void
clear_shadow(struct record_writer *writer)
{
	const struct mural_view *view = &writer->view;

	for (size_t i = 0; i < (size_t)view->width * view->height; i++)
		writer->shadow[i] = 0xff000000;
}

static void
count_record(struct record_writer *writer, const struct record_head *head)
{
	if (head->keyframe) {
		writer->keyframe_len = head->len;
		writer->deltas_len = writer->n_deltas = 0;
	} else {
		writer->deltas_len += head->len;
		writer->n_deltas++;
	}
	writer->keyframe_due = writer->n_deltas >= DELTAS_MAX ||
			       writer->deltas_len > MAX(writer->keyframe_len, 64 * 1024);
}

int
record_append(
	struct record_writer *writer, const struct record_pixels *pixels, uint64_t *tiles)
{
	const struct mural_view *view = &writer->view;
	struct record_head head = { .keyframe = writer->keyframe_due,
		.width = view->width,
		.height = view->height };
	int ret;

	if (head.keyframe) {
		clear_shadow(writer);
		mural_tiles_add_all(view, tiles);
	} else if (!drop_unchanged(writer, pixels, tiles)) {
		return 0;
	}
	writer->keyframe_due = true; /* unless this one succeeds */
	ret = append_tiles(writer, pixels, tiles, &head);
	if (ret < 0)
		return ret;
	count_record(writer, &head);
	writer->last_ms = head.time_ms;
	return 1;
}

/* ------------------------------------------------------------------ start, stop */

int
record_write_file_head(struct record_writer *writer)
{
	uint8_t head[RECORD_FILE_HEAD] = RECORD_FILE_MAGIC;

	head[8] = RECORD_VERSION;
	writer->end = sizeof(head);
	writer->keyframe_due = true;
	return write_at(writer->fd, 0, head, sizeof(head));
}

int
record_writer_resize(struct record_writer *writer, uint32_t width, uint32_t height)
{
	uint32_t *shadow =
		realloc(writer->shadow, (size_t)width * height * sizeof(*writer->shadow));

	if (!shadow)
		return -ENOMEM;
	writer->shadow = shadow;
	writer->view = mural_view_of(width, height);
	writer->keyframe_due = true;
	return 0;
}

void
record_writer_finish(struct record_writer *writer)
{
	if (writer->fd >= 0)
		close(writer->fd);
	free(writer->shadow);
	*writer = (struct record_writer){ .fd = -1 };
}
