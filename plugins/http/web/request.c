/* SPDX-License-Identifier: MIT */
/* Requests: from libmicrohttpd's pieces to a whole one, and its end. */
#include "http/web/request.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "http/http.h"
#include "http/web/client.h"

/* So much of a body that is too long is listened to, so that the answer is heard. */
#define PATIENCE_BYTES (1024 * 1024)

/* Most bodies fit here and cost no memory of their own. */
#define SHORT_BODY 256

/* A body may nest so deep; nothing here nests more than once. */
#define JSON_FLAGS JSON_REJECT_DUPLICATES

struct arrival {
	struct request request; /* first: a request is an arrival */
	answer_fn answer;       /* of one that was parked */
	uint64_t came;          /* bytes of the body, kept or not */
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

/* Whether the tag of `len` bytes is `etag`, with its quotes or without. */
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
		request->json =
			json_loadb(request->body, request->body_len, JSON_FLAGS, NULL);
	if (json_is_object(request->json))
		return request->json;
	*why = "malformed JSON";
	return NULL;
}

/* ------------------------------------------------------------------- parking */

static void
unlink_parked(struct request *request)
{
	if (!request->parked)
		return;
	request->parked = false;
	*request->link = request->next;
	if (request->next)
		request->next->link = request->link;
}

enum MHD_Result
request_park(struct request *request)
{
	struct http *http = request->http;

	request->parked = true;
	request->next = http->parked;
	request->link = &http->parked;
	if (request->next)
		request->next->link = &request->next;
	http->parked = request;
	visitor_expect(http, request->connection, VISITOR_WAITS);
	MHD_suspend_connection(request->connection);
	return MHD_YES;
}

void
request_unpark(struct request *request, answer_fn answer)
{
	unlink_parked(request);
	((struct arrival *)request)->answer = answer;
	visitor_expect(request->http, request->connection, VISITOR_READS);
	MHD_resume_connection(request->connection);
	webserver_wake(&request->http->server);
}

static enum MHD_Result
dismiss(struct request *request)
{
	return reply_error(request, MHD_HTTP_SERVICE_UNAVAILABLE, "murald is stopping");
}

void
requests_dismiss(struct http *http)
{
	while (http->parked)
		request_unpark(http->parked, dismiss);
}

/* ------------------------------------------------------------------ arriving */

struct fields {
	unsigned hosts, lengths, codings;
	bool bad_name, too_long;
};

static enum MHD_Result
count_field(void *arg, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct fields *fields = arg;

	(void)kind;
	fields->bad_name |= name[strcspn(name, " \t")] != '\0';
	if (strcasecmp(name, MHD_HTTP_HEADER_HOST) == 0)
		fields->hosts++;
	else if (strcasecmp(name, MHD_HTTP_HEADER_TRANSFER_ENCODING) == 0)
		fields->codings++;
	else if (strcasecmp(name, MHD_HTTP_HEADER_CONTENT_LENGTH) == 0) {
		fields->lengths++;
		/* seven digits are too many for PATIENCE_BYTES, whatever they are */
		fields->too_long |= value && strlen(value) > 7;
	}
	return MHD_YES;
}

/* What HTTP leaves doubtful: who answers one of two lengths or hosts may disagree with
 * the proxy before it. */
static const char *
doubt(struct MHD_Connection *connection, unsigned *status)
{
	struct fields fields = { 0 };

	MHD_get_connection_values(connection, MHD_HEADER_KIND, count_field, &fields);
	*status = MHD_HTTP_BAD_REQUEST;
	if (fields.bad_name)
		return "a blank in the name of a header field";
	if (fields.hosts > 1)
		return "more than one Host";
	if (fields.lengths > 1)
		return "more than one Content-Length";
	if (fields.lengths > 0 && fields.codings > 0)
		return "both Content-Length and Transfer-Encoding";
	if (fields.codings > 1)
		return "more than one Transfer-Encoding";
	*status = MHD_HTTP_CONTENT_TOO_LARGE;
	return fields.too_long ? "the body is too long" : NULL;
}

