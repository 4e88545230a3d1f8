/* SPDX-License-Identifier: MIT */
/*
 * /canvas.png: the canvas as it is when it is asked for, encoded once for all who ask
 * before it changes, with a tag to ask again for less.
 */
#ifndef HTTP_VIEWERS_CANVAS_PNG_H
#define HTTP_VIEWERS_CANVAS_PNG_H

#include <stdbool.h>
#include <stdint.h>

struct frame;
struct request;
struct viewers;

#define TAG_SIZE 32

/* A request that waits for a look at the canvas; its request's data. */
struct pending_png {
	struct request *request;
	struct pending_png *next, **link; /* link NULL: it waits no more */
	uint32_t since;                   /* looks begun when it came */
	bool has_tag;                     /* of the last frame */
	struct frame *picture;            /* NULL: it has that tag, or memory is short */
	char tag[TAG_SIZE];
};

/* After a look, or at the end: answers those for whom there is an answer.  The others,
 * and those whose tag has become wrong, wait on. */
void canvas_png_answer_pending(struct viewers *viewers, bool starved);

#endif
