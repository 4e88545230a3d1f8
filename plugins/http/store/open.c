/* SPDX-License-Identifier: MIT */
/* Opens the database: locks it, migrates its schema, replaces a corrupt file. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "http/store/store-private.h"
#include "lib/macros.h"

/* "mura": tells file(1) and us whose file it is. */
#define APPLICATION_ID 1836413537
#define STRING_OF(number) #number
#define STRING(number) STRING_OF(number)

/* The log of a larger file is not checked at each start. */
#define CHECK_BYTES (64 * 1024 * 1024)

/* Steps from each schema to the next; user_version counts those that were applied.  They
 * were released, so they never change: a new schema is a new step. */
static const char *const migrations[] = {
	/* clang-format off */
	/* a place is row << 16 | column */
	"PRAGMA application_id = " STRING(APPLICATION_ID) ";"
	"CREATE TABLE number (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE generator (number INTEGER PRIMARY KEY AUTOINCREMENT,"
	" id TEXT UNIQUE, name TEXT NOT NULL, author TEXT NOT NULL, secret BLOB NOT NULL,"
	" pixels INTEGER NOT NULL DEFAULT 0, unnecessary INTEGER NOT NULL DEFAULT 0);"
	"CREATE TABLE cell (place INTEGER PRIMARY KEY, colour INTEGER NOT NULL,"
	" generator INTEGER NOT NULL);"
	"CREATE TABLE log (number INTEGER PRIMARY KEY, time INTEGER NOT NULL,"
	" place INTEGER NOT NULL, colour INTEGER NOT NULL,"
	" unnecessary INTEGER NOT NULL, generator INTEGER NOT NULL);",
	/* clang-format on */
	/* the base picture under a log that was cut */
	"CREATE TABLE base (place INTEGER PRIMARY KEY, colour INTEGER NOT NULL);",
	/* tokens that other walls may still have, the oldest first */
	"CREATE TABLE removed (id TEXT PRIMARY KEY, told INTEGER NOT NULL);",
};

#define SCHEMA ((int)ARRAY_LEN(migrations))

sqlite3_stmt *
store_prepare(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *statement = NULL;

	sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL);
	return statement;
}

/* The first column of the first row as a number, which stays as it is if there is no row.
 */
static int
query_number(sqlite3 *db, const char *sql, int64_t *answer)
{
	sqlite3_stmt *statement = store_prepare(db, sql);

	if (!statement)
		return sqlite3_errcode(db);
	if (sqlite3_step(statement) == SQLITE_ROW)
		*answer = sqlite3_column_int64(statement, 0);
	return sqlite3_finalize(statement);
}

/* ------------------------------------------------------------------- migrate */

static int
store_migrate(struct store *store, int version)
{
	char sql[64];

	for (; version < SCHEMA; version++) {
		snprintf(sql, sizeof(sql), "PRAGMA user_version = %d; COMMIT",
			version + 1);
		if (sqlite3_exec(store->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) !=
				SQLITE_OK ||
			sqlite3_exec(store->db, migrations[version], NULL, NULL, NULL) !=
				SQLITE_OK ||
			sqlite3_exec(store->db, sql, NULL, NULL, NULL) != SQLITE_OK)
			return sqlite3_errcode(store->db);
	}
	return SQLITE_OK;
}

static int
refuse_newer(struct store *store, int64_t version)
{
	mural_log(store->web->host, MURAL_ERROR,
		"%s is from a newer murald (its schema is %d, this one knows up to %d); "
		"start that murald, or name another file as database",
		store->path, (int)version, SCHEMA);
	return -EPROTONOSUPPORT;
}

static int
refuse_foreign(struct store *store)
{
	mural_log(store->web->host, MURAL_ERROR,
		"%s is another program's database; name another file as database",
		store->path);
	return -EINVAL;
}

/* SQLite's code, or -errno for a file that is not ours. */
static int
check_schema(struct store *store)
{
	int64_t version = 0, id = 0, tables = 0;
	int code = query_number(store->db, "PRAGMA user_version", &version);

	if (code == SQLITE_OK)
		code = query_number(store->db, "PRAGMA application_id", &id);
	if (code == SQLITE_OK)
		code = query_number(
			store->db, "SELECT count(*) FROM sqlite_master", &tables);
	if (code != SQLITE_OK)
		return code;
	if (tables > 0 && id != APPLICATION_ID)
		return refuse_foreign(store);
	if (version > SCHEMA)
		return refuse_newer(store, version);
	if (version > 0 && version < SCHEMA)
		mural_log(store->web->host, MURAL_INFO,
			"%s is from an older murald; migrating it from schema %d to %d",
			store->path, (int)version, SCHEMA);
	return store_migrate(store, version);
}

/* --------------------------------------------------------------------- check */

/* SQLITE_OK when the check returns "ok". */
static int
quick_check(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *statement = store_prepare(db, sql);
	const char *text;
	int code;

	/* for lack of memory perhaps, which says nothing of the file */
	if (!statement)
		return sqlite3_errcode(db);
	code = sqlite3_step(statement);
	if (code == SQLITE_ROW) {
		text = (const char *)sqlite3_column_text(statement, 0);
		code = !text                     ? SQLITE_NOMEM
		       : strcmp(text, "ok") == 0 ? SQLITE_OK
						 : SQLITE_CORRUPT;
	}
	sqlite3_finalize(statement);
	return code == SQLITE_DONE ? SQLITE_CORRUPT : code;
}

