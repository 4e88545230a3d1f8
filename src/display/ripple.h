/* SPDX-License-Identifier: MIT */
/*
 * Ripples on the picture: rings that close in on a pixel, so that the eye finds it.  They
 * are drawn over the canvas into a screen's memory, and below all that the HUD has there;
 * what was below one is drawn again with the tiles of its box.  The display's thread.
 */
#pragma once

#include "display/layout.h"

/* Of those that a buffer has: of the memory. */
struct ripple_boxes {
	uint32_t n;
	struct box boxes[HUD_RIPPLES_MAX];
};

/* Whether one of them has not ended. */
bool ripples_run(const struct hud_ripple *ripples, uint32_t n, uint64_t now_ns);

/* Draws those that run.  Returns the box that was written, and in `boxes` those of each.
 */
struct box ripples_draw(const struct layout *layout, uint32_t buffer,
	const struct hud_ripple *ripples, uint32_t n, uint64_t now_ns,
	struct ripple_boxes *boxes);
