/* SPDX-License-Identifier: MIT */
/*
 * The web server of one instance: libmicrohttpd, its clients, their requests, and the
 * routes that answer them.
 *
 * The folder may use plugins/common, libmicrohttpd and jansson.  It must never know what
 * is served: each subject (board, viewers, ...) passes down a table of routes with
 * itself, http.c composes them.
 *
 * All of it on the main loop's thread.
 */
#pragma once

#include <stdbool.h>

#include <mural/plugin.h>
#include <mural/ratelimit.h>

#include "common/mhd-uv.h"
#include "http/web/client.h"
#include "http/web/holdings.h"
#include "http/web/request.h"
#include "http/web/turn.h"

struct web {
	struct mural_host *host;
	const struct route_table *tables; /* ended by one without routes */
	/* What there is no route for; set before the start. */
	enum MHD_Result (*answer_missing)(struct request *request);
	const char *proxies; /* proxy.h; set before the start */
	const char *origins; /* origin.h; the same */
	bool public_reads;   /* the same */
	struct mhd_uv server;
	struct http_clients clients;
	struct turn turn;
	struct holdings holdings;
	struct mural_ratelimit *guesses; /* by source: wrong secrets */
	/* by source: what a wrong admin token makes it wait, and how many there were */
	struct mural_ratelimit *token_waits, *token_wrongs;
	struct mural_bucket local_guesses; /* of those without a source */
	struct request *suspended;
	unsigned refs;
	bool stopping;
};

/* The tables and their subjects must outlive the server.  0 or -errno, logged. */
int web_start(struct web *web, struct mural_host *host, const struct route_table *tables);

/* From here on new requests are answered with 503.  Once the last reference is released,
 * suspended requests are answered, the server stops, and mural_stopped() is called.  Also
 * in a start() that fails. */
void web_stop(struct web *web);

/* A reference: something of the instance is still on the loop.  The last release ends the
 * server, but not before web_stop(). */
void web_hold(struct web *web);
void web_release(struct web *web);

/* Closes a handle that has a reference, and releases that once it is closed. */
void web_close_handle(struct web *web, uv_handle_t *handle);

/* guess.c's: 0 or -ENOMEM; stop takes what did not start. */
int guesses_start(struct web *web);
void guesses_stop(struct web *web);

/* Of the admin token: the seconds that a source is to wait, and what it has shown. */
unsigned guesses_token_wait(struct web *web, uint64_t source, uint64_t now_ms);
void guesses_token_wrong(struct web *web, uint64_t source, uint64_t now_ms);
void guesses_token_right(struct web *web, uint64_t source, uint64_t now_ms);

/* Counts input that did not become a pixel. */
void web_discard(struct web *web, enum mural_reason reason);
