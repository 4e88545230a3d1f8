/* SPDX-License-Identifier: MIT */
/* Loads a config and plugins as main() does, and captures what is printed. */
#ifndef CONFIG_RUN_H
#define CONFIG_RUN_H

#include <stddef.h>

#include "config/config.h"
#include "plugin/registry.h"

struct run {
	struct config config;
	struct plugins plugins;
	int status;                   /* of config_load() */
	char out[32768], err[131072]; /* what went to standard output and error */
};

/* For cmocka's group set-up and tear-down: a temporary working directory. */
int enter_folder(void **state);
int leave_folder(void **state);

void write_file(const char *path, const char *text);
void write_bytes(const char *path, const void *bytes, size_t len);

/* config_load() with these arguments, NULL at the end; and plugins_load() after it. */
struct run *run_config(const char *argument, ...) __attribute__((sentinel));
struct run *run_plugins(const char *argument, ...) __attribute__((sentinel));
void run_free(struct run *run);

/* What --print-config and --list-plugins print, after run_plugins(); into `out`. */
void run_print(struct run *run);
void run_list(struct run *run);

/* What is logged of a warning, an info and a debug message; into `err`. */
void run_log(struct run *run);

#endif
