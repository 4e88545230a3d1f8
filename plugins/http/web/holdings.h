/* SPDX-License-Identifier: MIT */
/*
 * What is kept in memory for clients: bodies that they are sending, and answers that they
 * are being sent.  Each kind has one bound for all clients.  When it is reached, those
 * give way whose source holds most of it, and among equals those who have taken longest;
 * a newcomer never does.
 *
 * Answers may be shared: they count once, and a source's part of them is by its readers.
 * What one modest source reads, too, stays longer than what only greedy ones do.
 *
 * All of it on the main loop's thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct http_client;
struct request;
struct web;

enum holding_kind {
	HOLDING_BODIES,
	HOLDING_ANSWERS,
	HOLDING_PICTURES,
	HOLDING_FILMS,
	HOLDING_KINDS,
};

#define BODIES_BYTES_MAX (16 * 1024 * 1024)
#define ANSWERS_BYTES_MAX (48 * 1024 * 1024)

/* Of one client, a body or an answer.  Zeros: nothing. */
struct holding {
	enum holding_kind kind;
	const void *what; /* the same for all that share it */
	size_t bytes;
	uint64_t number; /* in the order in which they began */
};

/* Starts as zeros. */
struct holdings {
	size_t bytes[HOLDING_KINDS]; /* what is shared counts for each reader */
	uint64_t number;
};

/* Until the request is over; a second call replaces the first one's.  Then others give
 * way until the kind is within its bound. */
void request_holds(
	struct request *request, enum holding_kind kind, const void *what, size_t bytes);

/* Of a client whose request is over, or that is being disconnected. */
void holdings_clear(struct web *web, struct http_client *client);

/* What all clients hold of a kind, shared answers counted once.  0 also if memory is
 * too short to tell. */
size_t holdings_total(const struct web *web, enum holding_kind kind);

/* Disconnects clients until at most `max` bytes of a kind are held, `keep` included,
 * whose readers stay. */
void holdings_make_room(
	struct web *web, enum holding_kind kind, size_t max, const void *keep);
