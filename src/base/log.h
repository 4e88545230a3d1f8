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

/* What the tries of one thing have logged; zeroed before the first. */
struct log_dedup {
	uint64_t lines[8]; /* hashes of the last ones */
	uint32_t next;
	char error[MURAL_STATE_MAX]; /* the first error since this was emptied */
};

/* For retries: from now on a line of this thread that is among the last ones of *dedup,
 * which is the caller's, is a debug message.  NULL ends it.  Returns what was set. */
struct log_dedup *log_set_dedup(struct log_dedup *dedup);

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));
