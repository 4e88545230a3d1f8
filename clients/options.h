/* SPDX-License-Identifier: MIT */
/* The command line of muralctl. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "target.h"

/* Exit statuses. */
enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

#define OPTIONS_CONNECTIONS_MAX 4096
#define OPTIONS_SIDE_MAX 65536

struct verb;

struct options {
	const struct verb *verb;
	const char *file; /* the image to paint or to write, the colour or the text */
	struct target target;
	const char *record; /* instead of it, a recording; NULL: none */

	int32_t at_x, at_y; /* where the image's top left corner goes */
	bool has_at, loop, random;
	uint32_t fit_width, fit_height; /* what is painted is at most; 0: as it is */
	double scale;                   /* its size; 0: as it is */
	uint32_t letters;               /* how high the text's capitals are */
	const char *colour;             /* the text's */
	bool has_rate;
	uint64_t rate;                 /* pixels a second, 0: no limit */
	uint32_t width, height;        /* of the wall, --size; 0: not given */
	uint32_t connections, seconds; /* seconds: the verb's, if not given */
	int32_t origin_x, origin_y;    /* p2: the wall's pixel that is its 0,0 */
	const char *name, *author, *secret, *id; /* http; id: NULL: register */
};

struct verb {
	const char *name;
	const char *first; /* what a word before the target is called; NULL: none */
	const char *file;  /* what a file after the target is called; NULL: none */
	bool takes_record; /* instead of a target */
	uint32_t seconds;
	int (*run)(const struct options *options); /* 0 or -errno, printed */
};

/* Fills *options from the arguments; `verbs` ends with an empty entry.  0;
 * 1: done, after --help or --version; -EINVAL, printed. */
int options_parse(
	struct options *options, const struct verb *verbs, int argc, char *argv[]);

/* The verbs, one a file. */
int verb_paint(const struct options *options);
int verb_text(const struct options *options);
int verb_fill(const struct options *options);
int verb_load(const struct options *options);
int verb_grab(const struct options *options);
int verb_watch(const struct options *options);
int verb_film(const struct options *options);
int verb_stats(const struct options *options);
