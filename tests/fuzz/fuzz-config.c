/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes the reader of config files: whatever has no errors is printed as --print-config
 * does, and must give the same values when it is read again.
 *
 * With libFuzzer: configure with --enable-fuzz CC=clang, make fuzz.
 * tests/unit/config/test-file runs the same function on what that found.
 */
#include "fuzz/fuzz.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "config/config.h"

/* The values that a file sets, as text, and its number of errors. */
static char *
read_config(const void *bytes, size_t len, unsigned *errors)
{
	int fd = memfd_create("murald.conf", MFD_CLOEXEC);
	char path[40], *argv[] = { "murald", "-c", path, NULL };
	struct config config = { 0 };
	char *printed;
	size_t printed_len;
	FILE *out = open_memstream(&printed, &printed_len);

	assert(fd >= 0 && out);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	assert(write(fd, bytes, len) == (ssize_t)len);
	assert(config_load(&config, 3, argv) == -1);
	*errors = config.errors;
	config_print(&config, out);
	fclose(out);
	config_finish(&config);
	close(fd);
	return printed;
}

/* Removes the comments, which tell the origin of values. */
static void
cut_comments(char *text)
{
	for (char *from = text, *to = text; *from;) {
		char *end = strchr(from, '\n'), *comment = NULL;

		for (char *next = from; (next = strstr(next, "  ; ")) && next < end;
			next++)
			comment = next;
		memmove(to, from, (comment ? comment : end) - from);
		to += (comment ? comment : end) - from;
		*to++ = '\n';
		from = end + 1;
		if (!*from)
			*to = '\0';
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	unsigned errors, again;
	char *printed = read_config(data, len, &errors);
	char *reprinted = read_config(printed, strlen(printed), &again);

	cut_comments(printed);
	cut_comments(reprinted);
	if (errors == 0) {
		assert(again == 0);
		assert(strcmp(printed, reprinted) == 0);
	}
	free(printed);
	free(reprinted);
	return 0;
}
