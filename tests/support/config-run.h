/* SPDX-License-Identifier: MIT */
/* Runs what main() does with a command line and a config, and captures what it prints. */
#pragma once

#include <stddef.h>

#include "config/config.h"
#include "plugin/registry.h"

struct run {
	struct config config;
	struct plugins plugins;
	int status;                   /* of config_load() */
	char out[32768], err[131072]; /* what went to standard output and error */
};

/* config_load() with these arguments, NULL at the end; and plugins_load() after it. */
#define run_config(...) run_arguments(false, __VA_ARGS__)
#define run_plugins(...) run_arguments(true, __VA_ARGS__)
struct run *run_arguments(int with_plugins, ...) __attribute__((sentinel));
void run_free(struct run *run);

/* run_config() with a file t.conf of this text, about which nothing is printed. */
struct run *run_good_file(const char *text);

/* The same with a file that has exactly these errors, one a line. */
void expect_errors(const char *text, const char *errors);
void expect_errors_of(const char *path, const char *errors);

unsigned count_lines(const char *text);

/* What --print-config and --list-plugins print, after run_plugins(); into `out`. */
void run_print(struct run *run);
void run_list(struct run *run);

/* Logs a warning, an info and a debug message; what of them is printed goes into `err`.
 */
void run_log(struct run *run);
