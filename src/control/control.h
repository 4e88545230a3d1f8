/* SPDX-License-Identifier: MIT */
/*
 * The control socket: how an operator steers a wall that runs.
 *
 * A local stream socket takes one JSON object a line, {"do": VERB, "with": {...}}, and
 * answers each with a line, in order.  The verbs and their arguments are those of
 * lib/wall-verbs.h; who starts the control brings a function for each, which answers at
 * once or later.  Others may ask by control_ask() on behalf of a client of their own.
 * Each act is written into the control log before it is answered.
 *
 * The folder uses base, config, ingest's listener and jansson.  It must never know what a
 * verb does, nor the wall.
 *
 * The main loop's thread.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "config/config.h"
#include "control/log.h"
#include "ingest/listener.h"
#include "lib/wall-verbs.h"

/* What the greeting says. */
#define CONTROL_PROTOCOL 1

struct control_call;
struct control_client;

/* Does what the call asks for, and answers it (control/call.h). */
typedef void control_run(struct control_call *call);

struct control {
	uv_loop_t *loop;                                 /* NULL: not started */
	control_run *const *run;                         /* by enum wall_verb_id */
	void *context;                                   /* of whoever started it */
	void (*on_act)(const struct control_call *call); /* was done; or NULL */
	struct control_log log;
	bool stopping;                 /* each call fails with that */
	uint64_t acts;                 /* changes asked for since the start */
	uint64_t counts[N_WALL_VERBS]; /* how often each verb was asked for */
	char *socket;                  /* its path; NULL: there is none */
	struct listener listener;      /* fd -1: closed */
	struct control_client *clients;
	unsigned n_clients;
};

/* Without a socket, or if it cannot be opened, which is logged, the wall does without;
 * control_ask() works all the same. */
void control_start(struct control *control, const struct config_control *config,
	control_run *const *run, void *context, uv_loop_t *loop);

/* Opens the log again, after it was rotated. */
void control_reload(struct control *control);

/* From now on answers each question with nothing but that murald is stopping. */
void control_refuse_all(struct control *control);

/* After control_refuse_all(): answers what clients have sent, and closes them when the
 * loop turns.  Calls may still be answered and logged.  It may never have started. */
void control_stop(struct control *control);

/* When no call is left. */
void control_finish(struct control *control);
