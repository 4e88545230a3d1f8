/* SPDX-License-Identifier: MIT */
/* Which libraries are loaded, in which version, and which one murald was built for. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct library {
	const char *name; /* pkg-config's */
	char version[32];
	char built_for[32]; /* "": unknown */
	bool is_older;      /* than what it was built for */
};

/* How many can be asked: each has an index below. */
extern const size_t library_count;

/* Whether it is among what `object` of dlopen() needs; NULL: what murald itself needs. */
bool library_query(size_t index, void *object, struct library *library);
