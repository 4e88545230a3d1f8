/* SPDX-License-Identifier: MIT */
/*
 * The caption: tells the HUD what to say, and keeps it true.
 *
 * Each open instance with its invitation and what it painted in the last second, and the
 * web page of the first `http` instance.  Addresses are followed as the kernel tells of
 * changes; figures are counted once a second while somebody paints, and an idle wall is
 * not woken.
 *
 * The main thread's.
 */
#ifndef APP_HUD_STATUS_H
#define APP_HUD_STATUS_H

#include <uv.h>

#include "base/host-address.h"
#include "canvas/canvas.h"
#include "hud/hud.h"
#include "ingest/ingest.h"

#define CAPTION_LINES (sizeof(((struct hud_text *)0)->lines) / sizeof(struct hud_line))

/* What is known of the instance in each line. */
struct caption_count {
	const struct instance *instance; /* to tell it from another; not followed */
	uint64_t painted;                /* in all, when it was last looked at */
	uint64_t rate;                   /* in the second before that */
};

struct caption {
	const struct ingest *ingest;
	struct hud *hud; /* NULL: it never started */
	struct mural_reader *reader;
	uint64_t *tiles;
	uv_poll_t bell;    /* polled while nobody paints */
	uv_timer_t second; /* runs while somebody does */
	uint64_t counted_ns;
	struct caption_count counts[CAPTION_LINES];
	char address4[ADDRESS_TEXT_MAX], address6[ADDRESS_TEXT_MAX]; /* or empty */
	bool follows_addresses;
	struct address_watch watch;
	struct hud_text text;
};

/* Says it for the first time, and goes on.  0 or -errno, logged. */
int caption_start(struct caption *caption, struct hud *hud, const struct ingest *ingest,
	struct canvas *canvas, uv_loop_t *loop);

/* Instances came or went.  Accepts what never started. */
void caption_refresh(struct caption *caption);

/* Before ingest_stop(); its handles are closed once the loop has turned.  Accepts what
 * never started. */
void caption_stop(struct caption *caption);

#endif
