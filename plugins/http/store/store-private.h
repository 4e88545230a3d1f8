/* SPDX-License-Identifier: MIT */
/* What the store's files share: store.c queues changes for the writer thread, write.c
 * writes them into the file, open.c opens and checks it. */
#pragma once

#include <sqlite3.h>
#include <uv.h>

#include "http/store/store.h"
#include "http/web/web.h"

/* The log keeps this many pixels. */
#define LOG_MAX 10000000

/* Deletes removed generators whose last cell was painted over. */
#define STORE_SWEEP                                                                      \
	"DELETE FROM generator WHERE id IS NULL AND number NOT IN"                       \
	" (SELECT generator FROM cell)"

enum store_change_kind {
	CHANGE_NUMBER,
	CHANGE_GENERATOR,
	CHANGE_REMOVED,
	CHANGE_FORGOTTEN,
	CHANGE_COUNTED
};

/* A change other than a pixel of the log: a generator, a named number, a token that was
 * removed or is forgotten, or a pixel that is only counted. */
struct store_change {
	struct store_change *next;
	enum store_change_kind kind;
	struct store_generator generator; /* its strings point into `bytes` */
	uint8_t secret[STORE_SECRET_LEN];
	const char *name;
	int64_t value;
	char bytes[];
};

/* Cells that are forgotten, unless they are set after that many pixels of the batch. */
struct store_forgotten {
	struct store_forgotten *next;
	size_t after, n;
	uint32_t places[];
};

/* The changes of one transaction. */
struct batch {
	uint64_t mark;
	struct store_pixel *pixels;
	size_t n_pixels, size;
	size_t lost; /* pixels dropped for lack of memory */
	struct store_change *changes, **changes_end;
	struct store_forgotten *forgotten;
	uint64_t since_ns; /* when the first change was added; 0: empty */
};

/* write.c's prepared statements. */
enum statement {
	SQL_BEGIN,
	SQL_COMMIT,
	SQL_ROLLBACK,
	SQL_LOG,
	SQL_CELLS,
	SQL_FORGET,
	SQL_COUNTERS,
	SQL_COUNTED,
	SQL_GENERATOR,
	SQL_NUMBER,
	SQL_REMOVED,
	SQL_FORGOTTEN,
	SQL_ADD,
	SQL_FOLD,
	SQL_CUT,
	SQL_SWEEP,
	N_STATEMENTS,
};

struct store {
	struct web *web;
	const char *path;
	char missing[100]; /* why it is only in memory; "": it is not */
	int lock_fd;       /* against a second murald */
	bool was_clean;
	uint32_t last_generator;

	/* the writer thread's, once it runs */
	sqlite3 *db;
	sqlite3_stmt *statements[N_STATEMENTS];
	int64_t first_pixel, next_pixel;
	size_t removed; /* generators, since the last sweep */
	bool failing;   /* and logged */

	/* the main thread's */
	struct store_wait *waits;
	uv_async_t wakeup;
	pthread_t thread;
	bool running;

	/* shared, under the lock */
	uv_mutex_t lock;
	uv_cond_t changed;
	struct batch batches[2]; /* one fills while the other is written */
	struct batch *filling;
	uint64_t marked;  /* the last batch with changes */
	uint64_t written; /* the last batch in the file */
	uint64_t failed;  /* the last batch that could not be written */
	bool urgent, quit;
};

/* The two halves of a cell's position, as the database keeps them in one number. */
static inline void
store_read_place(sqlite3_stmt *statement, int column, struct store_pixel *pixel)
{
	int64_t place = sqlite3_column_int64(statement, column);

	pixel->row = place >> 16 & 0xffff;
	pixel->column = place & 0xffff;
}

/* ---- open.c */

/* Opens the database in memory. */
int store_open_memory(struct store *store);

/* Opens store->path, migrates it to the current schema, and replaces a corrupt file.  0
 * or -errno, logged. */
int store_open(struct store *store);

/* Accepts a store that is not open. */
void store_close(struct store *store);

/* Compiles a statement; NULL: see sqlite3_errmsg(). */
sqlite3_stmt *store_prepare(sqlite3 *db, const char *sql);

/* ---- write.c; the writer thread */

/* 0 or -errno, logged. */
int store_prepare_writing(struct store *store);
void store_finish_writing(struct store *store);

/* Writes a batch as one transaction.  0 or -errno, logged once until it works again. */
int store_write(struct store *store, struct batch *batch);

/* The last transaction: records that everything was written. */
void store_mark_clean(struct store *store);
