/* SPDX-License-Identifier: MIT */
/* Bounds what a turn of the web server answers, and keeps what has to wait by source. */
#include "http/web/turn.h"

#include <search.h>
#include <stdlib.h>

#include "http/web/web.h"

/* Others, the watchdog and signals wait for the turn of each server. */
#define TURN_NS UINT64_C(4000000)

/* Resumed for one turn, however cheap they were until now. */
#define RESUMED_MAX 256

/* Of them, those that are answered even if the turn is over. */
#define DUE_MAX 16

/* ------------------------------------------------------------------ sources */

static int
compare_keys(const void *a, const void *b)
{
	const struct http_source *left = a, *right = b;

	return left->key < right->key ? -1 : left->key > right->key;
}

struct http_source *
source_hold(struct web *web, uint64_t key)
{
	const struct http_source wanted = { .key = key };
	struct http_source **found = tfind(&wanted, &web->turn.sources, compare_keys);
	struct http_source *source;

	if (found) {
		(*found)->clients++;
		return *found;
	}
	source = calloc(1, sizeof(*source));
	if (!source)
		return NULL;
	source->key = key;
	source->clients = 1;
	/* or a client that reconnects for each would always be next */
	for (int i = 0; i < LONG_WORKS; i++)
		source->last_work[i] = web->turn.works;
	TAILQ_INIT(&source->deferred);
	if (!tsearch(source, &web->turn.sources, compare_keys)) {
		free(source);
		return NULL;
	}
	return source;
}

void
source_release(struct web *web, struct http_source *source)
{
	if (!source || --source->clients > 0)
		return;
	tdelete(source, &web->turn.sources, compare_keys);
	free(source);
}

void
source_works(struct web *web, struct http_source *source, enum long_work work)
{
	source->last_work[work] = ++web->turn.works;
}

/* ------------------------------------------------------------------ deferring */

void
turn_init(struct turn *turn)
{
	TAILQ_INIT(&turn->rotation);
}

static bool
is_over(const struct turn *turn)
{
	return uv_hrtime() - turn->begun_ns >= TURN_NS;
}

bool
turn_is_full(const struct turn *turn)
{
	return !TAILQ_EMPTY(&turn->rotation) || is_over(turn);
}

void
turn_count(struct turn *turn, uint64_t ns)
{
	turn->cost_ns += ((int64_t)ns - (int64_t)turn->cost_ns) / 8;
	turn->answered++;
}

enum MHD_Result
turn_defer(struct request *request)
{
	struct http_source *source = request->source;
	struct turn *turn = &request->web->turn;

	if (TAILQ_EMPTY(&source->deferred))
		TAILQ_INSERT_TAIL(&turn->rotation, source, in_rotation);
	TAILQ_INSERT_TAIL(&source->deferred, request, in_turn);
	request->deferred = true;
	mhd_uv_wake(&request->web->server);
	return request_suspend(request);
}

void
turn_forget(struct request *request)
{
	struct http_source *source = request->source;

	if (!request->deferred)
		return;
	request->deferred = false;
	TAILQ_REMOVE(&source->deferred, request, in_turn);
	if (TAILQ_EMPTY(&source->deferred))
		TAILQ_REMOVE(&request->web->turn.rotation, source, in_rotation);
}

/* Puts it back to where it was: the turn was over before it was reached. */
static enum MHD_Result
defer_again(struct request *request)
{
	struct http_source *source = request->source;
	struct turn *turn = &request->web->turn;

	if (!TAILQ_EMPTY(&source->deferred))
		TAILQ_REMOVE(&turn->rotation, source, in_rotation);
	TAILQ_INSERT_HEAD(&turn->rotation, source, in_rotation);
	TAILQ_INSERT_HEAD(&source->deferred, request, in_turn);
	request->deferred = true;
	mhd_uv_wake(&request->web->server);
	return request_suspend(request);
}

static enum MHD_Result
answer_deferred(struct request *request)
{
	const struct turn *turn = &request->web->turn;

	/* libmicrohttpd cannot be stopped while a connection is suspended */
	if (turn->answered > 0 && is_over(turn) && !request->due &&
		!request->web->stopping)
		return defer_again(request);
	return request_dispatch(request);
}

/* libmicrohttpd first resumes what was suspended first, which is the flood's: others
 * would find the turn over until all of that is answered.  So the first request of each
 * source is answered in any case. */
static bool
is_due(const struct turn *turn, struct http_source *source, unsigned *due)
{
	if (source->due_in == turn->number || *due == DUE_MAX)
		return false;
	source->due_in = turn->number;
	(*due)++;
	return true;
}

void
turn_begin(struct web *web)
{
	struct turn *turn = &web->turn;
	uint64_t fit = 1 + TURN_NS / (turn->cost_ns + 1);
	struct http_source *source;
	unsigned due = 0;

	turn->begun_ns = uv_hrtime();
	turn->answered = 0;
	turn->number++;
	if (fit > RESUMED_MAX)
		fit = RESUMED_MAX;
	for (source = TAILQ_FIRST(&turn->rotation); source && fit > 0;
		source = TAILQ_FIRST(&turn->rotation), fit--) {
		TAILQ_REMOVE(&turn->rotation, source, in_rotation);
		TAILQ_INSERT_TAIL(&turn->rotation, source, in_rotation);
		TAILQ_FIRST(&source->deferred)->due = is_due(turn, source, &due);
		request_resume(TAILQ_FIRST(&source->deferred), answer_deferred);
	}
	if (source)
		mhd_uv_wake(&web->server);
}
