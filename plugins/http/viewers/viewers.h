/* SPDX-License-Identifier: MIT */
/*
 * The viewers: who watches the wall through /ws and /live, or asks for /canvas.png.
 *
 * The canvas is looked at when it rings, at most `viewer-fps` times a second, and only
 * while somebody watches.  What changed is encoded once, by a thread of its own, and
 * everybody gets the same bytes.  Nobody has a queue: a viewer has one frame to take, and
 * when it is done with that, finds the next one among the recent ones, or, having been
 * too slow for these, is shown the picture as it is.
 *
 * All of it but the encoding is on the main loop's thread.
 */
#ifndef HTTP_VIEWERS_VIEWERS_H
#define HTTP_VIEWERS_VIEWERS_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "http/viewers/delta-ring.h"
#include "http/viewers/encoder.h"
#include "http/viewers/pps.h"
#include "http/viewers/viewer.h"
#include "http/viewers/worker.h"

struct pending_png;
struct http;

struct viewers {
	struct http *http;
	struct job_worker worker;
	bool encoding;          /* it is under way */
	struct encoder encoder; /* the errand's, while it is */
	unsigned wanted, had;   /* for the errand */
	int changed;            /* its result */
	struct frame *made[PRODUCTS];
	uint64_t captured_ms, encode_ms; /* when it began, how long it took */

	/* The looks at the canvas are counted, so that nobody who wished to see it is
	 * shown what was there before. */
	uint32_t captures; /* begun */
	uint32_t captured; /* the last one that is over */

	struct frame *kept[PRODUCTS];       /* only LASTING ones */
	struct delta_ring deltas[DIALECTS]; /* deltas, up to `number` */
	size_t key_bytes[DIALECTS];         /* of the last key */
	uint32_t number;                    /* of the last frame */
	size_t bytes;                       /* of all frames for viewers that are held */

	uv_poll_t wakeup;
	uv_timer_t tick, second;
	unsigned handles;
	uint64_t due_ms; /* no look at the canvas before */
	bool is_starved; /* memory was short at the last look */

	struct viewer *first;
	struct pending_png *pending_pngs;
	struct pps pps;
	uint64_t epoch; /* tells the frames of this start from another's */
	bool stopping;
};

/* The errand, and what comes of it. */
void viewers_encode(struct job_worker *worker);
void viewers_encoded(struct job_worker *worker);

/* The timer that starts it. */
void viewers_tick(uv_timer_t *timer);

/* Stops the thread, which is not under way. */
void viewers_stop_worker(struct viewers *viewers);

/* Has the canvas looked at, if anybody needs that. */
void viewers_schedule(struct viewers *viewers);

/* What an idle viewer is to be sent; it has it then.  NULL: nothing, for now. */
struct frame *viewers_next_frame(struct viewers *viewers, struct viewer *viewer);

/* A viewer has come; one is gone, and free. */
void viewers_add(struct viewers *viewers, struct viewer *viewer);
void viewers_remove(struct viewer *viewer);

/* Whether a look that began after the wish, the number of looks then, is over. */
bool viewers_captured_since(const struct viewers *viewers, uint32_t since);

#endif
