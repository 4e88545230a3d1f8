/* SPDX-License-Identifier: MIT */
/*
 * muralctl wall: an operator asks a running wall, over its control socket or over HTTP.
 *
 * wall.c reads the command line, wall-ask.c asks, wall-show.c prints the answer,
 * wall-top.c does so every second, wall-file.c sends a picture with it. Everything
 * returns 0 or -errno, with the error printed.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "lib/wall-verbs.h"

struct wall_options {
	const char *socket;
	const char *url, *token; /* url NULL: by the socket */
	const char *file;        /* that the answer is saved in; NULL: none was named */
	bool json;               /* print the answer as it is */
};

/* The exit status.  argv[0] is the word "wall". */
int wall_run(int argc, char *argv[]);

struct wall_link;

/* NULL: printed. */
struct wall_link *wall_open(const struct wall_options *options);

/* Asks; takes over `with`.  *answer is the caller's, {"is": ...} or {"error": ...}. */
int wall_ask(struct wall_link *link, const char *verb, json_t *with, json_t **answer);

/* Asks with the file that `with` names as "png". */
int wall_send(
	struct wall_link *link, const char *verb, const json_t *with, json_t **answer);

/* Whether the answer goes to stdout, "-", where nothing else may stand then. */
bool wall_is_piped(const struct wall_options *options);

/* Asks for the canvas, and saves it as options->file. */
int wall_grab(struct wall_link *link, const struct wall_options *options,
	const json_t *with, json_t **answer);

void wall_close(struct wall_link *link); /* accepts NULL */

/* Whether the verb's answer is shown again and again. */
bool wall_is_live(const struct wall_options *options, const struct wall_verb *verb);

/* Does so until the wall answers with an error, which is *answer then, or is gone. */
int wall_watch(struct wall_link *link, const struct wall_verb *verb, json_t *with,
	json_t **answer);

/* Prints what {"is": ...} says, for people, in lines of so many columns; 0: of any
 * length. */
void wall_show(FILE *out, unsigned columns, const json_t *is);
