/* SPDX-License-Identifier: MIT */
/* Writes the addresses of servers for their clients. */
#include "common/server-options.h"

#include <stdio.h>
#include <string.h>

#include "lib/address.h"

bool
host_part_format(const char *listen, const char *address, char *text, size_t len)
{
	bool six = strchr(address, ':');
	struct address_parts parts;

	if (address_unix_path(listen))
		return false;
	address_split(listen, strlen(listen), &parts);
	if (strncmp(parts.host, "::", parts.host_len) == 0 ||
		(!six && strncmp(parts.host, "0.0.0.0", parts.host_len) == 0)) {
		snprintf(text, len, six ? "[%s]" : "%s", address);
		return true;
	}
	snprintf(text, len, parts.bracketed ? "[%.*s]" : "%.*s", (int)parts.host_len,
		parts.host);
	return six == parts.bracketed;
}
