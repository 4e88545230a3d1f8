/* SPDX-License-Identifier: MIT */
/*
 * The operator's API: POST /admin/api/VERB with the admin token as a bearer asks the wall
 * as its control socket does (doc/control.md).
 *
 * The folder uses web/ and the board's comparison of secrets.  It must never know what a
 * verb means: murald does.
 */
#pragma once

#include "http/web/web.h"

struct operator_api {
	const char *token; /* "": nobody's */
	unsigned n_lives;  /* answered again and again */
};

extern const struct route operator_routes[]; /* subject: struct operator_api */
