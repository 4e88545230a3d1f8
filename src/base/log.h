/* SPDX-License-Identifier: MIT */
/*
 * The log: one line a message, to standard error, one write(2) each, so no lock.
 *
 * error: someone must act.  warn: murald carried on.  info: a handful of lines a
 * run.  debug: one client or one frame.  Messages are lower-case, begin with the thing
 * they are about ("display: card0: ..."), contain the name and the number, and have no
 * full stop. Under the journal each line carries its priority.
 */
#pragma once

#include <stdarg.h>
#include <stdint.h>

#include <mural/plugin.h>

/* Sets what is logged, MURAL_INFO at first.  Once threads run, only with the level that
 * is set already. */
void log_set_level(enum mural_level level);

/* For retries: from now on a line of this thread that repeats the one before is a debug
 * message.  *last, the caller's, keeps that line's hash; 0 at first.  NULL ends it. */
void log_set_dedup(uint64_t *last);

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));
