/* SPDX-License-Identifier: MIT */
/*
 * The display: shows the canvas on a screen, from a thread and a loop of its own.
 *
 * It knows the canvas through readers, one for each buffer it fills, so that "what
 * changed since this buffer was last filled" is what mural_reader_take() returns.  Nobody
 * else knows it is there.  A screen that goes away, refuses or lies costs frames and
 * nothing else: the canvas goes on, and the display comes back by itself.
 */
#ifndef DISPLAY_DISPLAY_H
#define DISPLAY_DISPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/report.h"
#include "canvas/canvas.h"
#include "config/config.h"

/* Figures that the display's thread writes and any thread may read (counters.h's relaxed
 * loads). */
struct display_counters {
	uint64_t frames;      /* shown */
	uint64_t late_frames; /* shown more than one refresh after they were due */
	uint64_t refused;     /* commits that the kernel refused, EBUSY aside */
	uint64_t enabled; /* 1: the canvas is on a screen; 0: no screen, or none wanted */
	uint64_t blanked; /* 1: display.blank has switched it off, or black */
};

struct hud;

struct display {
	uint32_t width, height; /* of the first screen as people see it, less the HUD's
				 * strip, or what a headless canvas takes */
	struct display_counters counters; /* over all screens */
	struct display_thread *thread;
};

/* Finds out what there is to show on and how large it is, without lighting it.  `kms` is
 * satisfied with no card, and waits for one; `auto` takes KMS where a usable card is,
 * else headless.  0 or -errno, logged. */
int display_open(struct display *display, const struct config_display *config);

/* Begins to show the canvas, and the HUD, which outlives the display; NULL: none.  0 or
 * -errno, logged. */
int display_start(struct display *display, struct canvas *canvas, struct hud *hud);

/* Whether there is, or is waited for, anything to show on: false when headless. */
bool display_wanted(const struct display *display);

/* The config was loaded again; called each time, changed or not, on the main thread. What
 * changed is taken up while the picture stays, all but `output`; a mode that is refused
 * leaves the old one.  `config` is copied. */
void display_reconfigure(struct display *display, const struct config_display *config);

/* The first screen that is enabled now, in words: card, connector, mode, method; empty
 * while none is.  Any thread, while the display is open. */
void display_describe(struct display *display, char *text, size_t len);

/* Stops showing, puts the console back.  Accepts what never started. */
void display_stop(struct display *display);
void display_close(struct display *display);

/* --list-displays: each card, its driver, connectors, whether connected, and modes. */
int display_list(const struct config_display *config, FILE *out);

/* --doctor: what there is to show on, who holds it, and what is wrong.  Disturbs no wall
 * that runs. */
void display_examine(const struct config_display *config, struct report *report);

#endif
