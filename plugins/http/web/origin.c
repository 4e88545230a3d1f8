/* SPDX-License-Identifier: MIT */
/* Tells requests that a page of another site made a browser send. */
#include "http/web/origin.h"

#include <string.h>
#include <strings.h>

#include "http/web/web.h"
#include "lib/macros.h"

/* What follows the scheme; NULL: it is none of ours, such as `null`. */
static const char *
host_of(const char *origin)
{
	static const char *const schemes[] = { "http://", "https://" };

	for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
		if (strncasecmp(origin, schemes[i], strlen(schemes[i])) == 0)
			return origin + strlen(schemes[i]);
	return NULL;
}

static bool
is_listed(const char *origins, const char *origin)
{
	size_t wanted = strlen(origin);

	while (*origins) {
		size_t len = strcspn(origins, " ");

		if (len > 0 && len == wanted && strncasecmp(origins, origin, len) == 0)
			return true;
		origins += len + (origins[len] == ' ');
	}
	return false;
}

static bool
is_same_host(const char *origin, const char *host)
{
	const char *name = host_of(origin);

	return name && host && strcasecmp(name, host) == 0;
}

static bool
is_json(const char *type)
{
	static const char json[] = "application/json";

	return type && strncasecmp(type, json, sizeof(json) - 1) == 0 &&
	       strchr(" ;", type[sizeof(json) - 1]);
}

bool
request_is_cross_site(const struct request *request, const char *origins, bool needs_json)
{
	const char *origin = request_header(request, "Origin");
	const char *site = request_header(request, "Sec-Fetch-Site");

	if (origin && is_listed(origins, origin))
		return false;
	if (site)
		return strcasecmp(site, "same-origin") != 0 &&
		       strcasecmp(site, "none") != 0;
	if (origin)
		return !is_same_host(origin, request_header(request, "Host"));
	return needs_json && !is_json(request_header(request, "Content-Type"));
}

static bool
begins_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool
request_path_is_public(const struct request *request)
{
	return request->web->public_reads && !begins_with(request->path, "/admin") &&
	       !begins_with(request->path, "/socket.io/") &&
	       !begins_with(request->path, "/metrics");
}

bool
request_is_public(const struct request *request)
{
	return (strcmp(request->method, MHD_HTTP_METHOD_GET) == 0 ||
		       strcmp(request->method, MHD_HTTP_METHOD_HEAD) == 0) &&
	       request_path_is_public(request);
}

const char *
request_listed_origin(const struct request *request)
{
	const char *origins = request->web->origins;
	const char *origin =
		origins && *origins ? request_header(request, "Origin") : NULL;

	return origin && is_listed(origins, origin) && !request_is_public(request)
		       ? origin
		       : NULL;
}

bool
origins_are_valid(const char *origins)
{
	while (*origins) {
		size_t len = strcspn(origins, " ");
		const char *host = len > 0 ? host_of(origins) : NULL;

		if (len > 0 && (!host || strcspn(host, " /?#") == 0 ||
				       host + strcspn(host, " /?#") != origins + len))
			return false;
		origins += len + (origins[len] == ' ');
	}
	return true;
}
