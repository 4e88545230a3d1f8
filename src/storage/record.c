/* SPDX-License-Identifier: MIT */
/* Appends what changed on the canvas to the recording, once an interval. */
#include "storage/record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/util.h"
#include "storage/segments.h"

/* What a power cut may cost; by itself the kernel writes back less often. */
#define SYNC_MS 10000

/* Until the file can be opened. */
#define RETRY_MS 1000

/* ------------------------------------------------------------------ saving */

static void
copy_canvas(const void *from, const struct mural_rect *at, uint32_t *pixels)
{
	const struct record *record = from;

	canvas_give_way(record->autosave.reader->canvas);
	mural_reader_copy(record->autosave.reader, at->x, at->y, at->width, at->height,
		pixels, MURAL_TILE);
}

/* The clock may be set back. */
static int64_t
time_of_canvas(const void *from)
{
	const struct record *record = from;

	/* no two of one time, also while the clock is set back */
	return MAX(record->last_ms + 1, record_now_ms());
}

/* 0; 1: older ones must be thinned first, and this moment is left out; -errno. */
static int
next_segment(struct record *record)
{
	int ret;

	record->retention_due = true;
	if (retention_is_behind(&record->retention)) {
		mural_reader_put_back(record->autosave.reader, record->autosave.tiles);
		return 1;
	}
	ret = record_close_segment(record);
	return ret < 0 ? ret : record_open_segment(record);
}

static int
record_changes(struct record *record, int64_t now)
{
	const struct record_pixels canvas = { copy_canvas, time_of_canvas, record };
	bool is_first;
	int ret = 0;

	if (record->writer.fd < 0)
		ret = record_open_segment(record);
	else if (record_segment_is_full(record, now))
		ret = next_segment(record);
	if (ret != 0)
		return MIN(ret, 0);
	is_first = record->writer.end == RECORD_FILE_HEAD;
	ret = record_append(&record->writer, &canvas, record->autosave.tiles);
	if (ret <= 0)
		return ret;
	record->last_ms = record->writer.last_ms;
	if (is_first)
		record->segment_ms = record->last_ms;
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
	if (fdatasync(record->writer.fd) < 0)
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
after_save(struct autosave *autosave)
{
	struct record *record = container_of(autosave, struct record, autosave);

	if (record->retention_due)
		retention_run(&record->retention);
	record->retention_due = false;
	if (!record->unsynced)
		uv_timer_stop(&record->sync);
	else if (!uv_is_active((uv_handle_t *)&record->sync))
		uv_timer_start(&record->sync, on_sync, SYNC_MS, 0);
}

/* ------------------------------------------------------------------ start, stop */

static int
record_init(struct record *record, struct canvas *canvas, uint64_t interval_ms)
{
	int ret = record_writer_resize(
		&record->writer, canvas->view.width, canvas->view.height);

	return ret < 0 ? ret
		       : autosave_init(
				 &record->autosave, canvas, interval_ms, record_work);
}

static void
record_finish(struct record *record)
{
	autosave_finish(&record->autosave);
	record_writer_finish(&record->writer);
	*record = (struct record){ .writer.fd = -1 };
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
		record->autosave.after_save = after_save;
		autosave_start(&record->autosave, record->sync.loop);
		retention_remove_leftover(&record->retention);
		retention_run(&record->retention);
		return;
	}
	log_unopened(record, ret);
	if (record->writer.fd >= 0)
		close(record->writer.fd);
	record->writer.fd = -1;
	uv_timer_start(&record->sync, on_retry, RETRY_MS, 0);
}

int
record_start(struct record *record, const struct config_record *config,
	struct canvas *canvas, uv_loop_t *loop)
{
	*record = (struct record){
		.file = config->file,
		.max_age_ms = config->max_age,
		.segment_max = record_segment_max(config->max_size),
		.writer.fd = -1,
	};
	if (!*record->file)
		return 0;
	if (record_init(record, canvas, config->interval) < 0) {
		log_error("record: out of memory");
		record_finish(record);
		return -ENOMEM;
	}
	uv_timer_init(loop, &record->sync);
	retention_init(&record->retention, config, record->segment_max, loop);
	open_or_wait(record);
	return 0;
}

void
record_stop(struct record *record)
{
	if (!record->autosave.reader)
		return;
	uv_close((uv_handle_t *)&record->sync, NULL);
	retention_stop(&record->retention);
	uv_run(record->sync.loop, UV_RUN_NOWAIT);
	if (autosave_stop(&record->autosave))
		(void)record_work(&record->autosave);
	if (record->writer.fd >= 0)
		(void)fdatasync(record->writer.fd);
	record_finish(record);
}
