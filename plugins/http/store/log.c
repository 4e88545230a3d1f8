/* SPDX-License-Identifier: MIT */
/* Reads the log of set cells from the database, on any thread. */
#include <errno.h>
#include <stdlib.h>

#include "http/store/store-private.h"

struct store_log {
	sqlite3 *db;
	sqlite3_stmt *read;
	int64_t first, last;
};

/* Its transaction, which reading begins, keeps seeing the log as it is now. */
static int
find_range(struct store_log *log)
{
	sqlite3_stmt *range = store_prepare(log->db,
		"SELECT coalesce(min(number), 1), coalesce(max(number), 0) FROM log");
	int code = sqlite3_step(range);

	if (code == SQLITE_ROW) {
		log->first = sqlite3_column_int64(range, 0);
		log->last = sqlite3_column_int64(range, 1);
	}
	sqlite3_finalize(range);
	return code == SQLITE_ROW ? 0 : -EIO;
}

int
store_log_open(const struct store *store, struct store_log **opened)
{
	struct store_log *log = calloc(1, sizeof(*log));
	int ret = -EIO;

	if (!log)
		return -ENOMEM;
	if (sqlite3_open_v2(store->path, &log->db,
		    SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK &&
		sqlite3_exec(log->db,
			"PRAGMA busy_timeout = 2000; PRAGMA query_only = ON; BEGIN", NULL,
			NULL, NULL) == SQLITE_OK)
		ret = find_range(log);
	if (ret == 0)
		log->read = store_prepare(log->db,
			"SELECT number, time, place, colour, unnecessary, generator"
			" FROM log WHERE number >= ?1 ORDER BY number LIMIT ?2");
	if (!log->read) {
		store_log_close(log);
		return -EIO;
	}
	*opened = log;
	return 0;
}

void
store_log_range(const struct store_log *log, int64_t *first, int64_t *last)
{
	*first = log->first;
	*last = log->last;
}

int
store_log_base(struct store_log *log,
	void (*each)(const struct store_pixel *pixel, void *arg), void *arg)
{
	sqlite3_stmt *base = store_prepare(log->db, "SELECT place, colour FROM base");
	int code;

	while ((code = sqlite3_step(base)) == SQLITE_ROW) {
		struct store_pixel pixel = {
			.colour = sqlite3_column_int(base, 1),
		};

		store_read_place(base, 0, &pixel);
		each(&pixel, arg);
	}
	sqlite3_finalize(base);
	return code == SQLITE_DONE ? 0 : -EIO;
}

int
store_log_read(
	struct store_log *log, int64_t from, struct store_pixel *pixels, size_t max)
{
	sqlite3_stmt *read = log->read;
	int code, n = 0;

	sqlite3_bind_int64(read, 1, from);
	sqlite3_bind_int64(read, 2, (int64_t)max);
	while ((code = sqlite3_step(read)) == SQLITE_ROW) {
		struct store_pixel *pixel = &pixels[n++];

		pixel->number = sqlite3_column_int64(read, 0);
		pixel->time_ms = sqlite3_column_int64(read, 1);
		store_read_place(read, 2, pixel);
		pixel->colour = sqlite3_column_int(read, 3);
		pixel->unnecessary = sqlite3_column_int(read, 4) != 0;
		pixel->generator = sqlite3_column_int64(read, 5);
	}
	sqlite3_reset(read);
	return code == SQLITE_DONE ? n : -EIO;
}

void
store_log_close(struct store_log *log)
{
	if (!log)
		return;
	sqlite3_finalize(log->read);
	sqlite3_close(log->db);
	free(log);
}
