/* SPDX-License-Identifier: MIT */
/* Host parts of URLs. */
#include "common/host-part.h"

#include <stdio.h>
#include <string.h>

bool
host_part_format(const char *listen, const char *address, char *text, size_t len)
{
	bool six = strchr(address, ':');
	size_t given = strcspn(listen, "]");

	if (strncmp(listen, "unix:", 5) == 0)
		return false;
	given = listen[given] ? given + 1 : strcspn(listen, ":");
	if (strncmp(listen, "[::]", given) == 0 ||
		(!six && strncmp(listen, "0.0.0.0", given) == 0)) {
		snprintf(text, len, six ? "[%s]" : "%s", address);
		return true;
	}
	snprintf(text, len, "%.*s", (int)given, listen);
	return six == (*listen == '[');
}
