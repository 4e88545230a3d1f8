/* SPDX-License-Identifier: MIT */
/* Reads options that plugins with a server share: credential files and listen addresses.
 */
#include "common/server-options.h"

#include <stdlib.h>
#include <string.h>

#include "lib/address.h"

FILE *
credential_open(const char *path)
{
	const char *credentials = getenv("CREDENTIALS_DIRECTORY");
	char inside[4096];
	FILE *file = NULL;

	if (*path != '/' && credentials &&
		snprintf(inside, sizeof(inside), "%s/%s", credentials, path) <
			(int)sizeof(inside))
		file = fopen(inside, "re");
	return file ? file : fopen(path, "re");
}

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
