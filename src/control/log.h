/* SPDX-License-Identifier: MIT */
/*
 * The control log: a line of JSON for each act of an operator, appended to a file: when,
 * who, what, and what became of it.  A full file is kept once, as FILE.1, and a new one
 * begins.  The last acts are kept, too, for operators who want to see what others do.
 *
 * The main loop's thread.
 */
#pragma once

#include <jansson.h>
#include <stdint.h>

#include "base/log.h"

/* How many acts are kept. */
#define CONTROL_RECENT 100

struct control_log {
	const char *path;      /* borrowed; empty: no log */
	int fd;                /* -1: not open */
	struct log_dedup said; /* failures, so that each is logged once */
	json_t *recent;        /* the last acts, the latest one at the end */
	uint64_t written;      /* acts since the start */
};

/* A file that is as long is full. */
#define CONTROL_LOG_BYTES_MAX (16 << 20)

/* The last acts are read from the files.  A failure is logged, and opening is tried again
 * with each line. */
void control_log_open(struct control_log *log, const char *path);

/* Opens the file again, which may have been moved away. */
void control_log_reopen(struct control_log *log);

void control_log_close(struct control_log *log);

/* What was done, with what, and the word of an error or "done".  Arguments must not hold
 * secrets. */
struct control_act {
	const char *who, *verb, *outcome;
	const json_t *with;
	uint64_t number;
	/* by which what was painted is taken back; 0: nothing was */
	uint64_t undo_number;
};

/* Appends the act's line, all of it or nothing; only what a FIFO has taken of it
 * stays. */
void control_log_act(struct control_log *log, const struct control_act *act);
