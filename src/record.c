/* SPDX-License-Identifier: MIT */
/* Appends what changed. */
#include "record.h"

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

#include "history-format.h"
#include "log.h"
#include "util.h"

/* Parts are small enough that the oldest can go often, and large enough to be few. */
#define PARTS 16
#define PART_MIN (UINT64_C(1) << 20)
#define PART_MAX (UINT64_C(16) << 20)

/* Whoever looks back reads from a record of all tiles on, so these come again when the
 * changes since the last are as long as it, or many. */
#define CHANGES_MAX 600

/* A power cut costs at most so much; the kernel writes back less often by itself. */
#define SYNC_MS 10000

static int64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

/* ------------------------------------------------------------------ one record */

/* A record on its way into the file. */
struct writing {
	int fd;
	off_t at;
	z_stream stream;
	uLong crc;
	uint64_t len;
	uint8_t out[64 * 1024];
};

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
		ret = write_at(writing->fd, writing->at, writing->out, n);
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

static bool
has_tile(const uint64_t *tiles, uint32_t tile)
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

		if (head->whole || has_tile(tiles, t)) {
			ret = pack(writing, number, sizeof(number), Z_NO_FLUSH);
			head->raw_len += sizeof(number);
			head->tiles++;
		}
	}
	for (uint32_t t = 0; t < all && ret == 0; t++) {
		struct record_rect at = record_tile(head->width, head->height, t);
		size_t len;

		if (!head->whole && !has_tile(tiles, t))
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
	return write_at(writing->fd, at, bytes, sizeof(bytes));
}

static int
append(struct record *record, struct record_head *head)
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

/* ------------------------------------------------------------------ parts */

static int
begin_file(struct record *record)
{
	uint8_t head[RECORD_FILE_HEAD] = RECORD_FILE_MAGIC;

	head[8] = RECORD_VERSION;
	record->end = sizeof(head);
	record->whole = true;
	return write_at(record->fd, 0, head, sizeof(head));
}

static int
open_file(struct record *record)
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

