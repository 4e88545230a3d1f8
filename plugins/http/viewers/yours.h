/* SPDX-License-Identifier: MIT */
/*
 * Tells viewers of /live?bands what they painted themselves, by whatever protocol: their
 * own source only, of anybody else nothing.
 *
 * It asks whose a changed spot is, where owners are kept (canvas.owners), and only while
 * little changes: of at most four spots in a frame, ten times a second.
 */
#pragma once

#include <mural/plugin.h>

struct viewer;
struct viewers;

enum { YOURS_CALLS = 8, YOURS_TEXT_MAX = 80 };

struct yours_call {
	struct viewers *viewers;
	struct mural_call *call; /* NULL: free */
	uint32_t x, y;
};

/* Starts as zeros. */
struct yours {
	struct yours_call calls[YOURS_CALLS];
	uint64_t second_ms; /* when the present second began */
	unsigned asked;     /* in it */
	uint64_t again_ms;  /* owners were not kept; not before that */
};

/* After a frame in which something changed. */
void yours_look(struct viewers *viewers);

/* What there is to tell a viewer, if it is not busy. */
void yours_send(struct viewer *viewer);

/* Nothing is told from here on. */
void yours_stop(struct viewers *viewers);