/* Checks the whole file, or all tables but the log, which is slow, if it is large. */
static int
check_all(struct store *store)
{
	static const char *const tables[] = {
		"PRAGMA quick_check(number)",
		"PRAGMA quick_check(generator)",
		"PRAGMA quick_check(cell)",
		"PRAGMA quick_check(removed)",
	};
	struct stat status;
	int code = SQLITE_OK;

	if (fstat(store->lock_fd, &status) == 0 && status.st_size <= CHECK_BYTES)
		return quick_check(store->db, "PRAGMA quick_check(1)");
	for (size_t i = 0; code == SQLITE_OK && i < ARRAY_LEN(tables); i++)
		code = quick_check(store->db, tables[i]);
	return code;
}

/* ---------------------------------------------------------------------- open */

/* Against a second murald; mode 0600, because the file holds tokens. */
static int
lock_file(struct store *store)
{
	int fd = open(store->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600), error;

	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0) {
		store->lock_fd = fd;
		return 0;
	}
	error = errno;
	if (fd >= 0)
		close(fd);
	snprintf(store->missing, sizeof(store->missing), "%s", strerror(error));
	mural_log(store->web->host, MURAL_ERROR, "%s: %s%s", store->path,
		error == EWOULDBLOCK ? "another murald, or another plugin, uses it"
				     : strerror(error),
		error == ENOENT ? "; create its folder, or name another file as database"
				: "; name another file as database");
	return -error;
}

/* In this order: closing any descriptor of the file drops SQLite's POSIX locks on it. */
void
store_close(struct store *store)
{
	sqlite3_close(store->db);
	store->db = NULL;
	if (store->lock_fd >= 0)
		close(store->lock_fd);
	store->lock_fd = -1;
}

/* The state that changes build on. */
static int
read_state(struct store *store)
{
	int64_t first = 1, last = 0, stopped = 0, generator = 0;
	int code = query_number(
		store->db, "SELECT coalesce(min(number), 1) FROM log", &first);

	if (code == SQLITE_OK)
		code = query_number(
			store->db, "SELECT coalesce(max(number), 0) FROM log", &last);
	if (code == SQLITE_OK)
		code = query_number(store->db,
			"SELECT value FROM number WHERE name = 'stopped'", &stopped);
	if (code == SQLITE_OK)
		code = query_number(store->db,
			"SELECT seq FROM sqlite_sequence WHERE name = 'generator'",
			&generator);
	store->first_pixel = first;
	store->next_pixel = last + 1;
	store->was_clean = stopped != 0;
	store->last_generator = generator;
	return code;
}

static int
open_database(struct store *store, const char *path)
{
	int code = sqlite3_open_v2(path, &store->db,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_exec(store->db,
			"PRAGMA busy_timeout = 2000; PRAGMA journal_mode = WAL;"
			"PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF;"
			"PRAGMA journal_size_limit = 16777216",
			NULL, NULL, NULL);
	if (code == SQLITE_OK)
		code = check_schema(store);
	if (code == SQLITE_OK)
		code = check_all(store);
	return code == SQLITE_OK ? read_state(store) : code;
}

static int
rename_broken(struct store *store, const char *why)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	char from[4200], to[4300], stamp[32];
	time_t now = time(NULL);
	struct tm tm;

	strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", localtime_r(&now, &tm));
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		snprintf(from, sizeof(from), "%s%s", store->path, ends[i]);
		snprintf(to, sizeof(to), "%s.broken-%s%s", store->path, stamp, ends[i]);
		if (rename(from, to) < 0 && i == 0) {
			mural_log(store->web->host, MURAL_ERROR,
				"%s is corrupt (%s), and cannot be renamed: %s",
				store->path, why, strerror(errno));
			return -EIO;
		}
	}
	mural_log(store->web->host, MURAL_WARN,
		"%s is corrupt (%s); it was renamed to %s.broken-%s and replaced by "
		"an empty one: all generators have to register again",
		store->path, why, store->path, stamp);
	return 0;
}

static bool
is_broken(int code)
{
	return (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB;
}

int
store_open(struct store *store)
{
	int ret, code;
	char why[200];

	for (int tries = 0;; tries++) {
		ret = lock_file(store);
		if (ret < 0)
			return ret;
		code = open_database(store, store->path);
		if (code == SQLITE_OK) {
			*store->missing = '\0';
			return 0;
		}
		snprintf(why, sizeof(why), "%s", sqlite3_errstr(code));
		snprintf(store->missing, sizeof(store->missing), "%s",
			sqlite3_errstr(code));
		store_close(store);
		if (code < 0)
			return code;
		if (!is_broken(code) || tries > 0)
			break;
		ret = rename_broken(store, why);
		if (ret < 0)
			return ret;
	}
	mural_log(store->web->host, MURAL_ERROR, "%s: %s; name another file as database",
		store->path, why);
	return -EIO;
}

int
store_open_memory(struct store *store)
{
	mural_log(store->web->host, MURAL_WARN,
		"the board is read-only without its database, which is tried again every "
		"second");
	if (open_database(store, ":memory:") == SQLITE_OK)
		return 0;
	store_close(store);
	return -ENOMEM;
}
