/* SPDX-License-Identifier: MIT */
/*
 * Who paints most: pixels and bytes of each source, once a second while somebody watches.
 *
 * Clients of streams are counted exactly.  Senders without a connection may be forged by
 * the million, so each thread keeps the loudest of them in a table of fixed size: what is
 * said of these is the least that they did.
 *
 * The main loop's thread.
 */
#pragma once

#include "ingest/ingest.h"

/* Of one source through one instance, over the last second. */
struct top_entry {
	char source[128];       /* as in canvas/reins.h; "local" for a Unix socket */
	const char *instance;   /* its name */
	uint64_t pixels, bytes; /* painted; received, 0 where only the plugin knows */
	uint32_t connections;
	bool at_least; /* it may have been more */
};

/* Embedded in what watches, which sets `top`. */
struct top_watch {
	/* `entries` are sorted, the most pixels first, and valid during the call. */
	void (*top)(struct top_watch *watch, const struct top_entry *entries, size_t n);
	struct top_watch *next;
};

/* Calls watch->top about once a second, first after one.  0 or -ENOMEM. */
int top_watch(struct ingest *ingest, struct top_watch *watch);

/* Accepts one that does not watch. */
void top_unwatch(struct ingest *ingest, struct top_watch *watch);
