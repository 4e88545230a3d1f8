/* SPDX-License-Identifier: MIT */
/* Reads the Host field. */
#include "http/web/reached.h"

#include <stdio.h>
#include <string.h>

#include "http/web/web.h"
#include "lib/address.h"

static bool
is_shell_safe(const char *text)
{
	return *text &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "0123456789.-:[]") == strlen(text);
}

bool
reached_host(const struct request *request, char host[REACHED_HOST_MAX])
{
	const char *field = request_header(request, MHD_HTTP_HEADER_HOST);
	struct address_parts parts;

	if (!field || !is_shell_safe(field))
		return false;
	address_split(field, strlen(field), &parts);
	/* a command must not take it for an option */
	if (parts.host_len == 0 || parts.host_len >= REACHED_HOST_MAX ||
		*parts.host == '-' || *field == '-')
		return false;
	memcpy(host, parts.host, parts.host_len);
	host[parts.host_len] = '\0';
	return true;
}

void
reached_public(const struct request *request, char base[REACHED_BASE_MAX])
{
	const char *url = mural_public_url(request->web->host);
	size_t len = url ? strlen(url) : 0;

	*base = '\0';
	if (url)
		snprintf(base, REACHED_BASE_MAX, "%.*s",
			(int)(len - (url[len - 1] == '/')), url);
}

void
reached_base(const struct request *request, char base[REACHED_BASE_MAX])
{
	char host[REACHED_HOST_MAX];

	reached_public(request, base);
	if (!*base && reached_host(request, host))
		snprintf(base, REACHED_BASE_MAX, "http://%s",
			request_header(request, MHD_HTTP_HEADER_HOST));
}
