/* SPDX-License-Identifier: MIT */
/* Appends what changed on the canvas to the recording, once an interval. */
#include "storage/record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "base/log.h"
#include "base/util.h"
#include "storage/segments.h"

/* Reading starts at a keyframe, so there is another one when the deltas since the last
 * are as long as it was, or this many. */
#define DELTAS_MAX 600

/* What a power cut may cost; by itself the kernel writes back less often. */
#define SYNC_MS 10000

/* Until the file can be opened. */
#define RETRY_MS 1000

/* ------------------------------------------------------------------ one record */

/* A record that is being written. */
struct record_writer {
	int fd;
	off_t at;
	z_stream stream;
	uLong crc;
	uint64_t len;
	uint8_t out[64 * 1024];
};

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

/* What changed of a tile since its last record, as RGB; updates the shadow. */
static size_t
diff_tile(struct record *record, uint32_t tile, uint8_t changes[RECORD_TILE])
{
	const struct mural_view *view = mural_reader_view(record->autosave.reader);
	const struct mural_rect at = mural_tile_rect(view, tile);
	uint32_t now[MURAL_TILE * MURAL_TILE];
	uint8_t *out = changes;

	mural_reader_copy(record->autosave.reader, at.x, at.y, at.width, at.height, now,
		MURAL_TILE);
	for (uint32_t y = 0; y < at.height; y++) {
		uint32_t *shadow = record->shadow + (size_t)(at.y + y) * view->width;

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
	struct record *record, struct record_writer *writer, struct record_head *head)
{
	const struct mural_view *view = mural_reader_view(record->autosave.reader);
	const uint64_t *tiles = record->autosave.tiles;
	uint8_t changes[RECORD_TILE];
	int ret = 0;

	for (uint32_t t = 0; ret == 0 && mural_tiles_next(view, tiles, &t); t++) {
		uint8_t number[4] = { t, t >> 8, t >> 16, t >> 24 };

		ret = compress_bytes(writer, number, sizeof(number), Z_NO_FLUSH);
		head->raw_len += sizeof(number);
		head->tiles++;
	}
	for (uint32_t t = 0; ret == 0 && mural_tiles_next(view, tiles, &t); t++) {
		size_t len = diff_tile(record, t, changes);

		ret = compress_bytes(writer, changes, len, Z_NO_FLUSH);
		head->raw_len += len;
	}
	return ret == 0 ? compress_bytes(writer, NULL, 0, Z_FINISH) : ret;
}

/* The head is written last, so that a record that was cut short has none. */
static int
write_head(struct record_writer *writer, off_t at, struct record_head *head)
{
	uint8_t bytes[RECORD_HEAD];

	head->len = writer->len;
	record_head_write(head, bytes);
	record_crc_write(crc32(writer->crc, bytes + 8, sizeof(bytes) - 8), bytes);
	return record_write_at(writer->fd, at, bytes, sizeof(bytes));
}

/* Appends a record of the autosave's tiles and fills in the rest of *head.  The shadow is
 * updated even on failure: the next record must then be a keyframe. */
static int
append_record(struct record *record, struct record_head *head)
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
		log_debug("record: %s keeps an incomplete record", record->file);
	free(writer);
	return ret;
}

/* ------------------------------------------------------------------ saving */

/* Removes tiles that look as before: a picture painted in a loop mostly repeats itself.
 */
static bool
drop_unchanged(struct record *record)
{
	const struct mural_view *view = mural_reader_view(record->autosave.reader);
	uint32_t now[MURAL_TILE * MURAL_TILE];
	bool changed = false;

	for (uint32_t t = 0; mural_tiles_next(view, record->autosave.tiles, &t); t++) {
		const struct mural_rect at = mural_tile_rect(view, t);
		bool same = true;

		mural_reader_copy(record->autosave.reader, at.x, at.y, at.width,
			at.height, now, MURAL_TILE);
		for (uint32_t y = 0; y < at.height && same; y++)
			same = memcmp(now + y * MURAL_TILE,
				       record->shadow + (size_t)(at.y + y) * view->width +
					       at.x,
				       at.width * sizeof(*now)) == 0;
		if (same)
			mural_tiles_remove(record->autosave.tiles, t);
		changed |= !same;
	}
	return changed;
}

static void
clear_shadow(struct record *record)
{
	const struct mural_view *view = mural_reader_view(record->autosave.reader);

	for (size_t i = 0; i < (size_t)view->width * view->height; i++)
		record->shadow[i] = 0xff000000;
}

static void
count_record(struct record *record, const struct record_head *head)
{
	if (head->keyframe) {
		record->keyframe_len = head->len;
		record->deltas_len = record->n_deltas = 0;
	} else {
		record->deltas_len += head->len;
		record->n_deltas++;
	}
	record->keyframe_due = record->n_deltas >= DELTAS_MAX ||
			       record->deltas_len > MAX(record->keyframe_len, 64 * 1024);
}

