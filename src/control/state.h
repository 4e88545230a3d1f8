/* SPDX-License-Identifier: MIT */
/*
 * What an operator has put in force and outlives murald: one file, a JSON object a line,
 * replaced as a whole.  Who knows the lines composes them; this folder only keeps them.
 *
 * A save is written beside the file and flushed, renamed, and the folder flushed; only
 * then `saved` is called.  It runs on libuv's thread pool, and never twice at once: what
 * is saved meanwhile waits, and the last one counts.
 *
 * The main loop's thread.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <uv.h>

struct control_save;

struct control_state {
	const char *path; /* borrowed; empty: nothing is kept */
	uv_loop_t *loop;
	json_t *(*compose)(void *context); /* an array of the lines that hold now */
	void *context;
	/* private */
	uv_work_t work;
	bool writing, again;
	char *text;                      /* being written */
	int result;                      /* of that; the pool's thread's until it ends */
	struct control_save *now, *next; /* that wait for this write, and the one after */
};

void control_state_start(struct control_state *state, const char *path, uv_loop_t *loop,
	json_t *(*compose)(void *context), void *context);

/* Calls each(context, line) for every line of the file that is an object.  A file that
 * has others as well is logged and set aside, and is to be saved without them.  0;
 * -ENOENT: there is no file; -EBADMSG: it was set aside. */
int control_state_load(
	struct control_state *state, void (*each)(void *context, const json_t *line));

/* Composes and writes soon; then calls saved(arg, 0 or -errno, logged), unless that is
 * NULL.  Without a path at once. */
void control_state_save(
	struct control_state *state, void (*saved)(void *arg, int ret), void *arg);

/* Runs the loop until what was asked for is written.  Accepts one that never started. */
void control_state_stop(struct control_state *state);
