/* SPDX-License-Identifier: MIT */
/*
 * The viewers: clients that watch the wall through /ws and /live, or fetch /canvas.png.
 *
 * The canvas is captured when it changed, at most `viewer-fps` times a second, and only
 * while somebody watches.  What changed is encoded once, and everybody gets the same
 * bytes.  There are no queues: a viewer is sent one frame at a time, and then the next
 * delta or, if it was too slow for these, a key frame.
 *
 * The folder may use web/, plugins/common and the canvas's reader.  It must never know
 * the board: it shows the canvas, whoever painted it.
 *
 * All of it but the encoding is on the main loop's thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "http/viewers/capture.h"
#include "http/viewers/heat.h"
#include "http/viewers/pps.h"
#include "http/viewers/viewer.h"
#include "http/viewers/yours.h"

struct pending_png;

struct viewers {
	struct web *web;
	unsigned fps;
	struct capture capture;
	uv_timer_t second;
	struct viewer *first;
	struct fair_queue sending; /* those who have room for more */
	struct pending_png *pending_pngs;
	struct pps pps;
	struct yours yours;
	struct heat heat;
	char *figures;       /* the last ones for /live; NULL: none */
	char place_pps[128]; /* for /ws; "": none */
	uint64_t epoch;      /* distinguishes the tags of this start from another's */
	bool stopping;
};

extern const struct route viewer_routes[]; /* subject: struct viewers */

/* `viewers` starts as zeros; stop accepts one that never started.  0 or -errno, logged.
 */
int viewers_start(struct viewers *viewers, struct web *web, unsigned fps);
void viewers_stop(struct viewers *viewers);

/* The frame that an idle viewer is to be sent now, and counts as shown from then on.
 * NULL: none yet. */
struct frame *viewers_next_frame(struct viewers *viewers, struct viewer *viewer);

void viewers_add(struct viewers *viewers, struct viewer *viewer);
void viewers_remove(struct viewer *viewer);