/* Repeated slashes are one: generators join a base that ends in one with a path. */
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
begin(struct http *http, struct MHD_Connection *connection, const char *url,
	const char *method, void **request)
{
	/* not calloc(): the short body need not be cleared */
	struct arrival *arrival = malloc(sizeof(*arrival));
	char *path = copy_path(url);
	const char *why;
	unsigned status;

	if (!arrival || !path) {
		free(arrival);
		free(path);
		return MHD_NO;
	}
	memset(arrival, 0, offsetof(struct arrival, short_body));
	arrival->request.http = http;
	arrival->request.connection = connection;
	arrival->request.method = method;
	arrival->request.path = path;
	*request = arrival;
	arrival->head_len = MHD_get_connection_info(
		connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE)
				    ->header_size;
	http->host->counts.received_bytes += arrival->head_len;
	why = doubt(connection, &status);
	if (!why)
		return MHD_YES;
	http_discard(http, MURAL_MALFORMED);
	return reply_last(&arrival->request, status, why);
}

/* Keeps a piece of the body; what is beyond BODY_MAX is only counted. */
static enum MHD_Result
collect(struct arrival *arrival, const char *piece, size_t len)
{
	struct request *request = &arrival->request;
	size_t need = request->body_len + len + 1;

	arrival->came += len;
	request->http->host->counts.received_bytes += len;
	if (arrival->came > BODY_MAX)
		return arrival->came > PATIENCE_BYTES ? MHD_NO : MHD_YES;
	if (!request->body) {
		request->body = arrival->short_body;
		arrival->size = SHORT_BODY;
	}
	if (need > arrival->size) {
		bool is_short = request->body == arrival->short_body;
		char *body = realloc(is_short ? NULL : request->body, 2 * need);

		if (!body)
			return MHD_NO;
		if (is_short)
			memcpy(body, arrival->short_body, request->body_len);
		request->body = body;
		arrival->size = 2 * need;
	}
	memcpy(request->body + request->body_len, piece, len);
	request->body_len += len;
	request->body[request->body_len] = '\0';
	return MHD_YES;
}

static enum MHD_Result
answer(struct arrival *arrival)
{
	struct request *request = &arrival->request;
	answer_fn later = arrival->answer;
	int ret;

	if (request->parked)
		return MHD_YES;
	arrival->answer = NULL;
	if (later)
		return later(request);
	visitor_expect(request->http, request->connection, VISITOR_READS);
	if (request->http->stopping)
		return dismiss(request);
	ret = visitor_charge(
		request->http, request->connection, 0, arrival->head_len + arrival->came);
	if (ret == -EACCES)
		return reply_last(
			request, MHD_HTTP_FORBIDDEN, "your network may not come here");
	if (ret < 0) /* the source had its bytes of this second */
		return reply_wait(request, 1);
	if (arrival->came > BODY_MAX) {
		http_discard(request->http, MURAL_MALFORMED);
		return reply_error(
			request, MHD_HTTP_CONTENT_TOO_LARGE, "the body is too long");
	}
	return route_request(request);
}

enum MHD_Result
request_arrived(void *arg, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *upload, size_t *upload_len,
	void **request)
{
	size_t len = *upload_len;

	(void)version;
	if (!*request)
		return begin(arg, connection, url, method, request);
	if (len == 0)
		return answer(*request);
	*upload_len = 0;
	return collect(*request, upload, len);
}

void
request_over(void *arg, struct MHD_Connection *connection, void **context,
	enum MHD_RequestTerminationCode why)
{
	struct arrival *arrival = *context;
	struct http *http = arg;

	(void)why;
	*context = NULL;
	if (!arrival)
		return;
	struct request *request = &arrival->request;

	unlink_parked(request);
	if (request->on_over)
		request->on_over(request);
	json_decref(request->json);
	if (request->body != arrival->short_body)
		free(request->body);
	free((char *)request->path);
	free(arrival);
	visitor_expect(http, connection, VISITOR_ASKS);
	mural_publish(http->host);
}
