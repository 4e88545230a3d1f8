/* SPDX-License-Identifier: MIT */
/* Configs with sections of the plugins that the build made for these tests, good and bad.
 */
#pragma once

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support/config-run.h"
#include "support/folder.h"

static char folder[2048];             /* of the plugins that the build made */
static char path_setting[2048 + 100]; /* "server.plugin-path=...", for -s */
static char here[2048];               /* the test's own folder */

static inline struct run *
load_config(const char *text)
{
	write_file("t.conf", text);
	return run_plugins("-c", "t.conf", "-s", path_setting, NULL);
}

static inline struct run *
load_good_config(const char *text)
{
	struct run *run = load_config(text);

	assert_string_equal(run->err, "");
	assert_int_equal(run->config.errors, 0);
	return run;
}

/* Expects exactly these lines; % in them stands for the plugins' folder. */
static inline void
expect_complaints(const char *text, unsigned errors, const char *complaints)
{
	struct run *run = load_config(text);
	char wanted[16384];
	size_t used = 0;

	for (const char *p = complaints; *p; p++)
		if (*p == '%')
			used += snprintf(
				wanted + used, sizeof(wanted) - used, "%s", folder);
		else
			wanted[used++] = *p;
	wanted[used] = '\0';
	assert_string_equal(run->err, wanted);
	assert_int_equal(run->config.errors, errors);
	run_free(run);
}

static inline int
set_up(void **state)
{
	const char *build = getenv("top_builddir");
	char relative[4096], real[4096];

	snprintf(relative, sizeof(relative), "%s/tests/unit/plugin/.libs",
		build ? build : ".");
	if (!realpath(relative, real) || strlen(real) >= sizeof(folder)) {
		print_error("no %s: run this with make check\n", relative);
		return -1;
	}
	strcpy(folder, real);
	snprintf(path_setting, sizeof(path_setting), "server.plugin-path=%s", folder);
	return enter_folder(state) < 0 || !getcwd(here, sizeof(here)) ? -1 : 0;
}
