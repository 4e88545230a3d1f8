/* SPDX-License-Identifier: MIT */
/* Writes a batch of changes into the database as one transaction. */
#include <errno.h>

#include "http/store/store-private.h"

/* The log is cut when it is this much too long. */
#define LOG_CUT_MIN 50000

/* How many removed generators stay in the file at most, so that endless registering,
 * which removes older ones, does not fill the disk.  A sweep looks at each cell. */
#define REMOVED_MAX 1024

/* The last log entry of each cell in a part of the log. */
#define LAST_OF_EACH_PLACE(part)                                                         \
	" FROM log WHERE number IN"                                                      \
	" (SELECT max(number) FROM log WHERE " part " GROUP BY place)"

static const char *const sql[N_STATEMENTS] = {
	[SQL_BEGIN] = "BEGIN IMMEDIATE",
	[SQL_COMMIT] = "COMMIT",
	[SQL_ROLLBACK] = "ROLLBACK",
	[SQL_LOG] =
		"INSERT INTO log (number, time, place, colour, unnecessary, generator)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
	[SQL_CELLS] = "INSERT OR REPLACE INTO cell SELECT place, colour, "
		      "generator" LAST_OF_EACH_PLACE("number >= ?1"),
	[SQL_FORGET] = "DELETE FROM cell WHERE place = ?1 AND NOT EXISTS"
		       " (SELECT 1 FROM log WHERE number >= ?2 AND place = ?1)",
	[SQL_COUNTERS] =
		"UPDATE generator SET pixels = pixels + n, unnecessary = unnecessary + u"
		" FROM (SELECT generator AS g, count(*) AS n, sum(unnecessary) AS u"
		" FROM log WHERE number >= ?1 GROUP BY generator)"
		" WHERE generator.number = g",
	[SQL_COUNTED] = "UPDATE generator SET pixels = pixels + 1,"
			" unnecessary = unnecessary + ?2 WHERE number = ?1",
	[SQL_GENERATOR] =
		"INSERT INTO generator (number, id, name, author, secret)"
		" VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (number) DO UPDATE SET id = ?2,"
		" name = ?3, author = ?4, secret = ?5",
	[SQL_NUMBER] = "INSERT OR REPLACE INTO number (name, value) VALUES (?1, ?2)",
	[SQL_REMOVED] = "INSERT INTO removed (id, told) VALUES (?1, ?2)"
			" ON CONFLICT (id) DO UPDATE SET told = ?2",
	[SQL_FORGOTTEN] = "DELETE FROM removed WHERE id = ?1",
	[SQL_ADD] = "INSERT INTO number (name, value) VALUES (?1, ?2)"
		    " ON CONFLICT (name) DO UPDATE SET value = value + ?2",
	[SQL_FOLD] =
		"INSERT OR REPLACE INTO base SELECT place, colour" LAST_OF_EACH_PLACE(
			"number < ?1"),
	[SQL_CUT] = "DELETE FROM log WHERE number < ?1",
	[SQL_SWEEP] = STORE_SWEEP,
};

/* -------------------------------------------------------------------- helpers */

/* Runs a statement whose values are bound, and resets it. */
static int
statement_run(sqlite3_stmt *statement)
{
	int code = sqlite3_step(statement);

	sqlite3_reset(statement);
	return code == SQLITE_DONE || code == SQLITE_ROW ? SQLITE_OK : code;
}

static int
statement_run_with(sqlite3_stmt *statement, int64_t value)
{
	sqlite3_bind_int64(statement, 1, value);
	return statement_run(statement);
}

static int
statement_run_number(sqlite3_stmt *statement, const char *name, int64_t value)
{
	sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
	sqlite3_bind_int64(statement, 2, value);
	return statement_run(statement);
}

static int
set_number(struct store *store, const char *name, int64_t value)
{
	return statement_run_number(store->statements[SQL_NUMBER], name, value);
}

/* ------------------------------------------------------------------ one batch */

