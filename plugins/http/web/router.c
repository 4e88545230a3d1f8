/* SPDX-License-Identifier: MIT */
/* Finds the route that answers a request. */
#include <stdio.h>
#include <string.h>

#include "http/web/origin.h"
#include "http/web/web.h"
#include "lib/macros.h"

static bool
route_matches(const struct route *route, const char *path)
{
	return route->prefix ? strncmp(path, route->path, strlen(route->path)) == 0
			     : strcmp(path, route->path) == 0;
}

/* The methods of a path, in the order that Allow lists them. */
enum {
	METHOD_DELETE = 1,
	METHOD_GET = 2,
	METHOD_HEAD = 4,
	METHOD_OPTIONS = 8,
	METHOD_POST = 16,
	METHOD_PUT = 32,
};

static const struct {
	const char *name;
	unsigned bit;
} methods[] = {
	{ MHD_HTTP_METHOD_DELETE, METHOD_DELETE },
	{ MHD_HTTP_METHOD_GET, METHOD_GET },
	{ MHD_HTTP_METHOD_HEAD, METHOD_HEAD },
	{ MHD_HTTP_METHOD_OPTIONS, METHOD_OPTIONS },
	{ MHD_HTTP_METHOD_POST, METHOD_POST },
	{ MHD_HTTP_METHOD_PUT, METHOD_PUT },
};

#define N_METHODS ARRAY_LEN(methods)

static unsigned
method_bit(const char *name)
{
	for (size_t i = 0; i < N_METHODS; i++)
		if (strcmp(methods[i].name, name) == 0)
			return methods[i].bit;
	return 0;
}

/* What a page of another site may send. */
static struct MHD_Response *
allow_preflight(struct MHD_Response *response, const char *allowed)
{
	response = response_with(response, "Access-Control-Allow-Methods", allowed);
	response = response_with(
		response, "Access-Control-Allow-Headers", "Content-Type, If-None-Match");
	return response_with(response, "Access-Control-Max-Age", "600");
}

static enum MHD_Result
reply_allow(struct request *request, unsigned status, unsigned allowed)
{
	struct MHD_Response *response;
	char text[64] = "";
	size_t len = 0;

	if (allowed & METHOD_GET)
		allowed |= METHOD_HEAD;
	allowed |= METHOD_OPTIONS;
	for (size_t i = 0; i < N_METHODS; i++)
		if (allowed & methods[i].bit)
			len += snprintf(text + len, sizeof(text) - len, "%s%s",
				len > 0 ? ", " : "", methods[i].name);
	response = response_with(status == MHD_HTTP_OK
					 ? response_empty()
					 : error_response("405 Method Not Allowed"),
		MHD_HTTP_HEADER_ALLOW, text);
	if (status == MHD_HTTP_OK && request_listed_origin(request))
		response = allow_preflight(response, text);
	else if (status == MHD_HTTP_OK && allowed & METHOD_GET &&
		 request_path_is_public(request))
		response = allow_preflight(
			response_with(response, "Access-Control-Allow-Origin", "*"),
			"GET, HEAD");
	return reply_send(request, status, response);
}

enum MHD_Result
router_dispatch(struct request *request)
{
	unsigned wanted = method_bit(request->method), allowed = 0;

	if (wanted == METHOD_HEAD)
		wanted = METHOD_GET; /* libmicrohttpd leaves the body out */
	for (const struct route_table *table = request->web->tables; table->routes;
		table++)
		for (const struct route *route = table->routes; route->method; route++) {
			unsigned bit = method_bit(route->method);

			if (!route_matches(route, request->path))
				continue;
			if (bit & wanted) {
				request->subject = table->subject;
				return route->answer(request);
			}
			allowed |= bit;
		}
	if (!allowed)
		return request->web->answer_missing(request);
	if (wanted == METHOD_OPTIONS)
		return reply_allow(request, MHD_HTTP_OK, allowed);
	return reply_allow(request, MHD_HTTP_METHOD_NOT_ALLOWED, allowed);
}
