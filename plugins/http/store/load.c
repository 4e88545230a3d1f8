/* SPDX-License-Identifier: MIT */
/* Reads what the database holds when it is opened. */
#include <errno.h>

#include "http/store/store-private.h"

/* Ends a query; 0 or -errno, logged. */
static int
read_finish(struct store *store, sqlite3_stmt *statement, int code)
{
	sqlite3_finalize(statement);
	if (code == SQLITE_DONE)
		return 0;
	mural_log(store->web->host, MURAL_ERROR, "cannot read %s: %s", store->path,
		sqlite3_errmsg(store->db));
	return -EIO;
}

int
store_each_generator(struct store *store,
	void (*each)(const struct store_generator *generator, void *arg), void *arg)
{
	sqlite3_stmt *read;
	int code;

	sqlite3_exec(store->db, STORE_SWEEP, NULL, NULL, NULL);
	read = store_prepare(store->db,
		"SELECT number, id, name, author, secret, pixels, unnecessary"
		" FROM generator ORDER BY number");
	while ((code = sqlite3_step(read)) == SQLITE_ROW) {
		struct store_generator generator = {
			.number = sqlite3_column_int64(read, 0),
			.id = (const char *)sqlite3_column_text(read, 1),
			.name = (const char *)sqlite3_column_text(read, 2),
			.author = (const char *)sqlite3_column_text(read, 3),
			.secret = sqlite3_column_blob(read, 4),
			.pixels = sqlite3_column_int64(read, 5),
			.unnecessary = sqlite3_column_int64(read, 6),
		};

		if (generator.secret && sqlite3_column_bytes(read, 4) == STORE_SECRET_LEN)
			each(&generator, arg);
	}
	return read_finish(store, read, code);
}

int
store_each_removed(struct store *store,
	void (*each)(const char *id, bool is_told, void *arg), void *arg)
{
	sqlite3_stmt *read =
		store_prepare(store->db, "SELECT id, told FROM removed ORDER BY rowid");
	int code;

	while ((code = sqlite3_step(read)) == SQLITE_ROW)
		each((const char *)sqlite3_column_text(read, 0),
			sqlite3_column_int(read, 1) != 0, arg);
	return read_finish(store, read, code);
}

int
store_each_cell(struct store *store,
	void (*each)(const struct store_pixel *pixel, void *arg), void *arg)
{
	sqlite3_stmt *read =
		store_prepare(store->db, "SELECT place, colour, generator FROM cell");
	int code;

	while ((code = sqlite3_step(read)) == SQLITE_ROW) {
		struct store_pixel pixel = {
			.colour = sqlite3_column_int(read, 1),
			.generator = sqlite3_column_int64(read, 2),
		};

		store_read_place(read, 0, &pixel);
		each(&pixel, arg);
	}
	return read_finish(store, read, code);
}

uint32_t
store_last_generator(const struct store *store)
{
	return store->last_generator;
}

int64_t
store_number(struct store *store, const char *name, int64_t absent)
{
	sqlite3_stmt *read =
		store_prepare(store->db, "SELECT value FROM number WHERE name = ?1");
	int64_t value = absent;

	sqlite3_bind_text(read, 1, name, -1, SQLITE_STATIC);
	if (sqlite3_step(read) == SQLITE_ROW)
		value = sqlite3_column_int64(read, 0);
	sqlite3_finalize(read);
	return value;
}

bool
store_was_clean(const struct store *store)
{
	return store->was_clean;
}
