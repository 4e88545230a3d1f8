/* SPDX-License-Identifier: MIT */
/*
 * /canvas.png: the canvas at the time of the request, encoded once for all that ask
 * before it changes, with an entity tag.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct frame;
struct request;
struct viewers;

#define TAG_SIZE 32

/* A request that waits for a capture; its request's data. */
struct pending_png {
	struct request *request;
	struct pending_png *next, **link; /* link NULL: it waits no longer */
	uint32_t since;                   /* captures begun when it came */
	bool has_tag;                     /* If-None-Match has the last frame's */
	struct frame *picture;            /* NULL: has_tag, or out of memory */
	char tag[TAG_SIZE];
};

/* After a capture, or when stopping: answers those that it is new enough for.  Those
 * whose tag does not match any more wait for a picture. */
void canvas_png_answer_pending(struct viewers *viewers, bool starved);
