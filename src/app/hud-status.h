/* SPDX-License-Identifier: MIT */
/*
 * What the HUD says: the address of the web page, of each open instance its hint and what
 * it says of its state, how much is painted and by how many.
 *
 * Figures are updated once a second while anything paints, and until those who did are
 * counted no more and a HUD that hides has come; an idle wall causes no wake-ups but one,
 * after which it invites people, with a film if there is a recording.  The main
 * thread's.
 */
#pragma once

#include <uv.h>

#include "app/hud-film.h"
#include "app/hud-lines.h"
#include "app/hud-people.h"
#include "app/hud-ripples.h"
#include "canvas/canvas.h"
#include "hud/hud.h"
#include "ingest/ingest.h"

struct hud_status {
	struct ingest *ingest;
	struct hud *hud; /* NULL: not started */
	struct mural_reader *reader;
	uint64_t *tiles;
	uv_poll_t wakeup;      /* polled while nothing paints */
	uv_timer_t second;     /* runs while something does */
	uv_timer_t invitation; /* runs from then on until people are invited */
	uint64_t attract_ms;   /* without paint; 0: they are not */
	uint64_t painted_ns;   /* when there was paint, or this started */
	uint64_t began_ns;
	uint64_t counted_ns;
	uint64_t counted; /* pixels of all instances, then */
	uint64_t busy_s;  /* seconds with paint since a state changed */
	uint64_t quiet_s; /* seconds since there was paint */
	bool hides;       /* the HUD shows itself when the wall is quiet */
	struct hud_people people;
	struct hud_film film;
	struct hud_ripples ripples;
	struct hud_lines lines;
	struct hud_text text;
};

/* Gives the HUD its looks, before it is started or later.  Accepts NULL. */
void hud_status_dress(struct hud_status *hud_status, struct hud *hud,
	const struct config_display *display);

/* Shows the text and keeps it up to date; but for its looks, *hud_status is zeroed.
 * `recording` is the file's name, which is borrowed; empty: there is none.  0 or -errno,
 * logged. */
int hud_status_start(struct hud_status *hud_status, struct hud *hud,
	struct ingest *ingest, struct canvas *canvas, const char *recording,
	uv_loop_t *loop);

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

/* After all of the canvas was cleared.  Accepts what never started. */
void hud_status_cleared(struct hud_status *hud_status);

/* What is frozen: all of the canvas, or the first parts of it.  Accepts what never
 * started. */
void hud_status_frozen(struct hud_status *hud_status, bool paused,
	const struct mural_rect *parts, size_t n_parts);

/* Before ingest_stop(); its handles are closed once the loop has turned.  Accepts what
 * never started. */
void hud_status_stop(struct hud_status *hud_status);
