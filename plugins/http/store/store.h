/* SPDX-License-Identifier: MIT */
/*
 * What outlives the process: generators and their tokens, the cells, a few numbers, and
 * the log of every cell that was ever set, in one SQLite file.
 *
 * The main loop's thread hands changes over and goes on; a thread of the store's own
 * writes what gathered, as one transaction, within a second, and at once when somebody
 * waits for it.  A transaction is all or nothing and in order, so that whatever happens
 * to murald, the file holds everything up to some moment of the last second.
 *
 * All of it on the main loop's thread, but for the log's readers.
 */
#ifndef HTTP_STORE_STORE_H
#define HTTP_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http;
struct store;

/* One cell that was set. */
struct store_pixel {
	int64_t number;  /* in the log's order, without gaps; given by the store */
	int64_t time_ms; /* since 1970 */
	uint16_t row, column;
	uint8_t colour;
	bool unnecessary;   /* it had that colour already */
	uint32_t generator; /* its number */
};

#define STORE_ID_LEN 24     /* hex digits */
#define STORE_SECRET_LEN 32 /* SHA-256 of what the generator registered with */

struct store_generator {
	uint32_t number; /* never used again for another */
	const char *id;  /* NULL: it was removed, and only its cells know it */
	const char *name, *author;
	const uint8_t *secret;
	uint64_t pixels, unnecessary;
};

/* Opens config->database.  One from an older murald is migrated; one that is broken is
 * put aside, which the log says, and an empty one made; one from a newer murald is
 * refused.  Between start and begin the file can be asked what is in it. */
int store_start(struct http *http);

/* From here on changes are taken. */
int store_start_writer(struct http *http);

/* Writes what there is and ends. */
void store_stop(struct http *http);

/* ---- what is in it; only between start and begin.  0 or -errno, logged */

int store_each_generator(struct store *store,
	void (*each)(const struct store_generator *generator, void *arg), void *arg);

/* The last colour of each cell that was ever set; number and time are not told. */
int store_each_cell(struct store *store,
	void (*each)(const struct store_pixel *pixel, void *arg), void *arg);

/* The highest number that a generator ever had; 0: there was none. */
uint32_t store_last_generator(const struct store *store);

/* A number kept under a name, or `absent`. */
int64_t store_number(struct store *store, const char *name, int64_t absent);

/* Whether the last murald that had the file ended as it should. */
bool store_was_clean(const struct store *store);

/* ---- changes: copied, written soon, in this order */

void store_add_pixel(struct store *store, const struct store_pixel *pixel);

/* Adds it, or changes the one of that number; its figures are not for this to change. */
void store_put_generator(struct store *store, const struct store_generator *generator);

void store_set_number(struct store *store, const char *name, int64_t value);

/* ---- waiting: what may be said only when it is written */

/* A mark of the changes up to here; it grows. */
uint64_t store_mark(const struct store *store);

/* Whether everything up to the mark is written. */
bool store_is_written(const struct store *store, uint64_t mark);

/* Belongs to the caller until `done` was called or it was cancelled. */
struct store_wait {
	struct store_wait *next, **link;
	uint64_t mark;
	/* `ret`: 0, or -EIO: it could not be written now, and is tried again later. */
	void (*done)(struct store_wait *wait, int ret);
};

/* Calls wait->done, later, when everything up to wait->mark is written or could not be.
 */
void store_wait(struct store *store, struct store_wait *wait);
void store_cancel(struct store_wait *wait);

/* ---- the log; any thread, one thread at a time, with a connection of its own */

struct store_log;

/* The log as it is at this moment in the file, which it stays for this reader: what
 * was marked before is in it once store_is_written() says so.  0 or -errno, not logged.
 */
int store_log_open(const char *database, struct store_log **log);

/* The oldest pixels are folded into a picture when there are more than 10 million; the
 * numbers of the first pixel that is there by itself, and of the last; first > last: none
 * is there. */
void store_log_range(const struct store_log *log, int64_t *first, int64_t *last);

/* That picture: each cell that was set before `first`, in no order; only row, column and
 * colour are told.  0 or -errno. */
int store_log_base(struct store_log *log,
	void (*each)(const struct store_pixel *pixel, void *arg), void *arg);

/* Reads at most `max` pixels from number `from` on, in order; how many, 0 at the end, or
 * -errno. */
int store_log_read(
	struct store_log *log, int64_t from, struct store_pixel *pixels, size_t max);

/* NULL is accepted. */
void store_log_close(struct store_log *log);

#endif