static int
add_numbers(struct store *store, int64_t pixels, int64_t unnecessary)
{
	sqlite3_stmt *add = store->statements[SQL_ADD];
	int code = statement_run_number(add, "pixels", pixels);

	if (code == SQLITE_OK)
		code = statement_run_number(add, "unnecessary", unnecessary);
	return code;
}

/* Updates cells and counters from the batch's pixels, which are in the log now. */
static int
sum_up(struct store *store, int64_t pixels, int64_t unnecessary)
{
	sqlite3_stmt *const *statements = store->statements;
	int code = statement_run_with(statements[SQL_CELLS], store->next_pixel);

	if (code == SQLITE_OK)
		code = statement_run_with(statements[SQL_COUNTERS], store->next_pixel);
	if (code == SQLITE_OK)
		code = add_numbers(store, pixels, unnecessary);
	return code;
}

static int
write_pixels(struct store *store, const struct batch *batch)
{
	sqlite3_stmt *log = store->statements[SQL_LOG];
	int64_t number = store->next_pixel, unnecessary = 0;
	int code = SQLITE_OK;

	for (size_t i = 0; code == SQLITE_OK && i < batch->n_pixels; i++) {
		const struct store_pixel *pixel = &batch->pixels[i];

		sqlite3_bind_int64(log, 1, number++);
		sqlite3_bind_int64(log, 2, pixel->time_ms);
		sqlite3_bind_int64(log, 3, (int64_t)pixel->row << 16 | pixel->column);
		sqlite3_bind_int(log, 4, pixel->colour);
		sqlite3_bind_int(log, 5, pixel->unnecessary);
		sqlite3_bind_int64(log, 6, pixel->generator);
		unnecessary += pixel->unnecessary;
		code = statement_run(log);
	}
	if (code == SQLITE_OK && batch->n_pixels > 0)
		code = sum_up(store, batch->n_pixels, unnecessary);
	return code;
}

static int
put_generator(struct store *store, const struct store_generator *generator)
{
	sqlite3_stmt *put = store->statements[SQL_GENERATOR];

	sqlite3_bind_int64(put, 1, generator->number);
	sqlite3_bind_text(put, 2, generator->id, -1, SQLITE_STATIC);
	sqlite3_bind_text(put, 3, generator->name, -1, SQLITE_STATIC);
	sqlite3_bind_text(put, 4, generator->author, -1, SQLITE_STATIC);
	sqlite3_bind_blob(put, 5, generator->secret, STORE_SECRET_LEN, SQLITE_STATIC);
	store->removed += !generator->id;
	return statement_run(put);
}

static int
forget_removed(struct store *store, const char *id)
{
	sqlite3_stmt *forget = store->statements[SQL_FORGOTTEN];

	sqlite3_bind_text(forget, 1, id, -1, SQLITE_STATIC);
	return statement_run(forget);
}

static int
count_pixel(struct store *store, const struct store_change *change)
{
	sqlite3_stmt *count = store->statements[SQL_COUNTED];
	int code;

	sqlite3_bind_int64(count, 1, change->generator.number);
	sqlite3_bind_int64(count, 2, change->value);
	code = statement_run(count);
	return code == SQLITE_OK ? add_numbers(store, 1, change->value) : code;
}

static int
write_change(struct store *store, const struct store_change *change)
{
	switch (change->kind) {
	case CHANGE_GENERATOR:
		return put_generator(store, &change->generator);
	case CHANGE_REMOVED:
		return statement_run_number(
			store->statements[SQL_REMOVED], change->name, change->value);
	case CHANGE_FORGOTTEN:
		return forget_removed(store, change->name);
	case CHANGE_COUNTED:
		return count_pixel(store, change);
	default:
		return set_number(store, change->name, change->value);
	}
}

static int
write_changes(struct store *store, const struct batch *batch)
{
	int code = SQLITE_OK;

	for (struct store_change *change = batch->changes; code == SQLITE_OK && change;
		change = change->next)
		code = write_change(store, change);
	return code;
}

