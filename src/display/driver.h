/* SPDX-License-Identifier: MIT */
/*
 * The interface between the display and a driver, which gets drawn buffers onto screens.
 *
 * A driver that finds a connected screen allocates buffers, has the first one painted
 * with screen_prepare(), sets the mode with it, and calls screen_enabled().  From then on
 * the screen (screen.c) draws into the buffer that is not shown and presents it, never a
 * second one before screen_presented().  When the screen goes away, the driver calls
 * screen_disabled().  No screen waits for another.  All of it happens on the display's
 * thread, except open and list.
 */
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <uv.h>

#include "config/config.h"
#include "display/scale.h"

#define DISPLAY_BUFFERS 2

struct screen;

/* A screen's memory.  With one buffer the screen draws into what is being shown. */
struct display_surface {
	char name[256];         /* device, connector, mode, backend: for the log */
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

/* The memory of the screen of that output. */
struct display_size {
	uint32_t output, width, height;
};

struct display_driver {
	const char *name;

	/* Looks for a card; keeps nothing open.  0 with the size of the first screen's
	 * memory that shows the canvas, and of which output it is, 0x0 when none is
	 * connected yet; -ENODEV when no card could drive one, with the reason in `why`;
	 * any other -errno, logged. */
	int (*open)(const struct config_display *config, struct display_size *size,
		char *why, size_t len);

	/* Starts looking for screens, with handles on `loop`.  `config` stays where it is
	 * and may change (see reconfigure); the CONFIG_CONNECTORS `screens` outlive the
	 * state, which is returned, or NULL when out of memory.  A driver without this
	 * member shows nothing and needs no thread. */
	void *(*start)(const struct config_display *config, uv_loop_t *loop,
		struct screen *const *screens);

	/* The config changed.  A screen that refuses the new mode keeps the old one. */
	void (*reconfigure)(void *state);

	/* Switches all screens off or on again. */
	void (*blank)(void *state, bool blank);

	/* Restores what was shown before and closes every handle. */
	void (*stop)(void *state);

	/* Called when the loop has run to its end. */
	void (*free)(void *state);

	/* Shows a buffer of the screen whose screen_prepare() was given `output`; only
	 * `box` of it differs from the one shown now.
	 * DISPLAY_FLIP_PENDING: screen_presented() follows.  DISPLAY_FLIP_DONE: it is
	 * shown.  -EBUSY: try again later.  Any other -errno: the screen is disabled
	 * (screen_disabled() was called) until the driver enables it again by itself. */
	int (*present)(void *output, uint32_t buffer, const struct box *box);

	/* Prints all cards and what is connected.  0 or -errno, logged. */
	int (*list)(const struct config_display *config, FILE *out);
};

extern const struct display_driver display_drm;

/* ------------------------------------------------------------------ for drivers */

/* Makes every buffer black, and paints buffer 0 with the canvas.  0 or -errno, logged.
 * A screen that is enabled already keeps its old surface until screen_enabled(). */
int screen_prepare(
	struct screen *screen, const struct display_surface *surface, void *output);

/* Buffer 0 of the surface prepared last is shown. */
void screen_enabled(struct screen *screen);

/* The buffer presented last is shown. */
void screen_presented(struct screen *screen);

/* The buffers are about to be freed.  Accepts a screen that is not enabled. */
void screen_disabled(struct screen *screen);
