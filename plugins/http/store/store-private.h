/* SPDX-License-Identifier: MIT */
/* What the parts of the store share: store.c hands changes from the main loop to the
 * writer's thread, write.c puts them into the file, open.c opens it. */
#ifndef HTTP_STORE_STORE_PRIVATE_H
#define HTTP_STORE_STORE_PRIVATE_H

#include <sqlite3.h>
#include <uv.h>

#include "http/store/store.h"

/* The log is cut to this many pixels. */
#define LOG_MAX 10000000

/* A change that is no pixel: a generator, or a number under a name. */
struct store_change {
	struct store_change *next;
	bool is_generator;
	struct store_generator generator; /* its strings point into `bytes` */
	uint8_t secret[STORE_SECRET_LEN];
	const char *name;
	int64_t value;
	char bytes[];
};

/* What is written as one transaction. */
struct batch {
	uint64_t mark;
	struct store_pixel *pixels;
	size_t n_pixels, size;
	size_t lost; /* pixels that found no room */
	struct store_change *changes, **changes_end;
	uint64_t since_ns; /* when the first change came; 0: it is empty */
};

struct statements {
	sqlite3_stmt *begin, *commit, *rollback;
	sqlite3_stmt *log, *cells, *counters, *generator, *number, *add;
	sqlite3_stmt *fold, *cut;
};

struct store {
	struct http *http;
	const char *path;
	int lock_fd; /* keeps a second murald out */
	bool was_clean;
	uint32_t last_generator;

	/* the writer's, once it runs */
	sqlite3 *db;
	struct statements statements;
	int64_t first_pixel, next_pixel;
	bool failing; /* it was said */

	/* the main loop's */
	struct store_wait *waits;
	uv_async_t wakeup;
	uv_thread_t thread;
	bool running;

	/* both threads', under the lock */
	uv_mutex_t lock;
	uv_cond_t changed;
	struct batch batches[2]; /* one fills while the other is written */
	struct batch *filling;
	uint64_t marked;  /* the last batch that has changes */
	uint64_t written; /* all up to here is in the file */
	uint64_t failed;  /* up to here it was tried in vain */
	bool urgent, quit;
};

/* ---- open.c */

/* Opens store->path, brings it to the present schema and puts aside what is broken. 0 or
 * -errno, logged. */
int store_open(struct store *store);

/* Accepts what was not opened. */
void store_close(struct store *store);

/* A statement's text compiled; NULL: it cannot be, see sqlite3_errmsg(). */
sqlite3_stmt *store_prepare(sqlite3 *db, const char *sql);

/* ---- write.c; the writer's thread */

/* 0 or -errno, logged once until it works again. */
int store_prepare_writing(struct store *store);
int store_write(struct store *store, struct batch *batch);
void store_finish_writing(struct store *store);

/* The last transaction: everything was written. */
void store_mark_clean(struct store *store);

#endif
