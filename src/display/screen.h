/* SPDX-License-Identifier: MIT */
/*
 * A head: one screen of the display, with buffers, readers, scale and pace of its own.
 *
 * The front buffer is the one people see.  Its reader alone decides whether there is
 * anything to do: what changed since it was filled is what is wrong on the screen.  When
 * nothing did, that reader is armed, and the head sleeps with no timer running.  When
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
enum head_content {
	HEAD_STALE,  /* anything */
	HEAD_BLACK,  /* nothing but black */
	HEAD_PICTURE /* the canvas, as of when its reader was last taken from, and a HUD
		      */
};

struct head_slot {
	struct mural_reader *reader; /* NULL until the head first has a screen */
	uv_poll_t bell;              /* polled only while the reader is armed */
	enum head_content content;
	uint64_t version; /* of the HUD in the buffer; 0: none */
};

struct head {
	struct display_thread *thread;
	void *output; /* the driver's */
	struct layout layout, next;
	struct head_slot slots[DISPLAY_BUFFERS];
	uv_timer_t timer;
	bool lit;       /* a buffer is on the screen */
	bool under_way; /* another one soon will be */
	bool black;     /* wanted: nothing but black */
	uint32_t front, back;
	uint64_t began_ns; /* the frame that is under way */
	uint64_t due_ns;   /* the next frame, not earlier */
};

/* Handles on the thread's loop; closed with the loop's others.  head_finish() when the
 * loop has run to its end. */
void head_init(struct head *head, struct display_thread *thread);
void head_close(struct head *head);
void head_finish(struct head *head);

/* The config says something else about scale, turning or the HUD: lays the screen out
 * anew, without lighting it anew.  When memory is out, which is logged, all stays. */
void head_lay_out(struct head *head);

/* There is another HUD to be shown. */
void head_redraw_hud(struct head *head);

/* Shows nothing but black, or the picture again. */
void head_show_black(struct head *head, bool black);

#endif