/* After the pixels of the batch, some of which may be of a generator that was removed. */
static int
sweep_removed(struct store *store)
{
	if (store->removed < REMOVED_MAX)
		return SQLITE_OK;
	store->removed = 0;
	return statement_run(store->statements[SQL_SWEEP]);
}

/* After the pixels of the batch, some of which were set before that. */
static int
forget_cells(struct store *store, const struct batch *batch)
{
	sqlite3_stmt *forget = store->statements[SQL_FORGET];
	int code = SQLITE_OK;

	for (const struct store_forgotten *some = batch->forgotten; some;
		some = some->next)
		for (size_t i = 0; code == SQLITE_OK && i < some->n; i++) {
			sqlite3_bind_int64(forget, 1, some->places[i]);
			sqlite3_bind_int64(
				forget, 2, store->next_pixel + (int64_t)some->after);
			code = statement_run(forget);
		}
	return code;
}

/* Folds the oldest part of a log that is too long into the base. */
static int
cut_log(struct store *store, int64_t next, int64_t *first)
{
	int64_t from = next - LOG_MAX;
	int code;

	if (from < *first + LOG_CUT_MIN)
		return SQLITE_OK;
	code = statement_run_with(store->statements[SQL_FOLD], from);
	if (code == SQLITE_OK)
		code = statement_run_with(store->statements[SQL_CUT], from);
	if (code == SQLITE_OK)
		*first = from;
	return code;
}

static int
write_batch(struct store *store, const struct batch *batch, int64_t *first)
{
	int code = statement_run(store->statements[SQL_BEGIN]);

	/* until store_mark_clean() */
	if (code == SQLITE_OK && store->was_clean)
		code = set_number(store, "stopped", 0);
	if (code == SQLITE_OK)
		code = write_changes(store, batch);
	if (code == SQLITE_OK)
		code = write_pixels(store, batch);
	if (code == SQLITE_OK)
		code = forget_cells(store, batch);
	if (code == SQLITE_OK)
		code = sweep_removed(store);
	if (code == SQLITE_OK)
		code = cut_log(store, store->next_pixel + batch->n_pixels, first);
	if (code == SQLITE_OK)
		code = statement_run(store->statements[SQL_COMMIT]);
	return code;
}

static void
log_failure(struct store *store, int code)
{
	bool failing = code != SQLITE_OK;

	if (failing == store->failing)
		return;
	store->failing = failing;
	if (failing)
		mural_log(store->web->host, MURAL_ERROR,
			"cannot write %s: %s; retrying every second", store->path,
			sqlite3_errmsg(store->db));
	else
		mural_log(store->web->host, MURAL_INFO, "%s can be written again",
			store->path);
}

int
store_write(struct store *store, struct batch *batch)
{
	int64_t first = store->first_pixel;
	int code = write_batch(store, batch, &first);

	log_failure(store, code);
	if (code != SQLITE_OK) {
		statement_run(store->statements[SQL_ROLLBACK]);
		return -EIO;
	}
	store->was_clean = false;
	store->first_pixel = first;
	store->next_pixel += batch->n_pixels;
	if (batch->lost > 0)
		mural_log(store->web->host, MURAL_WARN,
			"%zu pixels are missing from the log of %s: out of memory while "
			"it could not be written",
			batch->lost, store->path);
	return 0;
}

void
store_mark_clean(struct store *store)
{
	if (store->failing || store->was_clean)
		return;
	log_failure(store, set_number(store, "stopped", 1));
}

int
store_prepare_writing(struct store *store)
{
	for (int i = 0; i < N_STATEMENTS; i++) {
		store->statements[i] = store_prepare(store->db, sql[i]);
		if (!store->statements[i]) {
			mural_log(store->web->host, MURAL_ERROR, "%s: %s", store->path,
				sqlite3_errmsg(store->db));
			return -EIO;
		}
	}
	return 0;
}

void
store_finish_writing(struct store *store)
{
	for (int i = 0; i < N_STATEMENTS; i++)
		sqlite3_finalize(store->statements[i]);
}
