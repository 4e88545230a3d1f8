/* SPDX-License-Identifier: MIT */
/* Assembles requests from libmicrohttpd's pieces, and suspends, resumes and frees them.
 */
#include "http/web/request.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/list.h"
#include "http/web/web.h"

/* This much of a body that is too long is still read, because a client that is sending
 * does not read the answer. */
#define BODY_DRAIN_MAX (1024 * 1024)

/* Most bodies fit in the request itself, without another allocation. */
#define SHORT_BODY 256

struct incoming_request {
	struct request request; /* first, for the cast back */
	answer_fn on_resume;    /* request_resume()'s */
	uint64_t received;      /* bytes of the body, kept or not */
	size_t head_len;
	size_t size;
	char short_body[SHORT_BODY];
};

/* ------------------------------------------------------------------- reading */

const char *
request_query(const struct request *request, const char *name)
{
	const char *value = NULL;
	size_t len;

	if (MHD_lookup_connection_value_n(request->connection, MHD_GET_ARGUMENT_KIND,
		    name, strlen(name), &value, &len) == MHD_NO)
		return NULL;
	return value ? value : "";
}

const char *
request_header(const struct request *request, const char *name)
{
	return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

/* Whether the tag of `len` bytes is `etag`, with or without quotes. */
static bool
is_tag(const char *tag, size_t len, const char *etag)
{
	size_t etag_len = strlen(etag);

	if (len > 2 && strncmp(tag, "W/", 2) == 0) {
		tag += 2;
		len -= 2;
	}
	if (len == 1 && *tag == '*')
		return true;
	return (len == etag_len && memcmp(tag, etag, len) == 0) ||
	       (len == etag_len - 2 && memcmp(tag, etag + 1, len) == 0);
}

bool
request_has_tag(const struct request *request, const char *etag)
{
	const char *list = request_header(request, MHD_HTTP_HEADER_IF_NONE_MATCH);

	while (list && *list) {
		size_t len;

		list += strspn(list, ", \t");
		len = strcspn(list, ", \t");
		if (len > 0 && is_tag(list, len, etag))
			return true;
		list += len;
	}
	return false;
}

const json_t *
request_json(struct request *request, const char **why)
{
	if (!request->json && request->body)
		request->json = json_loadb(
			request->body, request->body_len, JSON_REJECT_DUPLICATES, NULL);
	if (json_is_object(request->json))
		return request->json;
	*why = "malformed JSON";
	return NULL;
}

/* ----------------------------------------------------------- suspend, resume */

static void
unlink_suspended(struct request *request)
{
	request->suspended = false;
	turn_forget(request);
	list_remove(request);
}

enum MHD_Result
request_suspend(struct request *request)
{
	request->suspended = true;
	list_push(&request->web->suspended, request);
	http_client_expect(request->web, request->connection, HTTP_CLIENT_WAITING);
	MHD_suspend_connection(request->connection);
	return MHD_YES;
}

void
request_resume(struct request *request, answer_fn answer)
{
	if (!request->suspended)
		return;
	unlink_suspended(request);
	((struct incoming_request *)request)->on_resume = answer;
	http_client_expect(request->web, request->connection, HTTP_CLIENT_READING);
	MHD_resume_connection(request->connection);
	mhd_uv_wake(&request->web->server);
}

static enum MHD_Result
close_connection(struct request *request)
{
	(void)request;
	return MHD_NO;
}

void
request_abandon(struct request *request)
{
	request_resume(request, close_connection);
}

static enum MHD_Result
reply_stopping(struct request *request)
{
	return reply_error(request, MHD_HTTP_SERVICE_UNAVAILABLE, "murald is stopping");
}

void
requests_abort(struct web *web)
{
	while (web->suspended)
		request_resume(web->suspended, reply_stopping);
}

/* ------------------------------------------------------------------ arriving */

struct header_counts {
	unsigned hosts, lengths, codings;
	bool bad_name, bad_value, unknown_coding, too_long;
};

/* Proxies differ in what they make of these. */
static bool
has_control(const char *value)
{
	for (; value && *value; value++)
		if (((uint8_t)*value < ' ' && *value != '\t') || *value == 0x7f)
			return true;
	return false;
}

static enum MHD_Result
count_header(void *arg, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct header_counts *counts = arg;

	(void)kind;
	counts->bad_name |= strchr(name, ' ') || has_control(name) || strchr(name, '\t');
	counts->bad_value |= has_control(value);
	if (strcasecmp(name, MHD_HTTP_HEADER_HOST) == 0)
		counts->hosts++;
	else if (strcasecmp(name, MHD_HTTP_HEADER_TRANSFER_ENCODING) == 0) {
		counts->codings++;
		counts->unknown_coding |= !value || strcasecmp(value, "chunked") != 0;
	} else if (strcasecmp(name, MHD_HTTP_HEADER_CONTENT_LENGTH) == 0) {
		counts->lengths++;
		/* with eight digits it is above BODY_DRAIN_MAX */
		counts->too_long |= value && strlen(value) > 7;
	}
	return MHD_YES;
}

/* Request smuggling: with two lengths or hosts, a proxy before us may have taken the
 * other one. */
static const char *
find_ambiguity(struct MHD_Connection *connection, unsigned *status)
{
	struct header_counts counts = { 0 };

	MHD_get_connection_values(connection, MHD_HEADER_KIND, count_header, &counts);
	*status = MHD_HTTP_BAD_REQUEST;
	if (counts.bad_name)
		return "a space or control character in the name of a header field";
	if (counts.bad_value)
		return "a control character in a header field";
	if (counts.hosts > 1)
		return "more than one Host";
	if (counts.lengths > 1)
		return "more than one Content-Length";
	if (counts.lengths > 0 && counts.codings > 0)
		return "both Content-Length and Transfer-Encoding";
	if (counts.codings > 1)
		return "more than one Transfer-Encoding";
	*status = MHD_HTTP_NOT_IMPLEMENTED;
	if (counts.unknown_coding)
		return "an unknown transfer coding; write chunked";
	*status = MHD_HTTP_CONTENT_TOO_LARGE;
	return counts.too_long ? "the body is too long" : NULL;
}

/* Collapses repeated slashes: generators join a base URL that ends in one with a path. */
static char *
copy_path(const char *url)
{
	char *path = malloc(strlen(url) + 1), *end = path;

	if (!path)
		return NULL;
	for (; *url; url++)
		if (*url != '/' || end == path || end[-1] != '/')
			*end++ = *url;
	*end = '\0';
	return path;
}

static enum MHD_Result
request_begin(struct web *web, struct MHD_Connection *connection, const char *url,
	const char *method, void **request)
{
	/* the short body need not be cleared */
	struct incoming_request *incoming = malloc(sizeof(*incoming));
	struct http_client *client = http_client_of(connection);
	char *path = copy_path(url);
	const char *why;
	unsigned status;

	if (!client || !incoming || !path || !http_client_forwarded(web, client)) {
		free(incoming);
		free(path);
		return MHD_NO;
	}
	memset(incoming, 0, offsetof(struct incoming_request, short_body));
	incoming->request.web = web;
	incoming->request.connection = connection;
	incoming->request.source = client->source;
	incoming->request.method = method;
	incoming->request.path = path;
	*request = incoming;
	client->request = &incoming->request;
	incoming->head_len = MHD_get_connection_info(
		connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE)
				     ->header_size;
	web->host->counts->received_bytes += incoming->head_len;
	why = find_ambiguity(connection, &status);
	if (!why)
		return MHD_YES;
	web_discard(web, MURAL_MALFORMED);
	return reply_and_close(&incoming->request, status, why);
}

/* Appends a piece of the body; beyond BODY_MAX bytes are only counted. */
static enum MHD_Result
request_append_body(struct incoming_request *incoming, const char *piece, size_t len)
{
	struct request *request = &incoming->request;
	size_t need = request->body_len + len + 1;

	incoming->received += len;
	request->web->host->counts->received_bytes += len;
	if (incoming->received > BODY_MAX)
		return incoming->received > BODY_DRAIN_MAX ? MHD_NO : MHD_YES;
	if (!request->body) {
		request->body = incoming->short_body;
		incoming->size = SHORT_BODY;
	}
	if (need > incoming->size) {
		bool is_short = request->body == incoming->short_body;
		char *body = realloc(is_short ? NULL : request->body, 2 * need);

		if (!body)
			return MHD_NO;
		if (is_short)
			memcpy(body, incoming->short_body, request->body_len);
		request->body = body;
		incoming->size = 2 * need;
		request_holds(request, HOLDING_BODIES, request, incoming->size);
	}
	memcpy(request->body + request->body_len, piece, len);
	request->body_len += len;
	request->body[request->body_len] = '\0';
	return MHD_YES;
}

enum MHD_Result
request_dispatch(struct request *request)
{
	const struct incoming_request *incoming = (struct incoming_request *)request;
	int ret;

	http_client_expect(request->web, request->connection, HTTP_CLIENT_READING);
	if (request->web->stopping)
		return reply_stopping(request);
	ret = http_client_consume(request->web, request->connection, 0,
		incoming->head_len + incoming->received);
	if (ret == -EACCES)
		return reply_and_close(
			request, MHD_HTTP_FORBIDDEN, "your network is not allowed");
	if (ret < 0)
		return reply_retry_after(request, 1);
	if (incoming->received > BODY_MAX) {
		web_discard(request->web, MURAL_MALFORMED);
		return reply_error(
			request, MHD_HTTP_CONTENT_TOO_LARGE, "the body is too long");
	}
	return router_dispatch(request);
}

static enum MHD_Result
request_answer(struct incoming_request *incoming)
{
	struct request *request = &incoming->request;
	struct turn *turn = &request->web->turn;
	answer_fn answer = incoming->on_resume;
	enum MHD_Result result;
	uint64_t start;

	if (request->suspended)
		return MHD_YES;
	if (!answer && !request->web->stopping && turn_is_full(turn))
		return turn_defer(request);
	incoming->on_resume = NULL;
	start = uv_hrtime();
	result = answer ? answer(request) : request_dispatch(request);
	if (!request->deferred)
		turn_count(turn, uv_hrtime() - start);
	return result;
}

enum MHD_Result
request_handle(void *arg, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *upload, size_t *upload_len,
	void **request)
{
	size_t len = *upload_len;

	(void)version;
	if (!*request)
		return request_begin(arg, connection, url, method, request);
	if (len == 0) {
		enum MHD_Result result = request_answer(*request);

		/* what it painted, discarded and received, at once */
		mural_publish(((struct web *)arg)->host);
		return result;
	}
	*upload_len = 0;
	return request_append_body(*request, upload, len);
}

void
request_completed(void *arg, struct MHD_Connection *connection, void **context,
	enum MHD_RequestTerminationCode why)
{
	struct incoming_request *incoming = *context;
	struct web *web = arg;

	(void)why;
	*context = NULL;
	if (!incoming)
		return;
	struct request *request = &incoming->request;

	unlink_suspended(request);
	if (request->on_completed)
		request->on_completed(request);
	json_decref(request->json);
	if (request->body != incoming->short_body)
		free(request->body);
	free((char *)request->path);
	free(incoming);
	http_client_done(web, connection);
}
