/* SPDX-License-Identifier: MIT */
/*
 * What an operator can ask a running wall to do: the verbs and their arguments, for
 * murald, which carries them out, and muralctl, which asks for them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* The order of wall_verbs. */
enum wall_verb_id {
	WALL_STATUS,
	WALL_TOP,
	WALL_FREEZE,
	WALL_THAW,
	WALL_CLEAR,
	WALL_PAINT,
	WALL_RESTORE,
	WALL_UNDO,
	WALL_WHO,
	WALL_HIGHLIGHT,
	WALL_BAN,
	WALL_UNBAN,
	WALL_BANS,
	WALL_PROTECT,
	WALL_UNPROTECT,
	WALL_PROTECTED,
	WALL_BLANK,
	WALL_PLUGIN,
	WALL_NOTICE,
	WALL_GRAB,
	WALL_SNAPSHOT,
	WALL_RELOAD,
	WALL_ACTS,
	WALL_VERBS, /* lists these */
	N_WALL_VERBS,
};

/* What a value looks like; in JSON all are strings, except for flags and numbers. */
enum wall_arg_kind {
	WALL_TEXT,     /* any */
	WALL_FLAG,     /* true or false */
	WALL_NUMBER,   /* not negative */
	WALL_DURATION, /* 90s, 10min */
	WALL_TIME,     /* -10min, 22:30, 2026-01-31T22:30:00Z */
	WALL_RECT,     /* WxH+X+Y */
	WALL_POINT,    /* X,Y */
	WALL_COLOUR,   /* #rrggbb */
	WALL_NETWORK,  /* ADDRESS or ADDRESS/BITS */
	WALL_SWITCH,   /* on or off */
	WALL_PIXELS,   /* base64 of a file; written into no log */
};

/* The same name is the same thing for every verb. */
struct wall_arg {
	const char *name;
	enum wall_arg_kind kind;
	const char *option; /* on muralctl's command line; NULL: given by its place */
	const char *what;   /* in the usage: "WxH+X+Y"; NULL: muralctl sees to it */
};

struct wall_verb {
	const char *name;
	const char *args; /* names with blanks between, a ? behind optional ones */
	bool changes;     /* something; it is written into the control log */
	const char *help; /* one line */
	bool saves;       /* muralctl takes FILE.png first, and saves the answer */
};

extern const struct wall_verb wall_verbs[N_WALL_VERBS + 1]; /* then an empty one */

/* NULL: there is none. */
const struct wall_verb *wall_verb_find(const char *name);
const struct wall_arg *wall_arg_find(const char *name, size_t len);

/* The next argument of verb->args from *at on, which is advanced; NULL: no more. */
const struct wall_arg *wall_arg_next(const char **at, bool *optional);

/* Writes how the verb is used: "ban NET [--for DURATION]".  As snprintf(). */
int wall_verb_usage(const struct wall_verb *verb, char *text, size_t len);
