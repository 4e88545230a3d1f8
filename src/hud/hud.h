/* SPDX-License-Identifier: MIT */
/*
 * The HUD: the strip that tells the room how to paint.  An invitation for each running
 * plugin, what each paints a second, and a QR code of the web page.
 *
 * It is drawn in the pixels of a screen and never in the canvas.  The main thread says
 * what it should read (hud_set_text), as often as it likes; each screen asks where it
 * goes (hud_place) and draws it when hud_version() changed.  A HUD knows no screen, no
 * DRM and no network: it is text in, pixels out.
 */
#ifndef HUD_HUD_H
#define HUD_HUD_H

#include <stddef.h>
#include <stdint.h>

#include "base/box.h"

struct hud;

/* One plugin's line. */
struct hud_line {
	char name[32];   /* the instance's */
	char hint[256];  /* a command to type; empty: none */
	uint64_t pixels; /* painted in the last second */
};

struct hud_text {
	char url[128]; /* of the web page, for the QR code; empty: there is none */
	uint32_t n_lines;
	struct hud_line
		lines[8]; /* the first ones; how many more there are is not said */
};

/* NULL: out of memory or descriptors. */
struct hud *hud_new(void);
void hud_free(struct hud *hud); /* accepts NULL */

/* What it shall say from now on; rings the bell when that looks different.  Copied.  Any
 * thread. */
void hud_set_text(struct hud *hud, const struct hud_text *text);

/* Changes with every hud_set_text() that changed something; never 0.  Any thread. */
uint64_t hud_version(struct hud *hud);

/* An eventfd that becomes readable with each new version; whoever polls it reads it
 * empty. For one poller. */
int hud_fd(const struct hud *hud);

/* Where the HUD goes on a screen of width x height pixels (as people see it: rotation and
 * mirroring come later), and what is left for the picture.  `canvas_*` is the canvas's
 * size; 0x0: not known yet, as with `canvas.size = auto`, and then the HUD is a strip at
 * the bottom and *picture is all above it.  Where the letterbox of a canvas that fits the
 * whole screen has room for the HUD, it takes that, beside or below, and *picture is the
 * screen less that; else a strip at the bottom.  A screen too small for any HUD gives an
 * empty *strip and the whole screen as *picture.  Depends on nothing but the arguments.
 */
void hud_place(uint32_t width, uint32_t height, uint32_t canvas_width,
	uint32_t canvas_height, struct box *strip, struct box *picture);

/* Draws the present text into pixels of its own, XRGB8888, row after row: every pixel of
 * them.  `width` and `height` are those of a strip from hud_place().  Returns the version
 * that was drawn.  Any thread. */
uint64_t hud_draw(struct hud *hud, uint32_t *pixels, uint32_t width, uint32_t height);

#endif
