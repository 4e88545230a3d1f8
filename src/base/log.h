/* SPDX-License-Identifier: MIT */
/*
 * The log: one line a message, to standard error, one write(2) each, so no lock.
 *
 * error: someone must act.  warn: we carried on.  info: a handful of lines a run.
 * debug: one client or one frame.  Messages are lower-case, begin with the thing they are
 * about ("display: card0: ..."), contain the name and the number, and have no full stop.
 * Under the journal each line carries its priority.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdarg.h>
#include <stdint.h>

#include <mural/plugin.h>

/* What is logged from now on; MURAL_INFO until told otherwise.  Before threads start;
 * later only with the level that there is already. */
void log_set_level(enum mural_level level);

/* For what is tried again and again: until NULL is given, a line of this thread that says
 * the same as the one before is only a debug message.  `last` remembers that line, as a
 * hash; 0 at first.  The caller's. */
void log_set_dedup(uint64_t *last);

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
