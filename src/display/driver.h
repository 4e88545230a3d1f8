/* SPDX-License-Identifier: MIT */
/*
 * What a way of showing pictures offers to the display, and the display to it.
 *
 * The display (display.c) shows one picture on several screens; a screen (screen.c)
 * knows when to draw what; the driver knows how a drawn buffer gets onto a screen.  A
 * driver that finds a screen for a screen allocates buffers, has the first one painted
 * with screen_prepare(), lights the screen with it, and says screen_enabled().  From then
 * on the screen draws into the buffer that is not shown and presents it, never a second
 * one before screen_presented().  A screen that goes away is screen_disabled().  No
 * screen waits for another.  All of it on the display's thread, except open, close and
 * list.
 */
#ifndef DISPLAY_DRIVER_H
#define DISPLAY_DRIVER_H

#include <stdint.h>
#include <stdio.h>
#include <uv.h>

#include "config/config.h"
#include "display/scale.h"

#define DISPLAY_BUFFERS 2

struct display_thread;
struct screen;

/* What a canvas of `canvas.size = auto` takes where there is no screen to ask. */
enum { DISPLAY_DEFAULT_WIDTH = 1280, DISPLAY_DEFAULT_HEIGHT = 720 };

/* A screen that can be drawn on.  With one buffer the screen draws where people look. */
struct display_surface {
	char name[256];         /* device, connector, mode, method: for the log */
	uint32_t width, height; /* pixels */
	bool rgb565;            /* two bytes a pixel; else XRGB8888 */
	uint64_t frame_ns;      /* no two frames are presented closer together */
	uint32_t n_buffers;     /* 1 to DISPLAY_BUFFERS */
	struct {
		uint8_t *pixels; /* written, never read */
		size_t pitch;    /* bytes from one row to the next */
	} buffers[DISPLAY_BUFFERS];
};

enum { DISPLAY_FLIP_PENDING, DISPLAY_FLIP_DONE };

struct display_driver {
	const char *name;

	/* Looks for something to show on, keeps nothing open.  0 with the size of the
	 * first screen's memory, 0x0 when none is connected yet; -ENODEV when there is
	 * nothing that could have one, with the reason in `why`; any other -errno,
	 * logged. */
	int (*open)(const struct config_display *config, uint32_t *width,
		uint32_t *height, char *why, size_t len);

	/* Begins to look for screens, with handles on `loop`.  `config` stays where it
	 * is and may change (see reconfigure).  The state, or NULL when out of memory.
	 * A driver without this member shows nothing and needs no thread. */
	void *(*start)(const struct config_display *config, uv_loop_t *loop,
		struct display_thread *thread);

	/* The config says something else now.  A screen that refuses what is new keeps
	 * what it shows. */
	void (*reconfigure)(void *state);

	/* Switches every screen off, and on again. */
	void (*blank)(void *state, bool blank);

	/* Puts back what was there before and closes every handle. */
	void (*stop)(void *state);

	/* When the loop has run to its end. */
	void (*free)(void *state);

	/* Shows a buffer of the screen that screen_prepare() was told of with `output`;
	 * only `box` of it changed against the one shown now.
	 * DISPLAY_FLIP_PENDING: screen_presented() follows.  DISPLAY_FLIP_DONE: it is on
	 * the screen. -EBUSY: not now, try again.  Any other -errno: the screen is dark
	 * (screen_disabled() was called) until the driver lights it again by itself. */
	int (*present)(void *output, uint32_t buffer, const struct box *box);

	/* Prints what there is; NULL: nothing to print.  0 or -errno, logged. */
	int (*list)(const struct config_display *config, FILE *out);
};

extern const struct display_driver display_drm, display_null;

/* The display's screen of that index, below CONFIG_CONNECTORS; they live as long as the
 * thread. */
struct screen *display_screen(struct display_thread *thread, uint32_t index);

/* Makes every buffer black, and paints buffer 0 with the canvas.  0 or -errno, logged.
 * When the screen is enabled already, its old screen stays as it is until
 * screen_enabled(). */
int screen_prepare(
	struct screen *screen, const struct display_surface *surface, void *output);

/* Buffer 0 of the screen prepared last is seen. */
void screen_enabled(struct screen *screen);

/* The buffer presented last is seen. */
void screen_presented(struct screen *screen);

/* The buffers are about to go.  Harmless when it was dark. */
void screen_disabled(struct screen *screen);

#endif
