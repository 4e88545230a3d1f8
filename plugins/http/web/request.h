/* SPDX-License-Identifier: MIT */
/*
 * One HTTP request, complete, and the ways to answer it.
 *
 * libmicrohttpd delivers it in pieces; a route sees it once its body is complete, and
 * once ambiguous ones (two Content-Lengths, two Hosts) and too long bodies are rejected.
 * A route answers exactly once, at once or after request_suspend().
 *
 * All of it on the main loop's thread.
 */
#pragma once

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include <jansson.h>

struct http_source;
struct web;

/* A longer body is answered with 413. */
#define BODY_MAX (64 * 1024)

struct request {
	struct web *web;
	void *subject; /* of the route table */
	struct MHD_Connection *connection;
	const char *method;
	const char *path; /* repeated slashes collapsed, %xx decoded; never NULL */
	char *body;       /* with a NUL behind its end; NULL: no body */
	size_t body_len;
	json_t *json; /* request_json()'s */
	/* Set by a route that suspends it: called once when the request is over, answered
	 * or not, before it is freed. */
	void (*on_completed)(struct request *request);
	void *data; /* the route's own */
	bool suspended;
	bool is_operators; /* answered even if a ban keeps its client out meanwhile */
	struct request *next, **link; /* in web->suspended */
	struct http_source *source;   /* its client's */
	bool deferred, due;           /* turn.c's: due in this turn, even at its end */
	TAILQ_ENTRY(request) in_turn; /* turn.c's, while it is deferred */
};

/* Routes return what one of the reply functions returned. */
typedef enum MHD_Result (*answer_fn)(struct request *request);

/* A path or, with `prefix`, every path that begins with it.  HEAD is answered as GET,
 * OPTIONS by the router with Allow.  A path that no table has is a 404, a method that the
 * path does not have a 405 with Allow. */
struct route {
	const char *method; /* NULL ends the table */
	const char *path;
	bool prefix;
	answer_fn answer;
};

/* The routes of one subject, and what its requests get as request->subject. */
struct route_table {
	const struct route *routes;
	void *subject;
};

/* Answers a complete request within murald's limits. */
enum MHD_Result request_dispatch(struct request *request);

/* Answers by the route that matches the path and method, or with an error. */
enum MHD_Result router_dispatch(struct request *request);

/* ---- reading */

/* A query parameter, decoded; NULL: absent.  "" for `?name`. */
const char *request_query(const struct request *request, const char *name);

/* A header field; NULL: absent. */
const char *request_header(const struct request *request, const char *name);

/* Whether If-None-Match contains the quoted tag `etag`: by weak comparison, also without
 * its quotes, in a list, or as `*`. */
bool request_has_tag(const struct request *request, const char *etag);

/* The body as a JSON object, whatever its content type; duplicate keys, bad UTF-8 and
 * trailing bytes are errors.  NULL: *why says what is wrong.  Owned by the request. */
const json_t *request_json(struct request *request, const char **why);

/* ---- secrets, of which a source may guess some wrongly at once, and then one now and
 * then.  Clients without a source share what they may guess. */

/* Seconds until another guess of the client's source is looked at; 0: this one is. */
unsigned request_guess_wait(const struct request *request);
void request_guessed_wrong(const struct request *request);

/* The same for the admin token, of which each wrong one makes the source wait: 1 s, and
 * twice as long each time, up to a minute, until it has the right one. */
unsigned request_token_wait(const struct request *request);
void request_token_was(const struct request *request, bool right);

/* ---- responses, with the header fields that all of ours have.  NULL: out of memory,
 * which every function that takes a response accepts. */

/* `bytes` of NULL gives NULL; with MHD_RESPMEM_MUST_FREE they are freed on failure too.
 * `type` of NULL: no content type. */
struct MHD_Response *response_new(
	void *bytes, size_t len, enum MHD_ResponseMemoryMode mode, const char *type);

static inline struct MHD_Response *
response_copy(const void *bytes, size_t len, const char *type)
{
	return response_new((void *)bytes, len, MHD_RESPMEM_MUST_COPY, type);
}

static inline struct MHD_Response *
response_empty(void)
{
	return response_new("", 0, MHD_RESPMEM_PERSISTENT, NULL);
}

/* The same for a response that was created otherwise. */
struct MHD_Response *response_prepare(struct MHD_Response *response, const char *type);

/* Drops the reference of an owner that keeps a response, and sets it to NULL, which is
 * accepted.  Requests that are being answered with it still have it. */
void response_release(struct MHD_Response **response);

/* Adds a header field. */
struct MHD_Response *response_with(
	struct MHD_Response *response, const char *name, const char *value);

/* {"error": text, "success": false} */
struct MHD_Response *error_response(const char *text);

/* ---- replying */

/* Takes the response over. */
enum MHD_Result reply_send(
	struct request *request, unsigned status, struct MHD_Response *response);

/* The response stays its owner's, to be sent again. */
enum MHD_Result reply_shared(
	struct request *request, unsigned status, struct MHD_Response *response);

/* 200, with a response whose bytes are known.  A page of a listed site gets a copy,
 * which it may read (origin.h). */
enum MHD_Result reply_shared_bytes(struct request *request, struct MHD_Response *response,
	const char *type, const void *bytes, size_t len);

/* The same of JSON. */
static inline enum MHD_Result
reply_shared_json(struct request *request, struct MHD_Response *response,
	const char *text, size_t len)
{
	return reply_shared_bytes(request, response, "application/json", text, len);
}

/* Takes the value over. */
enum MHD_Result reply_json(struct request *request, unsigned status, json_t *value);

enum MHD_Result reply_error(struct request *request, unsigned status, const char *text);

/* 503 */
enum MHD_Result reply_no_memory(struct request *request);

/* 429 with Retry-After. */
enum MHD_Result reply_retry_after(struct request *request, unsigned seconds);

/* An error, and then the connection is closed, because it is unclear where the next
 * request begins. */
enum MHD_Result reply_and_close(
	struct request *request, unsigned status, const char *text);

/* 304 with the tag and an empty body. */
enum MHD_Result reply_not_modified(struct request *request, const char *etag);

/* ---- later */

/* Suspends the connection until request_resume(); the route returns what this returns,
 * and sets `on_completed` and `data` before. */
enum MHD_Result request_suspend(struct request *request);

/* Resumes a suspended request: `answer` is called for it soon, once, on the loop.  One
 * that was abandoned is not answered any more. */
void request_resume(struct request *request, answer_fn answer);

/* Closes the connection of a suspended request, whose client is gone; others stay as they
 * are. */
void request_abandon(struct request *request);

/* Resumes all suspended requests with 503, because murald stops. */
void requests_abort(struct web *web);

/* ---- libmicrohttpd's callbacks; `arg` is the struct web */

enum MHD_Result request_handle(void *arg, struct MHD_Connection *connection,
	const char *url, const char *method, const char *version, const char *upload,
	size_t *upload_len, void **request);
void request_completed(void *arg, struct MHD_Connection *connection, void **request,
	enum MHD_RequestTerminationCode why);