/* Removes the oldest parts, until the rest is neither too much nor too old. */
static void
trim(const struct record *record, const uint64_t *parts, size_t n)
{
	uint64_t total = record->end;
	int64_t now = now_ms();

	for (size_t i = n; i-- > 0;) {
		char *name = record_part_name(record->file, parts[i]);
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

/* Sets the file aside as the latest part, which nobody will flush later. */
static int
next_part(struct record *record)
{
	uint64_t *parts;
	size_t n;
	char *name;
	int ret = record_parts(record->file, &parts, &n);

	if (ret < 0)
		return ret;
	name = record_part_name(record->file, n > 0 ? parts[n - 1] + 1 : 1);
	if (!name)
		ret = -ENOMEM;
	else if (fdatasync(record->fd) < 0 || rename(record->file, name) < 0)
		ret = -errno;
	free(name);
	free(parts);
	if (ret < 0)
		return ret;
	close(record->fd);
	record->fd = -1;
	return 0;
}

static int
begin_part(struct record *record)
{
	uint64_t *parts;
	size_t n;
	int ret = open_file(record);

	if (ret == 0)
		ret = begin_file(record);
	if (ret < 0 && record->fd >= 0) {
		/* without its head it is nothing, so it begins again */
		close(record->fd);
		record->fd = -1;
	}
	if (ret == 0 && record_parts(record->file, &parts, &n) == 0) {
		trim(record, parts, n);
		free(parts);
	}
	return ret;
}

/* A part begins with all tiles.  So one that is large enough goes on until they come
 * again anyway: of a canvas that takes more than a part, they would come each time. */
static bool
part_is_full(const struct record *record, int64_t now)
{
	return ((uint64_t)record->end > record->part_max && record->whole) ||
	       (record->max_age_ms > 0 && record->end > RECORD_FILE_HEAD &&
		       now - record->part_ms > (int64_t)(record->max_age_ms / PARTS));
}

/* ------------------------------------------------------------------ the work */

/* Tiles that look as they did are not worth a record; paint of the same colour is most of
 * what a picture in a loop sends. */
static bool
drop_unchanged(struct record *record)
{
	const struct mural_view *view = mural_reader_view(record->chore.reader);
	uint32_t now[MURAL_TILE * MURAL_TILE];
	bool changed = false;

	for (uint32_t t = 0; t < view->tiles_x * view->tiles_y; t++) {
		struct record_rect at = record_tile(view->width, view->height, t);
		bool same = true;

		if (!has_tile(record->chore.tiles, t))
			continue;
		mural_reader_copy(record->chore.reader, at.x, at.y, at.width, at.height,
			now, MURAL_TILE);
		for (uint32_t y = 0; y < at.height && same; y++)
			same = memcmp(now + y * MURAL_TILE,
				       record->shadow + (size_t)(at.y + y) * view->width +
					       at.x,
				       at.width * sizeof(*now)) == 0;
		if (same)
			record->chore.tiles[t / 64] &= ~(UINT64_C(1) << t % 64);
		changed |= !same;
	}
	return changed;
}

static void
blacken(struct record *record)
{
	const struct mural_view *view = mural_reader_view(record->chore.reader);

	for (size_t i = 0; i < (size_t)view->width * view->height; i++)
		record->shadow[i] = 0xff000000;
}

static void
count(struct record *record, const struct record_head *head)
{
	if (head->whole) {
		record->whole_len = head->len;
		record->changes_len = record->n_changes = 0;
	} else {
		record->changes_len += head->len;
		record->n_changes++;
	}
	record->whole = record->n_changes >= CHANGES_MAX ||
			record->changes_len > MAX(record->whole_len, 64 * 1024);
}

static int
record_changes(struct record *record, int64_t now)
{
	const struct mural_view *view = mural_reader_view(record->chore.reader);
	struct record_head head = { .width = view->width, .height = view->height };
	int ret = 0;

	if (record->fd >= 0 && part_is_full(record, now))
		ret = next_part(record);
	if (ret == 0 && record->fd < 0)
		ret = begin_part(record);
	if (ret < 0 || (!record->whole && !drop_unchanged(record)))
		return ret;
	head.time_ms = record->last_ms = MAX(record->last_ms, now);
	head.whole = record->whole;
	if (record->end == RECORD_FILE_HEAD)
		record->part_ms = now;
	if (head.whole)
		blacken(record);
	record->whole = true; /* unless this one succeeds */
	ret = append(record, &head);
	if (ret < 0)
		return ret;
	count(record, &head);
	record->unsynced = true;
	return 0;
}

static bool
has_changes(const struct record *record)
{
	const struct mural_view *view = mural_reader_view(record->chore.reader);

	for (size_t i = 0; i < view->words; i++)
		if (record->chore.tiles[i])
			return true;
	return false;
}

static int
record_now(struct record *record)
{
	int64_t now = now_ms();
	int ret = has_changes(record) ? record_changes(record, now) : 0;

	if (ret < 0 || !record->unsynced || llabs(now - record->synced_ms) < SYNC_MS)
		return ret;
	record->synced_ms = now;
	if (fdatasync(record->fd) < 0)
		return -errno;
	record->unsynced = false;
	return 0;
}

static int
work(struct chore *chore)
{
	struct record *record = container_of(chore, struct record, chore);
	int ret = record_now(record);

	if (ret < 0 && !record->failed)
		log_error("record: %s cannot be written: %s; it goes on when that is "
			  "mended",
			record->file, strerror(-ret));
	if (ret == 0 && record->failed)
		log_info("record: %s is written again", record->file);
	record->failed = ret < 0;
	return ret;
}

static void
on_sync(uv_timer_t *timer)
{
	chore_now(&container_of(timer, struct record, sync)->chore);
}

/* When nobody paints any more, nothing else calls for the last records to be flushed. */
static void
plan_sync(struct chore *chore)
{
	struct record *record = container_of(chore, struct record, chore);

	if (!record->unsynced)
		uv_timer_stop(&record->sync);
	else if (!uv_is_active((uv_handle_t *)&record->sync))
		uv_timer_start(&record->sync, on_sync, SYNC_MS, 0);
}

/* ------------------------------------------------------------------ start, stop */

/* Whether the file is a recording from beginning to end: then it is gone on with. */
static bool
read_through(struct record *record)
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
			record->part_ms = head.time_ms;
		record->last_ms = MAX(record->last_ms, head.time_ms);
		record->end = at;
	}
	return lseek(record->fd, 0, SEEK_END) == record->end;
}

