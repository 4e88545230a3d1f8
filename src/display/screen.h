/* SPDX-License-Identifier: MIT */
/*
 * One screen of the display, with buffers, readers, a layout and a frame rate of its own.
 *
 * The front buffer is the one that is shown.  Its reader alone decides whether there is
 * anything to do: what changed since it was filled is what is outdated on the screen.
 * While nothing did, that reader is armed, and the screen sleeps with no timer running.
 * When something did, the back buffer is brought up to date with its own damage, which is
 * a superset, and is presented: changes made within one frame cost one frame, and what
 * the other buffer has missed costs none.  A frame that is refused puts its tiles back,
 * and since nothing was taken from the front buffer's reader, the next tick finds the
 * same work again.
 *
 * The display's thread only.  What the driver calls is in driver.h.
 */
#pragma once

#include <stdbool.h>
#include <uv.h>

#include "display/driver.h"
#include "display/layout.h"
#include "display/ripple.h"

struct display_context;

enum screen_content {
	SCREEN_STALE,  /* anything */
	SCREEN_BLACK,  /* all black */
	SCREEN_PICTURE /* the canvas when its reader was last taken from, and the HUD */
};

/* A buffer. */
struct screen_slot {
	struct mural_reader *reader; /* NULL until a driver first uses the screen */
	uv_poll_t wakeup;            /* polled only while the reader is armed */
	enum screen_content content;
	uint64_t version; /* of the HUD in the buffer; 0: none */
	uint64_t covers;  /* the layout's, of what lies on the picture; 0: another's */
	struct box cover;
	bool dims;     /* its picture is dimmed */
	uint64_t film; /* the layout's */
	struct ripple_boxes ripples;
};

struct screen {
	struct display_context *context;
	uint32_t index; /* of its output in the config */
	void *output;   /* the driver's */
	struct layout layout, next;
	bool ripples; /* they are to be drawn */
	struct screen_slot slots[DISPLAY_BUFFERS];
	uv_timer_t timer;
	bool enabled;      /* a buffer is shown */
	bool flip_pending; /* the back buffer soon will be */
	bool black;        /* wanted: all black */
	uint32_t front, back;
	uint64_t began_ns; /* when the current frame was begun */
	uint64_t due_ns;   /* the earliest time of the next frame */
};

/* Creates handles on the context's loop.  Call screen_finish() when the loop has run to
 * its end. */
void screen_init(struct screen *screen, struct display_context *context, uint32_t index);
void screen_close(struct screen *screen);
void screen_finish(struct screen *screen);

/* Applies a config that changed scale, rotation or HUD, without a modeset.  When out of
 * memory, which is logged, nothing changes. */
void screen_relayout(struct screen *screen);

/* Draws the HUD's new text. */
void screen_redraw_hud(struct screen *screen);

/* Draws what the context has of ripples, or that they have ended. */
void screen_redraw_ripples(struct screen *screen);

/* Shows all black, or the picture again. */
void screen_set_black(struct screen *screen, bool black);
