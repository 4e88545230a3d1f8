/* SPDX-License-Identifier: MIT */
/*
 * The display shows the canvas on one or more screens, from a thread with its own loop.
 *
 * It reads the canvas through readers, one for each buffer, so that "what changed since
 * this buffer was last filled" is what mural_reader_take() returns.  It may use canvas/,
 * hud/, config/ and base/; it must never know plugins, connections or who paints.  A
 * screen that is unplugged, refuses modes or reports nonsense costs frames and nothing
 * else: painting goes on, and the display recovers by itself.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/report.h"
#include "canvas/canvas.h"
#include "config/config.h"

/* Written by the display's thread; any thread may read them, with counters.h's relaxed
 * loads. */
struct display_counters {
	uint64_t frames;      /* shown */
	uint64_t late_frames; /* shown more than one refresh after they were due */
	uint64_t refused;     /* commits that the kernel refused, EBUSY aside */
	uint64_t enabled;     /* 1: the canvas is on a screen; 0: on none */
	uint64_t blanked; /* 1: off or black because of display.blank or an operator */
};

struct hud;

struct display {
	/* of all views together; without views, of the first screen as people see it,
	 * without the HUD's strip, or the size of a headless canvas */
	uint32_t width, height;
	bool found_screen; /* when it was opened, or there are views: the size is right */
	struct display_counters counters; /* over all screens */
	struct display_thread *thread;
};

/* Finds a card and the size of its screen, without changing what it shows.  With
 * output = kms there may be no card yet; auto falls back to headless when there is no
 * usable card.  0 or -errno, logged. */
int display_open(struct display *display, const struct config_display *config);

/* Starts showing the canvas, and the HUD unless that is NULL; both outlive the display.
 * 0 or -errno, logged. */
int display_start(struct display *display, struct canvas *canvas, struct hud *hud);

/* Whether there is a screen, or one is waited for: false when headless. */
bool display_wanted(const struct display *display);

/* Applies a config that was loaded again, changed or not; main thread.  All options but
 * `output` take effect while the picture stays on; when the new mode is refused, the old
 * one stays.  `config` is copied. */
void display_reconfigure(struct display *display, const struct config_display *config);

/* Blanks the screens as display.blank does, whatever its hours and who paints, until it
 * is called with false; main thread. */
void display_blank(struct display *display, bool on);

/* Describes the first enabled screen: card, connector, mode, backend; empty while none
 * is.  Any thread, while the display is open. */
void display_describe(struct display *display, char *text, size_t len);

/* The same of the screen of one output. */
void display_describe_output(
	struct display *display, uint32_t output, char *text, size_t len);

/* Stops and restores the console.  Accepts a display that was never started. */
void display_stop(struct display *display);
void display_close(struct display *display);

/* --list-displays: each card, its driver, connectors, their state, and modes. */
int display_list(const struct config_display *config, FILE *out);

/* --doctor: the cards and screens, which process is master, whether they have room for a
 * canvas of that size (0x0: any), and what is wrong.  Does not
 * disturb a murald that is running. */
void display_examine(const struct config_display *config,
	const struct mural_dimensions *canvas, struct report *report);
