/* SPDX-License-Identifier: MIT */
/*
 * What a way of showing pictures offers to the display, and the display to it.
 *
 * The display (display.c) knows when to draw what; the driver knows how a drawn buffer
 * gets onto a screen.  A driver that finds a screen allocates buffers, has the first one
 * painted with display_prepare(), lights the screen with it, and says display_lit().
 * From then on the display draws into the buffer that is not shown and presents it,
 * never a second one before display_shown().  A screen that goes away is
 * display_dark().  All of it on the display's thread, except open, close and list.
 */
#ifndef DISPLAY_DRIVER_H
#define DISPLAY_DRIVER_H

#include <stdint.h>
#include <stdio.h>
#include <uv.h>

#include "config.h"
#include "scale.h"

#define DISPLAY_BUFFERS 2

struct display_thread;

/* What a canvas of `canvas.size = auto` takes where there is no screen to ask. */
enum { DISPLAY_DEFAULT_WIDTH = 1280, DISPLAY_DEFAULT_HEIGHT = 720 };

/* A screen that can be drawn on.  With one buffer the display draws where people look. */
struct display_screen {
	char name[256];         /* device, connector, mode, method: for the log */
	uint32_t width, height; /* pixels */
	uint64_t frame_ns;      /* no two frames are presented closer together */
	uint32_t n_buffers;     /* 1 to DISPLAY_BUFFERS */
	struct {
		uint8_t *pixels; /* XRGB8888; written, never read */
		size_t pitch;    /* bytes from one row to the next */
	} buffers[DISPLAY_BUFFERS];
};

enum { DISPLAY_UNDER_WAY, DISPLAY_AT_ONCE };

struct display_driver {
	const char *name;

	/* Looks for something to show on, keeps nothing open.  0 with the size, also when
	 * no screen is connected yet; -ENODEV when there is nothing that could have one,
	 * with the reason in `why`; any other -errno, logged. */
	int (*open)(const struct config_display *config, uint32_t *width,
		uint32_t *height, char *why, size_t len);

	/* Begins to look for a screen, with handles on `loop`.  The state, or NULL when
	 * out of memory.  A driver without this member shows nothing and needs no
	 * thread. */
	void *(*start)(const struct config_display *config, uv_loop_t *loop,
		struct display_thread *thread);

	/* Puts back what was there before and closes every handle. */
	void (*stop)(void *state);

	/* When the loop has run to its end. */
	void (*free)(void *state);

	/* Shows a buffer, of which only `box` changed against the one shown now.
	 * DISPLAY_UNDER_WAY: display_shown() follows.  DISPLAY_AT_ONCE: it is on the
	 * screen.  -EBUSY: not now, try again.  Any other -errno: the screen is dark
	 * (display_dark() was called) until the driver lights it again by itself. */
	int (*present)(void *state, uint32_t buffer, const struct scale_box *box);

	/* Prints what there is; NULL: nothing to print.  0 or -errno, logged. */
	int (*list)(const struct config_display *config, FILE *out);
};

extern const struct display_driver display_drm, display_null;

/* Makes every buffer black, and paints buffer 0 with the canvas.  0 or -ENOMEM, logged.
 */
int display_prepare(struct display_thread *thread, const struct display_screen *screen);

/* Buffer 0 of the screen prepared last is seen. */
void display_lit(struct display_thread *thread);

/* The buffer presented last is seen. */
void display_shown(struct display_thread *thread);

/* The buffers are about to go.  Harmless when it was dark. */
void display_dark(struct display_thread *thread);

#endif
