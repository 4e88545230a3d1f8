/* SPDX-License-Identifier: MIT */
/*
 * A call: one question to the wall, from the check of its arguments to the answer.
 *
 * A verb's function reads the arguments, and answers exactly once, at once or later, by
 * one of the control_done() family.  That frees the call.
 *
 * The main loop's thread.
 */
#pragma once

#include <mural/reader.h>

#include "control/control.h"
#include "lib/peer-address.h"

#define CONTROL_WHO_MAX 192

/* Who asks, and how to answer. */
struct control_asker {
	const char *who;             /* for the log; copied */
	const struct sockaddr *peer; /* NULL: somebody on this machine; copied */

	/* Gets {"is": ...} or {"error": ..., "why": ...}, which is the call's; perhaps
	 * from within control_ask(). */
	void (*on_answer)(void *arg, const json_t *answer);
	void *arg;
};

struct control_call {
	struct control *control;
	const struct wall_verb *verb; /* NULL: there is no such verb */
	json_t *with;                 /* an object; checked */
	char who[CONTROL_WHO_MAX];
	union peer_address peer; /* AF_UNIX: somebody on this machine */
	void *data;              /* the verb's own */
	/* private */
	uint64_t number; /* of the act, as the log has it */
	void (*on_answer)(void *arg, const json_t *answer); /* NULL: the asker is gone */
	void *arg;
	struct control_call **held; /* where the asker keeps it */
};

/* The words of errors. */
enum control_error {
	CONTROL_SYNTAX,  /* no JSON object */
	CONTROL_USAGE,   /* arguments that are missing, too many or wrong */
	CONTROL_UNKNOWN, /* verb, source, instance, ... */
	CONTROL_REFUSED, /* it could be done, but is not */
	CONTROL_FAILED,
	CONTROL_BUSY, /* try again */
};

/* Asks.  `with` may be NULL: no arguments; the reference is taken over.  *held, unless
 * that is NULL, is the call until it is answered, then NULL. */
void control_ask(struct control *control, const char *verb, json_t *with,
	const struct control_asker *asker, struct control_call **held);

/* The asker is gone: what was begun is done and logged, but not answered. */
void control_abandon(struct control_call *call);

/* {"error": WORD, "why": TEXT}, for what never became a call. */
json_t *control_error_json(enum control_error error, const char *why);

/* ---- answers; these free the call */

/* Takes over the reference; NULL, out of memory, fails the call. */
void control_done(struct control_call *call, json_t *is);

void control_fail(struct control_call *call, enum control_error error, const char *format,
	...) __attribute__((format(printf, 3, 4)));

/* Because the wall stops before it can be done. */
void control_fail_stopping(struct control_call *call);

/* Refuses, and says that the same with "really": true is done. */
void control_refuse(struct control_call *call, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* ---- arguments: whether the call has it; if not, the value stays as it is */

bool control_flag(const struct control_call *call, const char *name);
const char *control_text(const struct control_call *call, const char *name); /* or NULL */
bool control_number(const struct control_call *call, const char *name, uint64_t *value);
bool control_duration(const struct control_call *call, const char *name, uint64_t *ms);
bool control_rect(
	const struct control_call *call, const char *name, struct mural_rect *rect);
bool control_point(
	const struct control_call *call, const char *name, struct mural_point *point);
bool control_colour(const struct control_call *call, const char *name, uint32_t *argb);
bool control_network(
	const struct control_call *call, const char *name, struct cidr *network);
bool control_switch(const struct control_call *call, const char *name, bool *on);

/* Seconds since 1970 and the rest in ns; -10min counts from now, 22:30 is the last one.
 */
bool control_time(
	const struct control_call *call, const char *name, struct timespec *time);