/* 0: recording can begin; -errno; 1: something else is there. */
static int
look_at_file(struct record *record)
{
	uint8_t head[RECORD_FILE_HEAD];
	struct stat st;

	if (fstat(record->fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return 1;
	if (st.st_size == 0)
		return begin_file(record);
	if (pread(record->fd, head, sizeof(head), 0) != sizeof(head) ||
		memcmp(head, RECORD_FILE_MAGIC, 8) != 0 || head[8] != RECORD_VERSION)
		return 1;
	record->end = RECORD_FILE_HEAD;
	if (read_through(record))
		return 0;
	log_warn("record: %s is damaged, or was cut short; what is whole can be seen, "
		 "and a new part begins",
		record->file);
	return next_part(record);
}

static int
prepare(struct record *record, struct canvas *canvas, uint64_t interval_ms)
{
	record->shadow = malloc(
		(size_t)canvas->view.width * canvas->view.height * sizeof(uint32_t));
	if (!record->shadow)
		return -ENOMEM;
	return chore_init(&record->chore, canvas, interval_ms, work);
}

static void
release(struct record *record)
{
	chore_finish(&record->chore);
	if (record->fd >= 0)
		close(record->fd);
	free(record->shadow);
	*record = (struct record){ .fd = -1 };
}

int
record_start(struct record *record, const struct config_record *config,
	struct canvas *canvas, uv_loop_t *loop)
{
	int ret;

	*record = (struct record){
		.file = config->file,
		.max_size = config->max_size,
		.max_age_ms = config->max_age,
		.part_max =
			MAX(MIN(config->max_size ? config->max_size / PARTS : PART_MAX,
				    PART_MAX),
				PART_MIN),
		.fd = -1,
		.whole = true,
	};
	if (!*record->file)
		return 0;
	ret = open_file(record);
	if (ret == 0)
		ret = look_at_file(record);
	if (ret == 0 && prepare(record, canvas, config->interval) < 0) {
		log_error("record: out of memory");
		release(record);
		return -ENOMEM;
	}
	if (ret == 0) {
		log_info("record: %s", record->file);
		uv_timer_init(loop, &record->sync);
		record->chore.settled = plan_sync;
		chore_start(&record->chore, loop);
		return 0;
	}
	if (ret == 1)
		log_error("record: %s is no recording of this murald's; nothing is "
			  "recorded until it is moved away or record.file names another",
			record->file);
	else if (ret == -EWOULDBLOCK)
		log_error("record: %s is being written by another murald; nothing is "
			  "recorded here; set record.file to another path",
			record->file);
	else
		log_error("record: %s cannot be opened: %s; nothing is recorded; make "
			  "its folder writable for murald, or set record.file",
			record->file, strerror(-ret));
	release(record);
	return 0;
}

void
record_stop(struct record *record)
{
	if (!record->chore.loop)
		return;
	uv_close((uv_handle_t *)&record->sync, NULL);
	if (chore_stop(&record->chore)) /* which turns the loop for the timer, too */
		(void)work(&record->chore);
	if (record->fd >= 0)
		(void)fdatasync(record->fd);
	release(record);
}
