/* SPDX-License-Identifier: MIT */
/* What the files of the display share: its thread, with all that it owns. */
#ifndef DISPLAY_DISPLAY_PRIVATE_H
#define DISPLAY_DISPLAY_PRIVATE_H

#include <pthread.h>
#include <uv.h>

#include "display/blank.h"
#include "display/display.h"
#include "display/screen.h"

struct display_thread {
	struct display_counters *counters;
	const struct display_driver *driver;
	struct config_display config; /* a copy, with texts of its own */
	struct canvas *canvas;        /* NULL: not started */
	struct hud *hud;              /* NULL: there is none */
	uint32_t output;              /* as it was configured at the start */
	pthread_t id;

	/* what other threads touch */
	uv_async_t stop, change;
	pthread_mutex_t lock;
	struct config_display
		*pending_config; /* lock; a config to be taken up; NULL: none */
	char description[256];   /* lock; the first enabled screen; empty: none is */

	/* the display's thread only */
	uv_loop_t loop;
	void *state; /* the driver's */
	struct screen screens[CONFIG_CONNECTORS];
	struct display_blank blank;
	uv_poll_t hud_wakeup;
	uint64_t *tiles;     /* words of one set, for whoever draws */
	uint64_t *all_tiles; /* every tile */
	uint64_t frames, late_frames, refused;
	uint64_t painted_ms;     /* the loop's time when damage was last found */
	bool first_frame_logged; /* ever */
};

/* Logs how long the first picture of all took. */
void display_log_first_frame(struct display_thread *thread);

#endif
