/* SPDX-License-Identifier: MIT */
/*
 * /history: what was recorded of the wall, whoever painted it.
 *
 * Without a question it is {"first": S, "last": S, "moments": N}, in seconds since 1970,
 * null where nothing was recorded; with ?at=TIME the wall as it was then, as PNG.  TIME
 * is seconds since 1970 or 2026-11-21T18:30:00, in this machine's time, or with a Z
 * behind it in UTC.
 *
 * A recording is read on libuv's thread pool, some at a time.
 */
#ifndef HTTP_HISTORY_HISTORY_ROUTE_H
#define HTTP_HISTORY_HISTORY_ROUTE_H

#include <stdbool.h>
#include <stdint.h>

#include <mural/history.h>

/* What was found a moment ago, so that it need not be looked for again. */
struct history_cache {
	uint64_t cached_ms; /* by the loop's clock; 0: never */
	struct mural_span span;
	unsigned n_lookups; /* that are under way */
};

/* Seconds, or a date and a time of day; the milliseconds since 1970.  False: it is no
 * time. */
bool history_parse_time(const char *text, int64_t *at_ms);

#endif
