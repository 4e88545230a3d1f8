/* SPDX-License-Identifier: MIT */
/* The commands of the pixelflut benchmarks: every pixel of a wall once, in scattered
 * order. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum script_kind {
	SCRIPT_TEXT,    /* PX x y rrggbb */
	SCRIPT_BINARY,  /* PB */
	SCRIPT_READS,   /* PX x y */
	SCRIPT_ANSWERS, /* what the reads are answered with after one of the first two */

	/* what nobody should send, a line for each pixel */
	SCRIPT_EIGHTHS, /* text, each eighth line of which is wrong */
	SCRIPT_WRONG,   /* every line */
	SCRIPT_OUTSIDE, /* text beyond the last row */
	SCRIPT_FEEDS,   /* line feeds alone */
};

struct script {
	char *bytes;
	size_t len;
	size_t commands;
	size_t *ends; /* of each command, offsets into bytes */
};

/* The colour of a pixel is made from its place and `seed`.  Exits without memory. */
void script_init(struct script *script, enum script_kind kind, unsigned width,
	unsigned height, unsigned seed);
void script_finish(struct script *script);
