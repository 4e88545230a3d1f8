/* SPDX-License-Identifier: MIT */
/*
 * The HUD's status text: each open instance with its hint, what it says of its state, and
 * its pixels per second; and the address of the web page.
 *
 * Rates are updated once a second while anything paints; an idle wall causes no wake-ups.
 * The main thread's.
 */
#pragma once

#include <uv.h>

#include "base/host-address.h"
#include "canvas/canvas.h"
#include "hud/hud.h"
#include "ingest/ingest.h"

#define HUD_STATUS_LINES (sizeof(((struct hud_text *)0)->lines) / sizeof(struct hud_line))

/* What the instance in a line has painted. */
struct hud_status_count {
	const struct instance *instance; /* only compared */
	uint64_t painted;                /* pixels in total, when last counted */
};

struct hud_status {
	const struct ingest *ingest;
	struct hud *hud; /* NULL: not started */
	struct mural_reader *reader;
	uint64_t *tiles;
	uv_poll_t wakeup;  /* polled while nothing paints */
	uv_timer_t second; /* runs while something does */
	uint64_t counted_ns;
	bool active; /* something was painted since the last second */
	struct hud_status_count counts[HUD_STATUS_LINES];
	char address4[ADDRESS_TEXT_MAX], address6[ADDRESS_TEXT_MAX]; /* or empty */
	char notice[HUD_NOTICE_MAX];
	struct hud_text text;
};

/* Shows the text and keeps it up to date.  0 or -errno, logged. */
int hud_status_start(struct hud_status *hud_status, struct hud *hud,
	const struct ingest *ingest, struct canvas *canvas, uv_loop_t *loop);

/* After instances were opened or closed.  Accepts what never started. */
void hud_status_refresh(struct hud_status *hud_status);

/* After this machine's addresses changed.  Accepts what never started. */
void hud_status_readdress(struct hud_status *hud_status);

/* After an instance's state changed: shows it within a second.  Accepts what never
 * started. */
void hud_status_wake(struct hud_status *hud_status);

/* Shows what the operator has to say to all; empty: nothing.  Accepts what never started.
 */
void hud_status_notice(struct hud_status *hud_status, const char *notice);

/* Before ingest_stop(); its handles are closed once the loop has turned.  Accepts what
 * never started. */
void hud_status_stop(struct hud_status *hud_status);
