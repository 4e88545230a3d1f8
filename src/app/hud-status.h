/* SPDX-License-Identifier: MIT */
/*
 * The HUD status: tells the HUD what to say, and keeps it true.
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

#define HUD_STATUS_LINES (sizeof(((struct hud_text *)0)->lines) / sizeof(struct hud_line))

/* What is known of the instance in each line. */
struct hud_status_count {
	const struct instance *instance; /* to tell it from another; not followed */
	uint64_t painted;                /* in all, when it was last looked at */
	uint64_t rate;                   /* in the second before that */
};

struct hud_status {
	const struct ingest *ingest;
	struct hud *hud; /* NULL: it never started */
	struct mural_reader *reader;
	uint64_t *tiles;
	uv_poll_t wakeup;  /* polled while nobody paints */
	uv_timer_t second; /* runs while somebody does */
	uint64_t counted_ns;
	struct hud_status_count counts[HUD_STATUS_LINES];
	char address4[ADDRESS_TEXT_MAX], address6[ADDRESS_TEXT_MAX]; /* or empty */
	bool follows_addresses;
	struct host_address_watch watch;
	struct hud_text text;
};

/* Says it for the first time, and goes on.  0 or -errno, logged. */
int hud_status_start(struct hud_status *hud_status, struct hud *hud,
	const struct ingest *ingest, struct canvas *canvas, uv_loop_t *loop);

/* Instances came or went.  Accepts what never started. */
void hud_status_refresh(struct hud_status *hud_status);

/* Before ingest_stop(); its handles are closed once the loop has turned.  Accepts what
 * never started. */
void hud_status_stop(struct hud_status *hud_status);

#endif
