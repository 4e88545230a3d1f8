/* SPDX-License-Identifier: MIT */
/* Messages and a progress bar on stderr.  Any thread. */
#pragma once

#include <stdint.h>

/* One line, prefixed with the program's name.  console_error() returns `err`, so that
 * callers print and return in one statement. */
void console_print(const char *format, ...) __attribute__((format(printf, 1, 2)));
int console_error(int err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A bar from 0 to `total` of `unit`, drawn at most ten times a second and only when
 * stderr is a terminal.  With a total of 0 it only counts; a unit of NULL means seconds,
 * without a rate.  progress_stop() removes it. */
void progress_start(const char *unit, uint64_t total);
void progress_update(uint64_t done);
void progress_stop(void);

/* "950", "12.3 k", "4.56 M", "7.89 G": three figures, for people. */
#define AMOUNT_MAX 16
const char *amount_format(double number, char text[AMOUNT_MAX]);
