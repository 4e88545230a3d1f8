/* SPDX-License-Identifier: MIT */
/* Whether a text is an address: HOST:PORT, [V6]:PORT or unix:PATH. */
#include "config/option.h"

#include <string.h>
#include <sys/un.h>

#include "config/option-private.h"
#include "lib/address.h"
#include "lib/digits.h"

#define HOST_MAX 255

static bool
is_host_name(const char *host, size_t len)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789.-_";

	return strspn(host, allowed) >= len;
}

int
option_check_address(const char *text, char *why, size_t len)
{
	struct sockaddr_un un;
	const char *path = address_unix_path(text), *end;
	struct address_parts parts;
	uint64_t port;

	if (path) {
		if (*path == '\0' || strlen(path) >= sizeof(un.sun_path))
			return error_set(why, len,
				"is no address; write a path of 1 to %zu bytes "
				"after unix:",
				sizeof(un.sun_path) - 1);
		return 0;
	}
	address_split(text, strlen(text), &parts);
	if (!parts.port || parts.host_len > HOST_MAX ||
		(parts.host_len == 0 && !parts.bracketed))
		return error_set(why, len,
			"is no address; write HOST:PORT, [V6]:PORT or unix:PATH, such as "
			"[::]:1234");
	end = digits_read(parts.port, UINT16_MAX, &port);
	if (!end || *end)
		return error_set(
			why, len, "must end in : and a port, a number from 0 to 65535");
	if (parts.bracketed) {
		if (!address_is_v6(parts.host, parts.host_len))
			return error_set(why, len,
				"has no IPv6 address in its brackets; write one, such as "
				"[::1]:%u",
				(unsigned)port);
		return 0;
	}
	if (memchr(parts.host, ':', parts.host_len))
		return error_set(why, len,
			"is not clear; write an IPv6 address in brackets, such as "
			"[::1]:%u",
			(unsigned)port);
	if (!is_host_name(parts.host, parts.host_len))
		return error_set(why, len, "has no host name or address before the port");
	return 0;
}