static int
record_changes(struct record *record, int64_t now)
{
	const struct mural_view *view = mural_reader_view(record->autosave.reader);
	struct record_head head = { .width = view->width, .height = view->height };
	int ret = 0;

	if (record->fd >= 0 && record_segment_is_full(record, now))
		ret = record_close_segment(record);
	if (ret == 0 && record->fd < 0)
		ret = record_open_segment(record);
	if (ret < 0 || (!record->keyframe_due && !drop_unchanged(record)))
		return ret;
	head.time_ms = record->last_ms = MAX(record->last_ms, now);
	head.keyframe = record->keyframe_due;
	if (record->end == RECORD_FILE_HEAD)
		record->segment_ms = now;
	if (head.keyframe) {
		clear_shadow(record);
		mural_tiles_add_all(view, record->autosave.tiles);
	}
	record->keyframe_due = true; /* unless this one succeeds */
	ret = append_record(record, &head);
	if (ret < 0)
		return ret;
	count_record(record, &head);
	record->unsynced = true;
	return 0;
}

static int
record_now(struct record *record)
{
	const struct mural_view *view = mural_reader_view(record->autosave.reader);
	int64_t now = record_now_ms();
	uint32_t first = 0;
	int ret = 0;

	if (mural_tiles_next(view, record->autosave.tiles, &first))
		ret = record_changes(record, now);

	if (ret < 0 || !record->unsynced || llabs(now - record->synced_ms) < SYNC_MS)
		return ret;
	record->synced_ms = now;
	if (fdatasync(record->fd) < 0)
		return -errno;
	record->unsynced = false;
	return 0;
}

static int
record_work(struct autosave *autosave)
{
	struct record *record = container_of(autosave, struct record, autosave);
	int ret = record_now(record);

	if (ret < 0 && !record->failed)
		log_error("record: %s cannot be written: %s; recording resumes when "
			  "that is fixed",
			record->file, strerror(-ret));
	if (ret == 0 && record->failed)
		log_info("record: %s is being written again", record->file);
	record->failed = ret < 0;
	return ret;
}

static void
on_sync(uv_timer_t *timer)
{
	autosave_run_now(&container_of(timer, struct record, sync)->autosave);
}

/* Flushes the last records once painting has ceased. */
static void
schedule_sync(struct autosave *autosave)
{
	struct record *record = container_of(autosave, struct record, autosave);

	if (!record->unsynced)
		uv_timer_stop(&record->sync);
	else if (!uv_is_active((uv_handle_t *)&record->sync))
		uv_timer_start(&record->sync, on_sync, SYNC_MS, 0);
}

/* ------------------------------------------------------------------ start, stop */

static int
record_init(struct record *record, struct canvas *canvas, uint64_t interval_ms)
{
	record->shadow = malloc(
		(size_t)canvas->view.width * canvas->view.height * sizeof(uint32_t));
	if (!record->shadow)
		return -ENOMEM;
	return autosave_init(&record->autosave, canvas, interval_ms, record_work);
}

static void
record_finish(struct record *record)
{
	autosave_finish(&record->autosave);
	if (record->fd >= 0)
		close(record->fd);
	free(record->shadow);
	*record = (struct record){ .fd = -1 };
}

static void
log_unopened(const struct record *record, int error)
{
	if (error == 1)
		log_error("record: %s is not a recording of this version; nothing is "
			  "recorded until it is moved away or record.file names another",
			record->file);
	else if (error == -EWOULDBLOCK)
		log_error("record: %s is being written by another murald; nothing is "
			  "recorded here; set record.file to another path",
			record->file);
	else
		log_error("record: %s cannot be opened: %s; nothing is recorded until "
			  "it can; make its folder writable for murald, or set "
			  "record.file",
			record->file, strerror(-error));
}

static void open_or_wait(struct record *record);

static void
on_retry(uv_timer_t *timer)
{
	struct record *record = container_of(timer, struct record, sync);

	log_set_dedup(&record->tries);
	open_or_wait(record);
	log_set_dedup(NULL);
}

/* What it needs may come later, such as the disk that it is on. */
static void
open_or_wait(struct record *record)
{
	int ret = record_open_file(record);

	if (ret == 0)
		ret = record_check_file(record);
	if (ret == 0) {
		log_info("record: %s", record->file);
		record->autosave.after_save = schedule_sync;
		autosave_start(&record->autosave, record->sync.loop);
		return;
	}
	log_unopened(record, ret);
	if (record->fd >= 0)
		close(record->fd);
	record->fd = -1;
	uv_timer_start(&record->sync, on_retry, RETRY_MS, 0);
}

int
record_start(struct record *record, const struct config_record *config,
	struct canvas *canvas, uv_loop_t *loop)
{
	*record = (struct record){
		.file = config->file,
		.max_size = config->max_size,
		.max_age_ms = config->max_age,
		.segment_max = record_segment_max(config->max_size),
		.fd = -1,
		.keyframe_due = true,
	};
	if (!*record->file)
		return 0;
	if (record_init(record, canvas, config->interval) < 0) {
		log_error("record: out of memory");
		record_finish(record);
		return -ENOMEM;
	}
	uv_timer_init(loop, &record->sync);
	open_or_wait(record);
	return 0;
}

void
record_stop(struct record *record)
{
	if (!record->autosave.reader)
		return;
	uv_close((uv_handle_t *)&record->sync, NULL);
	uv_run(record->sync.loop, UV_RUN_NOWAIT);
	if (autosave_stop(&record->autosave))
		(void)record_work(&record->autosave);
	if (record->fd >= 0)
		(void)fdatasync(record->fd);
	record_finish(record);
}
