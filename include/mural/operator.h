/* SPDX-License-Identifier: MIT */
/*
 * What operators ask; part of <mural/plugin.h>.
 *
 * An operator asks a running wall by its control socket, and through services that have
 * made sure who it is.  The main loop's thread.
 */
#ifndef MURAL_OPERATOR_H
#define MURAL_OPERATOR_H

#include <mural/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One of the verbs, as muralctl(1) has them.  Made by murald. */
struct mural_verb {
	uint32_t size;
	bool changes; /* something; it is written into the control log */
	const char *name;
	const char *args; /* names with spaces between; ? behind what may be left out */
	const char *help; /* one line */
	uint64_t asked;   /* how often */
};

/* Calls each(verb, arg) for every verb.  No pointer may be kept. */
MURAL_EXPORT void mural_each_verb(struct mural_host *host,
	void (*each)(const struct mural_verb *verb, void *arg), void *arg);

struct mural_question {
	uint32_t size; /* set by the caller */
	uint32_t reserved;
	const char *verb;
	const char *with; /* its arguments, a JSON object; NULL: none */
	size_t with_len;
	const struct sockaddr *peer; /* from where; NULL: not known */
	const char *who;             /* for the control log: "admin"; no secret */

	/* Gets {"is": {...}}, or {"error": WORD, "why": TEXT} with one of the words
	 * syntax, usage, unknown, refused, failed and busy.  Called once, from the loop,
	 * never from within mural_ask(). */
	void (*answer)(void *arg, const char *json, size_t len);
	void *arg;
};

/* Asks; all is copied.  NULL: out of memory, and no answer comes. */
struct mural_call;
MURAL_EXPORT struct mural_call *mural_ask(
	struct mural_host *host, const struct mural_question *question);

/* Drops the call while its answer is awaited: answer() is not called any more, but what
 * was begun is done.  At the latest before stop() returns. */
MURAL_EXPORT void mural_ask_abandon(struct mural_call *call);

#ifdef __cplusplus
}
#endif
#endif
