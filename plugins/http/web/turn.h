/* SPDX-License-Identifier: MIT */
/*
 * What one turn of the web server answers: as much as a few milliseconds allow.  Requests
 * beyond that wait for the next turns, which take their sources in rotation, so that
 * thousands from one of them delay those from another by no more than one.
 *
 * All of it on the main loop's thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <microhttpd.h>

struct http_client;
struct request;
struct web;

TAILQ_HEAD(request_queue, request);

/* What takes long, on threads of which there are few. */
enum long_work { WORK_READ, WORK_RENDER, LONG_WORKS };

/* A source with clients, or what all clients without an address share. */
struct http_source {
	uint64_t key; /* mural_source() */
	unsigned clients;
	unsigned due_in; /* turn.number of the last turn that owed it an answer */
	size_t held;     /* holdings.c's, while it chooses who gives way */
	uint64_t last_work[LONG_WORKS];       /* its last turn of each, or when it came */
	struct request_queue deferred;        /* the oldest first */
	TAILQ_ENTRY(http_source) in_rotation; /* while it has some */
};

TAILQ_HEAD(source_rotation, http_source);

/* Starts as zeros. */
struct turn {
	void *sources; /* a tree for tsearch(), by key */
	struct source_rotation rotation;
	uint64_t begun_ns, cost_ns; /* of a request, on average */
	unsigned number, answered;
	uint64_t works; /* turns of long work that there were */
};

void turn_init(struct turn *turn);

/* Before each turn: resumes as many deferred requests as are likely to fit. */
void turn_begin(struct web *web);

/* Whether this new request has to wait; then it is to be suspended by turn_defer(). */
bool turn_is_full(const struct turn *turn);
enum MHD_Result turn_defer(struct request *request);

/* Of a request that is resumed otherwise, or is over. */
void turn_forget(struct request *request);

/* Counts the time that a request took. */
void turn_count(struct turn *turn, uint64_t ns);

/* ---- sources; NULL: out of memory, which source_release() accepts */

struct http_source *source_hold(struct web *web, uint64_t key);
void source_release(struct web *web, struct http_source *source);

/* The source has its turn of long work now.  Work goes to the source whose last turn is
 * longest ago: if the oldest request were chosen instead, two sources that always have
 * some would alternate, and no other would have a turn. */
void source_works(struct web *web, struct http_source *source, enum long_work work);
