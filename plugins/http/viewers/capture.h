/* SPDX-License-Identifier: MIT */
/*
 * Captures the canvas at most `fps` times a second while its owner wants something of it,
 * and encodes each capture once for all viewers, on a thread of its own.
 *
 * All of it but the encoding is on the main loop's thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "http/viewers/codec-png.h"
#include "http/viewers/frame.h"
#include "http/viewers/framediff.h"
#include "http/viewers/worker.h"
#include "http/web/web.h"

struct codec_live;

/* The two protocols of viewers. */
enum dialect {
	DIALECT_PLACE, /* /ws */
	DIALECT_LIVE,  /* /live */
	DIALECTS,
};

/* What a capture can be encoded to. */
enum product {
	PLACE_KEY, /* for a viewer that begins */
	LIVE_KEY,
	PLACE_DELTA, /* what changed since the last frame */
	LIVE_DELTA,
	PLACE_AGAIN,   /* a key for a viewer that has been sent a frame */
	WHOLE_PICTURE, /* /canvas.png */
	LIVE_COARSE,   /* a small one for a slow viewer */
	PRODUCTS,
};

static inline enum product
delta_product(enum dialect dialect)
{
	return PLACE_DELTA + dialect;
}

/* In a set of products: only whether the canvas changed. */
#define CAPTURE_ONLY (1u << PRODUCTS)

struct capture {
	struct web *web;
	unsigned fps;
	/* The products that are wanted now, as bits 1 << product. */
	unsigned (*wanted)(const struct capture *capture);
	/* After each capture; starved: out of memory, something wanted is missing. */
	void (*on_done)(struct capture *capture, bool starved);
	void *data; /* the owner's */

	struct frame *kept[PRODUCTS];       /* keys and pictures that are still good */
	struct delta_ring deltas[DIALECTS]; /* up to `number` */
	size_t key_bytes[DIALECTS];         /* of the last key */
	uint32_t number;                    /* of the last frame */
	size_t viewer_bytes;                /* of all frames for viewers that are held */
	size_t n_deflating;                 /* viewers that read WebSocket's deflate */

	/* counts captures, so that no viewer is shown one from before its request */
	uint32_t begun;
	uint32_t done; /* the last one that is complete */

	uv_poll_t wakeup;
	uv_timer_t tick;
	uv_idle_t asked; /* active from capture_schedule() until it is known what for */
	uint64_t due_ms; /* no capture before */
	bool starved, stopping;

	/* the job; its thread's while `encoding` */
	struct job_worker worker;
	bool encoding;
	unsigned making, had; /* products */
	bool deflates;        /* those of Place, too */
	struct framediff diff;
	struct codec_png png;
	struct codec_live *live;
	int changed; /* framediff_update()'s result */
	struct frame *made[PRODUCTS];
	uint64_t begun_ms, encode_ms; /* when it began, how long it took */
};

/* wanted, on_done and data are set, all else starts as zeros.  0 or -errno, and then
 * nothing is left to stop. */
int capture_start(struct capture *capture, struct web *web, unsigned fps);

/* Cancels the job and releases all frames. */
void capture_stop(struct capture *capture);

/* Releases what is kept for viewers; to be called when there are none any more. */
void capture_forget_viewers(struct capture *capture);

/* To be called when more may be wanted than before. */
void capture_schedule(struct capture *capture);

/* Whether what was encoded to that is kept, and of the last frame. */
bool capture_has(const struct capture *capture, enum product product);

/* Whether a capture is complete that began after `since`, the count `begun` of then. */
bool capture_is_newer(const struct capture *capture, uint32_t since);
