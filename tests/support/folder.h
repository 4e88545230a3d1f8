/* SPDX-License-Identifier: MIT */
/* A temporary folder for a program of unit tests to work in, and files in it. */
#pragma once

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support/unit.h"

static char temporary_folder[] = "/tmp/murald-unit-XXXXXX";

/* For UNIT_TESTS(): makes the folder and changes to it, and removes it. */
static inline int
enter_folder(__attribute__((unused)) void **state)
{
	return mkdtemp(temporary_folder) && chdir(temporary_folder) == 0 ? 0 : -1;
}

static inline int
leave_folder(__attribute__((unused)) void **state)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf '%s'", temporary_folder);
	return chdir("/") == 0 && system(command) == 0 ? 0 : -1;
}

static inline void
write_bytes(const char *path, const void *bytes, size_t len)
{
	FILE *file = fopen(path, "wb");

	if (!file || fwrite(bytes, 1, len, file) != len || fclose(file) != 0)
		fail_msg("cannot write %s", path);
}

static inline void
write_file(const char *path, const char *text)
{
	write_bytes(path, text, strlen(text));
}
