/* SPDX-License-Identifier: MIT */
/*
 * The operator: what can be asked of the wall through the control socket.  Each verb of
 * lib/wall-verbs.h has a function here, in a file verbs-*.c.
 *
 * The main thread's.
 */
#pragma once

#include <stdint.h>

#include "control/call.h"
#include "control/control.h"

struct wall;

struct operators {
	struct control control;
	uint64_t started_ns;          /* uv_hrtime() */
	struct control_call *reloads; /* calls that wait for one, linked by `data` */
};

void operators_start(struct wall *wall);

/* After a reload, which put the new config in force or did not. */
void operators_reloaded(struct wall *wall, bool in_force);

/* Nobody asks any more; what was asked may still be going on.  Accepts a wall where they
 * never started, as does the next. */
void operators_stop(struct wall *wall);

/* When nothing goes on any more. */
void operators_finish(struct wall *wall);

struct wall *operators_wall(const struct control_call *call);

/* verbs-status.c */
control_run verb_status, verb_verbs;

/* verbs-daemon.c */
control_run verb_snapshot, verb_reload;
