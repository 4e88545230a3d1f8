/* SPDX-License-Identifier: MIT */
/* Which libraries are loaded, in which version, and which one murald was built for. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct library {
	const char *name;   /* pkg-config's */
	char version[32];   /* "": it was not asked */
	char built_for[32]; /* "": none */
	bool is_older;      /* than what it was built for */
};

/* How many can be asked: each has an index below. */
extern const size_t library_count;

/* Whether it is among what `object` of dlopen() needs, and tells its version; NULL: what
 * murald itself needs.  Says for which one murald was built in any case. */
bool library_query(size_t index, void *object, struct library *library);
