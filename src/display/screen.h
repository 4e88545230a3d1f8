/* SPDX-License-Identifier: MIT */
/*
 * A screen: one screen of the display, with buffers, readers, scale and pace of its own.
 *
 * The front buffer is the one people see.  Its reader alone decides whether there is
 * anything to do: what changed since it was filled is what is wrong on the screen.  When
 * nothing did, that reader is armed, and the screen sleeps with no timer running.  When
 * something did, the back buffer takes its own damage, which is at least that, and is
 * presented; so a pixel costs one frame, and what the other buffer has missed costs
 * none.  A frame that is refused gives its tiles back, and since the front buffer's
 * reader has not been taken from, the next tick finds the same work again.
 *
 * The display's thread only.  What the driver calls is in driver.h.
 */
#ifndef DISPLAY_SCREEN_H
#define DISPLAY_SCREEN_H

#include <stdbool.h>
#include <uv.h>

#include "display/driver.h"
#include "display/layout.h"

/* What is in a buffer. */
enum screen_content {
	SCREEN_STALE,  /* anything */
	SCREEN_BLACK,  /* nothing but black */
	SCREEN_PICTURE /* the canvas, as of when its reader was last taken from, and a HUD
			*/
};

struct screen_slot {
	struct mural_reader *reader; /* NULL until the screen first has a screen */
	uv_poll_t wakeup;            /* polled only while the reader is armed */
	enum screen_content content;
	uint64_t version; /* of the HUD in the buffer; 0: none */
};

struct screen {
	struct display_thread *thread;
	void *output; /* the driver's */
	struct layout layout, next;
	struct screen_slot slots[DISPLAY_BUFFERS];
	uv_timer_t timer;
	bool enabled;      /* a buffer is on the screen */
	bool flip_pending; /* another one soon will be */
	bool black;        /* wanted: nothing but black */
	uint32_t front, back;
	uint64_t began_ns; /* the frame that is under way */
	uint64_t due_ns;   /* the next frame, not earlier */
};

/* Handles on the thread's loop; closed with the loop's others.  screen_finish() when the
 * loop has run to its end. */
void screen_init(struct screen *screen, struct display_thread *thread);
void screen_close(struct screen *screen);
void screen_finish(struct screen *screen);

/* The config says something else about scale, turning or the HUD: lays the screen out
 * anew, without lighting it anew.  When memory is out, which is logged, all stays. */
void screen_relayout(struct screen *screen);

/* There is another HUD to be shown. */
void screen_redraw_hud(struct screen *screen);

/* Shows nothing but black, or the picture again. */
void screen_set_black(struct screen *screen, bool black);

#endif
