/* SPDX-License-Identifier: MIT */
/* One record on its way into the file. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#include "base/log.h"
#include "storage/record-private.h"

/* A record on its way into the file. */
struct writing {
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
pack(struct writing *writing, const void *bytes, size_t len, int flush)
{
	z_stream *stream = &writing->stream;
	int ret = 0, z;

	stream->next_in = (void *)bytes;
	stream->avail_in = len;
	do {
		size_t n;

		stream->next_out = writing->out;
		stream->avail_out = sizeof(writing->out);
		z = deflate(stream, flush);
		n = sizeof(writing->out) - stream->avail_out;
		writing->crc = crc32(writing->crc, writing->out, n);
		ret = record_write_at(writing->fd, writing->at, writing->out, n);
		writing->at += n;
		writing->len += n;
	} while (ret == 0 && (stream->avail_out == 0 || (flush && z != Z_STREAM_END)));
	return ret;
}

/* What changed of a tile since it was recorded last, as RGB; the shadow follows. */
static size_t
take_changes(
	struct record *record, const struct record_rect *at, uint8_t changes[RECORD_TILE])
{
	const struct mural_view *view = mural_reader_view(record->chore.reader);
	uint32_t now[MURAL_TILE * MURAL_TILE];
	uint8_t *out = changes;

	mural_reader_copy(record->chore.reader, at->x, at->y, at->width, at->height, now,
		MURAL_TILE);
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
pack_tiles(struct record *record, struct writing *writing, struct record_head *head)
{
	const uint64_t *tiles = record->chore.tiles;
	uint32_t all = record_tiles(head->width, head->height);
	uint8_t changes[RECORD_TILE];
	int ret = 0;

	for (uint32_t t = 0; t < all && ret == 0; t++) {
		uint8_t number[4] = { t, t >> 8, t >> 16, t >> 24 };

		if (head->whole || record_has_tile(tiles, t)) {
			ret = pack(writing, number, sizeof(number), Z_NO_FLUSH);
			head->raw_len += sizeof(number);
			head->tiles++;
		}
	}
	for (uint32_t t = 0; t < all && ret == 0; t++) {
		struct record_rect at = record_tile(head->width, head->height, t);
		size_t len;

		if (!head->whole && !record_has_tile(tiles, t))
			continue;
		len = take_changes(record, &at, changes);
		ret = pack(writing, changes, len, Z_NO_FLUSH);
		head->raw_len += len;
	}
	return ret == 0 ? pack(writing, NULL, 0, Z_FINISH) : ret;
}

/* The head goes in last, so that a record that was cut short has none. */
static int
write_head(struct writing *writing, off_t at, struct record_head *head)
{
	uint8_t bytes[RECORD_HEAD];

	head->len = writing->len;
	record_head_write(head, bytes);
	record_crc_write(crc32(writing->crc, bytes + 8, sizeof(bytes) - 8), bytes);
	return record_write_at(writing->fd, at, bytes, sizeof(bytes));
}

int
record_append(struct record *record, struct record_head *head)
{
	struct writing *writing = calloc(1, sizeof(*writing));
	int ret = -ENOMEM;

	if (!writing)
		return ret;
	writing->fd = record->fd;
	writing->at = record->end + RECORD_HEAD;
	writing->crc = crc32(0, NULL, 0);
	if (deflateInit(&writing->stream, Z_BEST_SPEED) == Z_OK) {
		ret = pack_tiles(record, writing, head);
		deflateEnd(&writing->stream);
	}
	if (ret == 0)
		ret = write_head(writing, record->end, head);
	if (ret == 0)
		record->end = writing->at;
	else if (ftruncate(record->fd, record->end) < 0)
		log_debug("record: %s keeps a piece of a record", record->file);
	free(writing);
	return ret;
}
