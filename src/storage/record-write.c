/* SPDX-License-Identifier: MIT */
/* One record on its way into the file. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#include "base/log.h"
#include "storage/record-private.h"

/* A record on its way into the file. */
struct record_writer {
	int fd;
	off_t at;
	z_stream stream;
	uLong crc;
	uint64_t len;
	uint8_t out[64 * 1024];
};

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

/* Packs `len` bytes; Z_FINISH ends the body. */
static int
compress_bytes(struct record_writer *writer, const void *bytes, size_t len, int flush)
{
	z_stream *stream = &writer->stream;
	int ret = 0, z;

	stream->next_in = (void *)bytes;
	stream->avail_in = len;
	do {
		size_t n;

		stream->next_out = writer->out;
		stream->avail_out = sizeof(writer->out);
		z = deflate(stream, flush);
		n = sizeof(writer->out) - stream->avail_out;
		writer->crc = crc32(writer->crc, writer->out, n);
		ret = record_write_at(writer->fd, writer->at, writer->out, n);
		writer->at += n;
		writer->len += n;
	} while (ret == 0 && (stream->avail_out == 0 || (flush && z != Z_STREAM_END)));
	return ret;
}

/* What changed of a tile since it was recorded last, as RGB; the shadow follows. */
static size_t
diff_tile(
	struct record *record, const struct record_rect *at, uint8_t changes[RECORD_TILE])
{
	const struct mural_view *view = mural_reader_view(record->autosave.reader);
	uint32_t now[MURAL_TILE * MURAL_TILE];
	uint8_t *out = changes;

	mural_reader_copy(record->autosave.reader, at->x, at->y, at->width, at->height,
		now, MURAL_TILE);
	for (uint32_t y = 0; y < at->height; y++) {
		uint32_t *shadow = record->shadow + (size_t)(at->y + y) * view->width;

		for (uint32_t x = 0; x < at->width; x++, out += 3) {
			uint32_t pixel = now[y * MURAL_TILE + x];
			uint32_t change = pixel ^ shadow[at->x + x];

			shadow[at->x + x] = pixel;
			out[0] = change >> 16;
			out[1] = change >> 8;
			out[2] = change;
		}
	}
	return out - changes;
}

bool
record_has_tile(const uint64_t *tiles, uint32_t tile)
{
	return tiles[tile / 64] >> tile % 64 & 1;
}

static int
compress_tiles(
	struct record *record, struct record_writer *writer, struct record_head *head)
{
	const uint64_t *tiles = record->autosave.tiles;
	uint32_t all = record_tile_count(head->width, head->height);
	uint8_t changes[RECORD_TILE];
	int ret = 0;

	for (uint32_t t = 0; t < all && ret == 0; t++) {
		uint8_t number[4] = { t, t >> 8, t >> 16, t >> 24 };

		if (head->keyframe || record_has_tile(tiles, t)) {
			ret = compress_bytes(writer, number, sizeof(number), Z_NO_FLUSH);
			head->raw_len += sizeof(number);
			head->tiles++;
		}
	}
	for (uint32_t t = 0; t < all && ret == 0; t++) {
		struct record_rect at = record_tile_rect(head->width, head->height, t);
		size_t len;

		if (!head->keyframe && !record_has_tile(tiles, t))
			continue;
		len = diff_tile(record, &at, changes);
		ret = compress_bytes(writer, changes, len, Z_NO_FLUSH);
		head->raw_len += len;
	}
	return ret == 0 ? compress_bytes(writer, NULL, 0, Z_FINISH) : ret;
}

/* The head goes in last, so that a record that was cut short has none. */
static int
write_head(struct record_writer *writer, off_t at, struct record_head *head)
{
	uint8_t bytes[RECORD_HEAD];

	head->len = writer->len;
	record_head_write(head, bytes);
	record_crc_write(crc32(writer->crc, bytes + 8, sizeof(bytes) - 8), bytes);
	return record_write_at(writer->fd, at, bytes, sizeof(bytes));
}

int
record_append(struct record *record, struct record_head *head)
{
	struct record_writer *writer = calloc(1, sizeof(*writer));
	int ret = -ENOMEM;

	if (!writer)
		return ret;
	writer->fd = record->fd;
	writer->at = record->end + RECORD_HEAD;
	writer->crc = crc32(0, NULL, 0);
	if (deflateInit(&writer->stream, Z_BEST_SPEED) == Z_OK) {
		ret = compress_tiles(record, writer, head);
		deflateEnd(&writer->stream);
	}
	if (ret == 0)
		ret = write_head(writer, record->end, head);
	if (ret == 0)
		record->end = writer->at;
	else if (ftruncate(record->fd, record->end) < 0)
		log_debug("record: %s keeps a piece of a record", record->file);
	free(writer);
	return ret;
}
