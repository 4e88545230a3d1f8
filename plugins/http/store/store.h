/* SPDX-License-Identifier: MIT */
/*
 * The database: generators and their tokens, the cells, a few numbers, and the log of
 * every cell that was ever set, in one SQLite file.
 *
 * The main loop queues changes; a writer thread commits them as one transaction within a
 * second, or at once when somebody waits.  Transactions are atomic and in order: whatever
 * happens to murald, the file is complete up to some moment of the last second.
 *
 * The folder may use web/ for the loop and the log, and must know nothing of requests or
 * of the board.  All of it on the main loop's thread, except reading the log.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store;
struct web;

/* One cell that was set. */
struct store_pixel {
	int64_t number;  /* in the log's order, without gaps; assigned by the store */
	int64_t time_ms; /* since 1970 */
	uint16_t row, column;
	uint8_t colour;
	bool unnecessary;   /* the cell had that colour already */
	uint32_t generator; /* its number */
};

#define STORE_ID_LEN 24     /* hex digits */
#define STORE_SECRET_LEN 32 /* SHA-256 of what the generator registered with */

struct store_generator {
	uint32_t number; /* never reused */
	const char *id;  /* NULL: removed, kept only because cells refer to it */
	const char *name, *author;
	const uint8_t *secret;
	uint64_t pixels, unnecessary;
};

/* Opens the database.  One from an older murald is migrated, a corrupt one is renamed and
 * replaced by an empty one, which is logged, one from a newer murald is an error.  One
 * that cannot be written, on a full disk or in a folder that is not there, is missing: an
 * empty one in memory stands in for it, in which nothing should be changed.  0 or -errno,
 * logged; then *store may be set all the same, for store_stop(). */
int store_start(struct store **store, struct web *web, const char *database);

/* Why the database is missing; NULL: it is not. */
const char *store_missing(const struct store *store);

/* Whether it could be opened now.  0 or -errno, logged. */
int store_probe(struct web *web, const char *database);

/* From here on changes are accepted.  0 or -errno, logged. */
int store_start_writer(struct store *store);

/* Writes all pending changes and closes the database.  NULL is accepted. */
void store_stop(struct store *store);

/* ---- loading; only before store_start_writer().  0 or -errno, logged */

int store_each_generator(struct store *store,
	void (*each)(const struct store_generator *generator, void *arg), void *arg);

/* Tokens that store_put_removed() was called for, in that order. */
int store_each_removed(struct store *store,
	void (*each)(const char *id, bool is_told, void *arg), void *arg);

/* The last colour of each cell that was ever set; without number and time. */
int store_each_cell(struct store *store,
	void (*each)(const struct store_pixel *pixel, void *arg), void *arg);

/* The highest number that was ever given to a generator; 0: none was. */
uint32_t store_last_generator(const struct store *store);

/* The number of that name, or `absent`. */
int64_t store_number(struct store *store, const char *name, int64_t absent);

/* Whether the file was closed properly the last time. */
bool store_was_clean(const struct store *store);

/* ---- changes: copied, and written soon, in this order */

void store_add_pixel(struct store *store, const struct store_pixel *pixel);

/* Counts a pixel that comes too late for the log: its cell was set again since. */
void store_count_pixel(struct store *store, const struct store_pixel *pixel);

/* The cells are as if nobody had ever set them, but for the log.  `places`: row << 16 |
 * column. */
void store_forget_cells(struct store *store, const uint32_t *places, size_t n);

/* Inserts or updates the generator of that number, except its counters. */
void store_put_generator(struct store *store, const struct store_generator *generator);

void store_set_number(struct store *store, const char *name, int64_t value);

/* A token that was removed is kept, as other walls may have it, until it is forgotten;
 * is_told: they know of it. */
void store_put_removed(struct store *store, const char *id, bool is_told);
void store_forget_removed(struct store *store, const char *id);

/* ---- waiting until changes are written */

/* Identifies the changes up to now; it never falls. */
uint64_t store_mark(const struct store *store);

/* Whether everything up to the mark is written. */
bool store_is_written(const struct store *store, uint64_t mark);

/* The caller's; must stay until `done` is called or it is cancelled. */
struct store_wait {
	struct store_wait *next, **link;
	uint64_t mark;
	/* `ret`: 0, or -EIO: writing failed, and is retried later. */
	void (*done)(struct store_wait *wait, int ret);
};

/* Calls wait->done from the loop once everything up to wait->mark is written or failed.
 */
void store_wait(struct store *store, struct store_wait *wait);
void store_cancel(struct store_wait *wait);

/* ---- reading the log: any thread, one at a time, over a connection of its own */

struct store_log;

/* A snapshot of the log in the file: it has all that store_is_written() confirms.  0 or
 * -errno, not logged. */
int store_log_open(const struct store *store, struct store_log **log);

/* The numbers of the first and last pixel in the log; first > last: it is empty.  When
 * there are more than 10 million pixels, the oldest are folded into a base picture. */
void store_log_range(const struct store_log *log, int64_t *first, int64_t *last);

/* The base picture: each cell that was set before `first`, in no order; with row, column
 * and colour only.  0 or -errno. */
int store_log_base(struct store_log *log,
	void (*each)(const struct store_pixel *pixel, void *arg), void *arg);

/* Reads at most `max` pixels from number `from` on, in order.  Returns how many, 0 at the
 * end, or -errno. */
int store_log_read(
	struct store_log *log, int64_t from, struct store_pixel *pixels, size_t max);

/* NULL is accepted. */
void store_log_close(struct store_log *log);
