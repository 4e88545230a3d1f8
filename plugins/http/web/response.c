/* SPDX-License-Identifier: MIT */
/* Answers. */
#include "http/web/request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/web/client.h"

#define JSON_TYPE "application/json"

enum MHD_Result
reply_prepare(struct MHD_Response *response, const char *type)
{
	if (type && MHD_add_response_header(
			    response, MHD_HTTP_HEADER_CONTENT_TYPE, type) == MHD_NO)
		return MHD_NO;
	return MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
}

enum MHD_Result
reply_shared(struct request *request, unsigned status, struct MHD_Response *response)
{
	if (!response)
		return reply_error(request, MHD_HTTP_SERVICE_UNAVAILABLE,
			"murald is short of memory");
	return MHD_queue_response(request->connection, status, response);
}

enum MHD_Result
reply_send(struct request *request, unsigned status, struct MHD_Response *response)
{
	enum MHD_Result result;

	if (!response)
		return reply_error(request, MHD_HTTP_SERVICE_UNAVAILABLE,
			"murald is short of memory");
	(void)reply_prepare(response, NULL);
	if (status == MHD_HTTP_SWITCHING_PROTOCOLS)
		http_client_upgraded(request->connection);
	result = MHD_queue_response(request->connection, status, response);
	MHD_destroy_response(response);
	return result;
}

enum MHD_Result
reply_bytes(struct request *request, unsigned status, const char *type, const void *bytes,
	size_t len)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(
		len, (void *)bytes, MHD_RESPMEM_MUST_COPY);

	if (response && type)
		(void)MHD_add_response_header(
			response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	return reply_send(request, status, response);
}

static struct MHD_Response *
json_response(json_t *value)
{
	char *text = value ? json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
	struct MHD_Response *response = NULL;
	size_t len;

	json_decref(value);
	if (!text)
		return NULL;
	len = strlen(text);
	text[len] = '\n'; /* in the place of its NUL, which nobody needs */
	response = MHD_create_response_from_buffer(len + 1, text, MHD_RESPMEM_MUST_FREE);
	if (!response)
		free(text);
	else
		(void)MHD_add_response_header(
			response, MHD_HTTP_HEADER_CONTENT_TYPE, JSON_TYPE);
	return response;
}

enum MHD_Result
reply_json(struct request *request, unsigned status, json_t *value)
{
	return reply_send(request, status, json_response(value));
}

struct MHD_Response *
error_response(const char *text)
{
	return json_response(json_pack("{sssb}", "error", text, "success", 0));
}

/* Nothing is left to say it with. */
static enum MHD_Result
reply_or_close(struct request *request, unsigned status, struct MHD_Response *response)
{
	return response ? reply_send(request, status, response) : MHD_NO;
}

enum MHD_Result
reply_error(struct request *request, unsigned status, const char *text)
{
	return reply_or_close(request, status, error_response(text));
}

enum MHD_Result
reply_retry_after(struct request *request, unsigned seconds)
{
	struct MHD_Response *response = error_response("429 Too Many Requests");
	char text[16];

	snprintf(text, sizeof(text), "%u", seconds);
	if (response)
		(void)MHD_add_response_header(
			response, MHD_HTTP_HEADER_RETRY_AFTER, text);
	return reply_send(request, MHD_HTTP_TOO_MANY_REQUESTS, response);
}

enum MHD_Result
reply_and_close(struct request *request, unsigned status, const char *text)
{
	struct MHD_Response *response = error_response(text);

	if (response)
		(void)MHD_add_response_header(
			response, MHD_HTTP_HEADER_CONNECTION, "close");
	return reply_or_close(request, status, response);
}

enum MHD_Result
reply_not_modified(struct request *request, const char *etag)
{
	struct MHD_Response *response =
		MHD_create_response_from_buffer(0, "", MHD_RESPMEM_PERSISTENT);

	if (response)
		(void)MHD_add_response_header(response, MHD_HTTP_HEADER_ETAG, etag);
	return reply_send(request, MHD_HTTP_NOT_MODIFIED, response);
}
