/* SPDX-License-Identifier: MIT */
/*
 * One HTTP request, whole, and the ways to answer it.
 *
 * libmicrohttpd brings it in pieces; the routes below see it when its body is there, with
 * what HTTP leaves doubtful already refused: two Content-Lengths, two Hosts, a body that
 * is too long.  A route answers exactly once, at once or after request_suspend().
 *
 * All of it on the main loop's thread.
 */
#ifndef HTTP_WEB_REQUEST_H
#define HTTP_WEB_REQUEST_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

struct http;

/* A longer body is answered with 413. */
#define BODY_MAX (64 * 1024)

struct request {
	struct http *http;
	struct MHD_Connection *connection;
	const char *method;
	const char *path; /* repeated slashes collapsed, %xx decoded; never NULL */
	char *body;       /* NUL behind its end; NULL: there was none */
	size_t body_len;
	json_t *json; /* request_json()'s */
	/* Of the route that parked it: called when the request is over, answered or not,
	 * before it is freed.  NULL: nobody needs to know. */
	void (*on_completed)(struct request *request);
	void *data; /* the route's own */
	bool suspended;
	struct request *next, **link; /* among the parked ones */
};

/* Routes answer with what one of the reply functions returned. */
typedef enum MHD_Result (*answer_fn)(struct request *request);

/* A path, or with `prefix` every path that begins so.  HEAD is answered as GET, OPTIONS
 * by the router with Allow.  A path that no table has is a 404, a method that it has not
 * a 405 with Allow. */
struct route {
	const char *method; /* NULL ends the table */
	const char *path;
	bool prefix;
	answer_fn answer;
};

/* Finds the path's route and calls it, or answers for it. */
enum MHD_Result router_dispatch(struct request *request);

/* One table for each subject; router.c lists them. */
extern const struct route board_routes[];    /* the board API of doc/protocols.md, 3.2 */
extern const struct route socketio_routes[]; /* /socket.io/ */
extern const struct route
	viewer_routes[];                /* /ws, /live, /canvas.png, /serverconfig.json */
extern const struct route ops_routes[]; /* /metrics, /healthz */
extern const struct route timelapse_routes[];   /* /timelapse */
extern const struct route history_routes[];     /* /history */
extern const struct route page_routes[];        /* /, /admin/, /static/, /page.json */
extern const struct route hints_routes[];       /* /invite */
extern const struct route leaderboard_routes[]; /* /servers */

/* ---- reading */

/* A parameter of the query, decoded; NULL: not there.  "" for `?name`. */
const char *request_query(const struct request *request, const char *name);

/* A header field; NULL: not there. */
const char *request_header(const struct request *request, const char *name);

/* Whether If-None-Match names this tag (quoted in `etag`), weakly compared, also
 * unquoted, in a list, or as `*`. */
bool request_has_tag(const struct request *request, const char *etag);

/* The body as a JSON object, whatever its content type says; duplicate keys, bad UTF-8
 * and trailing bytes are refused.  NULL: there is none, and *why says what is wrong with
 * it. It is the request's, and stays as long as it. */
const json_t *request_json(struct request *request, const char **why);

/* ---- answering */

/* {"error": text, "success": false}; NULL: memory is short. */
struct MHD_Response *error_response(const char *text);
enum MHD_Result reply_error(struct request *request, unsigned status, const char *text);

/* 429: he had all that he may for now, and is to come again in so many seconds. */
enum MHD_Result reply_retry_after(struct request *request, unsigned seconds);

/* The same, and then the connection is closed: where the next request would begin is in
 * doubt. */
enum MHD_Result reply_and_close(
	struct request *request, unsigned status, const char *text);

/* Takes the value over. */
enum MHD_Result reply_json(struct request *request, unsigned status, json_t *value);

/* Bytes that are copied. */
enum MHD_Result reply_bytes(struct request *request, unsigned status, const char *type,
	const void *bytes, size_t len);

/* Gives a response its type (NULL: none) and the header fields that every answer has.
 * MHD_NO: memory is short. */
enum MHD_Result reply_prepare(struct MHD_Response *response, const char *type);

/* Any response of libmicrohttpd's; takes it over; NULL: 503, memory is short.  Adds the
 * header fields that every answer has. */
enum MHD_Result reply_send(
	struct request *request, unsigned status, struct MHD_Response *response);

/* The same with one that reply_prepare() saw, and that stays its owner's for the next
 * request. */
enum MHD_Result reply_shared(
	struct request *request, unsigned status, struct MHD_Response *response);

/* 304 with the tag and an empty body. */
enum MHD_Result reply_not_modified(struct request *request, const char *etag);

/* ---- later */

/* The answer is not there yet: the connection sleeps, and the route returns what this
 * returns.  `on_completed` and `data` are set before. */
enum MHD_Result request_suspend(struct request *request);

/* Wakes a parked request: `answer` is called for it soon, once, on the loop. */
void request_resume(struct request *request, answer_fn answer);

/* Wakes all that are still parked, to be told that murald stops. */
void requests_abort(struct http *http);

/* ---- libmicrohttpd's callbacks; `arg` is the struct http */

enum MHD_Result request_handle(void *arg, struct MHD_Connection *connection,
	const char *url, const char *method, const char *version, const char *upload,
	size_t *upload_len, void **request);
void request_completed(void *arg, struct MHD_Connection *connection, void **request,
	enum MHD_RequestTerminationCode why);

#endif
