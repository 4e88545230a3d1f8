/* SPDX-License-Identifier: MIT */
/* Whether a text is an address: HOST:PORT, [V6]:PORT or unix:PATH. */
#include "config/option.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/un.h>

#include "config/option-private.h"

static bool
is_host_name(const char *host)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789.-_";

	return *host && host[strspn(host, allowed)] == '\0';
}

/* What stands in brackets: an IPv6 address, perhaps with %INTERFACE. */
static bool
is_ipv6(const char *host)
{
	char address[INET6_ADDRSTRLEN];
	struct in6_addr in6;
	size_t len = strcspn(host, "%");

	if (len >= sizeof(address) || (host[len] == '%' && host[len + 1] == '\0'))
		return false;
	memcpy(address, host, len);
	address[len] = '\0';
	return inet_pton(AF_INET6, address, &in6) == 1;
}

int
option_check_address(const char *text, char *why, size_t len)
{
	struct sockaddr_un un;
	const char *colon = strrchr(text, ':'), *end;
	char host[256];
	size_t host_len = colon ? (size_t)(colon - text) : 0;
	uint64_t port;

	if (strncmp(text, "unix:", 5) == 0) {
		if (text[5] == '\0' || strlen(text + 5) >= sizeof(un.sun_path))
			return error_set(why, len,
				"is no address; write a path of 1 to %zu bytes "
				"after unix:",
				sizeof(un.sun_path) - 1);
		return 0;
	}
	if (host_len == 0 || host_len >= sizeof(host))
		return error_set(why, len,
			"is no address; write HOST:PORT, [V6]:PORT or unix:PATH, such as "
			"[::]:1234");
	end = digits_read(colon + 1, &port);
	if (!end || *end || port > 65535)
		return error_set(
			why, len, "must end in : and a port, a number from 0 to 65535");
	memcpy(host, text, host_len);
	host[host_len] = '\0';
	if (host[0] == '[' && host[host_len - 1] == ']') {
		host[host_len - 1] = '\0';
		if (!is_ipv6(host + 1))
			return error_set(why, len,
				"has no IPv6 address in its brackets; write one, such as "
				"[::1]:%u",
				(unsigned)port);
		return 0;
	}
	if (strchr(host, ':'))
		return error_set(why, len,
			"is not clear; write an IPv6 address in brackets, such as "
			"[::1]:%u",
			(unsigned)port);
	if (!is_host_name(host))
		return error_set(why, len, "has no host name or address before the port");
	return 0;
}
