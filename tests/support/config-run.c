/* SPDX-License-Identifier: MIT */
/* Runs config_load() and plugins_load() with the output redirected to files. */
#include "support/config-run.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "support/folder.h"

#define ARGUMENTS_MAX 32

/* Redirects a stream into a file; returns a copy of its descriptor. */
static int
divert(FILE *stream, const char *path)
{
	int fd, saved;

	fflush(stream);
	saved = dup(fileno(stream));
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (saved < 0 || fd < 0 || dup2(fd, fileno(stream)) < 0)
		abort();
	close(fd);
	return saved;
}

static void
restore(FILE *stream, int saved, const char *path, char *text, size_t len)
{
	FILE *file;

	fflush(stream);
	dup2(saved, fileno(stream));
	close(saved);
	file = fopen(path, "rb");
	text[file ? fread(text, 1, len - 1, file) : 0] = '\0';
	if (file)
		fclose(file);
	unlink(path);
}

struct run *
run_arguments(int with_plugins, ...)
{
	struct run *run = calloc(1, sizeof(*run));
	char *argv[ARGUMENTS_MAX + 1] = { "murald" }, *argument;
	int argc = 1, out, err;
	va_list rest;

	if (!run)
		abort();
	va_start(rest, with_plugins);
	while (argc < ARGUMENTS_MAX && (argument = va_arg(rest, char *)))
		argv[argc++] = argument;
	va_end(rest);
	out = divert(stdout, "stdout");
	err = divert(stderr, "stderr");
	run->status = config_load(&run->config, argc, argv);
	if (with_plugins && run->status < 0 &&
		plugins_load(&run->plugins, &run->config) < 0)
		abort();
	restore(stdout, out, "stdout", run->out, sizeof(run->out));
	restore(stderr, err, "stderr", run->err, sizeof(run->err));
	return run;
}

struct run *
run_good_file(const char *text)
{
	struct run *run;

	write_file("t.conf", text);
	run = run_config("-c", "t.conf", NULL);
	assert_int_equal(run->status, -1);
	assert_string_equal(run->err, "");
	assert_int_equal(run->config.errors, 0);
	return run;
}

unsigned
count_lines(const char *text)
{
	unsigned n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

void
expect_errors_of(const char *path, const char *errors)
{
	struct run *run = run_config("-c", path, NULL);

	assert_int_equal(run->status, -1);
	assert_string_equal(run->err, errors);
	assert_int_equal(run->config.errors, count_lines(errors));
	run_free(run);
}

void
expect_errors(const char *text, const char *errors)
{
	write_file("t.conf", text);
	expect_errors_of("t.conf", errors);
}

void
run_free(struct run *run)
{
	plugins_unload(&run->plugins);
	config_finish(&run->config);
	free(run);
}

void
run_print(struct run *run)
{
	FILE *file = fmemopen(run->out, sizeof(run->out), "w");

	config_print(&run->config, file);
	plugins_print(&run->plugins, &run->config, file);
	fclose(file);
}

void
run_list(struct run *run)
{
	FILE *file = fmemopen(run->out, sizeof(run->out), "w");

	if (plugins_list(&run->config, file) < 0)
		abort();
	fclose(file);
}

void
run_log(struct run *run)
{
	int err = divert(stderr, "stderr");

	log_warn("a warning");
	log_info("an information");
	log_debug("a detail");
	restore(stderr, err, "stderr", run->err, sizeof(run->err));
}
