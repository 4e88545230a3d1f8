/* SPDX-License-Identifier: MIT */
/*
 * The HUD: the strip that tells the audience how to paint, with a command for each
 * running plugin, the pixels that each paints a second, and a QR code of the web page.
 *
 * It is drawn into the pixels of a screen and never into the canvas.  The main thread
 * sets its text (hud_set_text), as often as it likes; each screen asks where the HUD goes
 * (hud_place) and draws it when hud_fd() signals.  It may use base/ and libqrencode;
 * it must never know screens, DRM or the network: text goes in, pixels come out.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/box.h"

struct hud;

/* One plugin's line. */
struct hud_line {
	char name[32];   /* the instance's */
	char hint[256];  /* a command that paints; empty: none */
	uint64_t pixels; /* painted in the last second */
	char state[128]; /* what people should know of it; empty: nothing */
};

/* Room for what the operator has to say to all. */
#define HUD_NOTICE_MAX 256

struct hud_text {
	char url[128]; /* of the web page, for the QR code; empty: there is none */
	char notice[HUD_NOTICE_MAX]; /* what the operator has to say; empty: nothing */
	uint32_t n_lines;
	struct hud_line lines[8]; /* of the first plugins; the rest is not shown */
};

/* NULL: out of memory or descriptors. */
struct hud *hud_new(void);
void hud_free(struct hud *hud); /* accepts NULL */

/* Replaces the text, which is copied; signals hud_fd() if it changed.  Any thread. */
void hud_set_text(struct hud *hud, const struct hud_text *text);

/* Copies the notice of the present text, which is shown also where there is no strip.
 * False: there is none.  Any thread. */
bool hud_copy_notice(struct hud *hud, char notice[HUD_NOTICE_MAX]);

/* An eventfd that becomes readable with each new version; its only poller drains it. */
int hud_fd(const struct hud *hud);

/* Divides a screen of width x height pixels (as people see it, before rotation and
 * mirroring) between the HUD and the picture.  `canvas_*` is the canvas's size; 0x0: not
 * known yet, as with `canvas.size = auto`.  If a canvas that fits the whole screen leaves
 * a letterbox with room for the HUD, beside or below, the HUD goes there; else, or if the
 * size is not known, into a strip at the bottom.  On a screen too small for a HUD, *strip
 * is empty and *picture the whole screen.  Depends on nothing but the arguments. */
void hud_place(uint32_t width, uint32_t height, uint32_t canvas_width,
	uint32_t canvas_height, struct box *strip, struct box *picture);

/* Draws the present text into XRGB8888 pixels, row after row, and sets every one of them.
 * `width` and `height` are those of a strip from hud_place().  Returns the text's
 * version, which is never 0.  Any thread. */
uint64_t hud_draw(struct hud *hud, uint32_t *pixels, uint32_t width, uint32_t height);
