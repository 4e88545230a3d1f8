/* SPDX-License-Identifier: MIT */
/* What the screens and the blanking share on the display's thread; display.c owns it. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <uv.h>

#include "display/display.h"
#include "display/driver.h"
#include "hud/hud.h"

struct display_context {
	uint32_t n_ripples; /* on every screen's picture */
	struct hud_ripple ripples[HUD_RIPPLES_MAX];
	struct display_counters *counters;
	const struct display_driver *driver;
	void *state;                  /* the driver's */
	struct config_display config; /* a copy, with strings of its own */
	struct canvas *canvas;        /* NULL: not started */
	struct hud *hud;              /* NULL: none */
	uv_loop_t loop;
	struct screen *screens[CONFIG_CONNECTORS];
	uint64_t *tiles;     /* one tile set, scratch space for drawing */
	uint64_t *all_tiles; /* every tile */
	uint64_t frames, late_frames, refused;
	uint64_t painted_ms;     /* the loop's time when damage was last found */
	bool first_frame_logged; /* ever */

	pthread_mutex_t lock;                      /* for other threads */
	char descriptions[CONFIG_CONNECTORS][256]; /* lock; empty: not enabled */
};

/* Allocates the tile sets for the canvas.  0 or -ENOMEM; context_finish() in any case. */
int context_init(struct display_context *context);
void context_finish(struct display_context *context);

/* Makes a reader of the canvas and a poll handle on its wake-up, unless *reader is there
 * already.  0 or -errno; then *reader is NULL. */
int context_open_reader(
	struct display_context *context, struct mural_reader **reader, uv_poll_t *wakeup);

/* Logs once how long after the start of murald a picture appeared. */
void context_log_first_frame(struct display_context *context);
