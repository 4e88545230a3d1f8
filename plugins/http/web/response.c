/* SPDX-License-Identifier: MIT */
/* Builds HTTP responses and queues them for requests. */
#include "http/web/request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/web/client.h"
#include "http/web/holdings.h"
#include "http/web/origin.h"

struct MHD_Response *
response_with(struct MHD_Response *response, const char *name, const char *value)
{
	if (response && MHD_add_response_header(response, name, value) == MHD_NO) {
		MHD_destroy_response(response);
		return NULL;
	}
	return response;
}

struct MHD_Response *
response_prepare(struct MHD_Response *response, const char *type)
{
	response = response_with(response, "X-Content-Type-Options", "nosniff");
	return type ? response_with(response, MHD_HTTP_HEADER_CONTENT_TYPE, type)
		    : response;
}

struct MHD_Response *
response_new(void *bytes, size_t len, enum MHD_ResponseMemoryMode mode, const char *type)
{
	struct MHD_Response *response =
		bytes ? MHD_create_response_from_buffer(len, bytes, mode) : NULL;

	if (!response && mode == MHD_RESPMEM_MUST_FREE)
		free(bytes);
	return response_prepare(response, type);
}

static struct MHD_Response *
json_response(json_t *value, size_t *len)
{
	char *text = value ? json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS) : NULL;

	json_decref(value);
	*len = text ? strlen(text) + 1 : 0;
	if (text)
		text[*len - 1] = '\n'; /* instead of the NUL */
	return response_new(text, *len, MHD_RESPMEM_MUST_FREE, "application/json");
}

struct MHD_Response *
error_response(const char *text)
{
	size_t len;

	return json_response(json_pack("{sssb}", "error", text, "success", 0), &len);
}

/* ------------------------------------------------------------------ replying */

#define ALLOW_ORIGIN "Access-Control-Allow-Origin"
#define EXPOSE_HEADERS "Access-Control-Expose-Headers"
#define EXPOSED "ETag, Retry-After"

/* Lets any page read it, and all that share it. */
static void
allow_everybody(struct MHD_Response *response)
{
	if (MHD_get_response_header(response, ALLOW_ORIGIN))
		return;
	(void)MHD_add_response_header(response, ALLOW_ORIGIN, "*");
	(void)MHD_add_response_header(response, EXPOSE_HEADERS, EXPOSED);
}

enum MHD_Result
reply_shared(struct request *request, unsigned status, struct MHD_Response *response)
{
	if (!response)
		return reply_no_memory(request);
	if (request_is_public(request))
		allow_everybody(response);
	return MHD_queue_response(request->connection, status, response);
}

void
response_release(struct MHD_Response **response)
{
	if (*response)
		MHD_destroy_response(*response);
	*response = NULL;
}

/* Lets a page of a listed site read it, where the route does not let every page. */
static struct MHD_Response *
allow_origin(const struct request *request, struct MHD_Response *response)
{
	const char *origin = request_listed_origin(request);

	if (!response || !origin || MHD_get_response_header(response, ALLOW_ORIGIN))
		return response;
	response = response_with(response, ALLOW_ORIGIN, origin);
	response = response_with(response, EXPOSE_HEADERS, EXPOSED);
	return response_with(response, "Vary", "Origin");
}

enum MHD_Result
reply_send(struct request *request, unsigned status, struct MHD_Response *response)
{
	enum MHD_Result result;

	if (status == MHD_HTTP_SWITCHING_PROTOCOLS)
		http_client_upgraded(request->connection);
	response = allow_origin(request, response);
	result = reply_shared(request, status, response);
	if (response)
		MHD_destroy_response(response);
	return result;
}

enum MHD_Result
reply_shared_bytes(struct request *request, struct MHD_Response *response,
	const char *type, const void *bytes, size_t len)
{
	struct MHD_Response *copy;
	const char *tag;

	if (!response || !request_listed_origin(request))
		return reply_shared(request, MHD_HTTP_OK, response);
	copy = response_copy(bytes, len, type);
	tag = MHD_get_response_header(response, MHD_HTTP_HEADER_ETAG);
	if (tag)
		copy = response_with(copy, MHD_HTTP_HEADER_ETAG, tag);
	return reply_send(request, MHD_HTTP_OK, copy);
}

/* Without memory for an error message the connection is closed. */
static enum MHD_Result
send_or_close(struct request *request, unsigned status, struct MHD_Response *response)
{
	return response ? reply_send(request, status, response) : MHD_NO;
}

enum MHD_Result
reply_json(struct request *request, unsigned status, json_t *value)
{
	size_t len;
	struct MHD_Response *response = json_response(value, &len);

	request_holds(request, HOLDING_ANSWERS, request, len);
	return reply_send(request, status, response);
}

enum MHD_Result
reply_error(struct request *request, unsigned status, const char *text)
{
	return send_or_close(request, status, error_response(text));
}

enum MHD_Result
reply_no_memory(struct request *request)
{
	return reply_error(
		request, MHD_HTTP_SERVICE_UNAVAILABLE, "murald is out of memory");
}

enum MHD_Result
reply_retry_after(struct request *request, unsigned seconds)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", seconds);
	return reply_send(request, MHD_HTTP_TOO_MANY_REQUESTS,
		response_with(error_response("429 Too Many Requests"),
			MHD_HTTP_HEADER_RETRY_AFTER, text));
}

enum MHD_Result
reply_and_close(struct request *request, unsigned status, const char *text)
{
	return send_or_close(request, status,
		response_with(error_response(text), MHD_HTTP_HEADER_CONNECTION, "close"));
}

enum MHD_Result
reply_not_modified(struct request *request, const char *etag)
{
	return reply_send(request, MHD_HTTP_NOT_MODIFIED,
		response_with(response_empty(), MHD_HTTP_HEADER_ETAG, etag));
}
