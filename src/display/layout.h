/* SPDX-License-Identifier: MIT */
/*
 * A layout: a screen, and what goes where on it, picture and HUD.  The display's thread.
 */
#ifndef DISPLAY_LAYOUT_H
#define DISPLAY_LAYOUT_H

#include "display/driver.h"
#include "hud/hud.h"

struct layout {
	struct display_surface surface;
	struct scale scale;
	struct box strip; /* the HUD's, as people see it; empty: none */
	uint32_t *hud;    /* the strip's pixels; NULL: none */
	uint64_t version; /* the HUD's, as it is in there; 0: none */
};

/* `hud` NULL: there is none.  0 or -ENOMEM, logged; then there is nothing to finish. */
int layout_init(struct layout *layout, const struct display_surface *surface,
	const struct config_display *config, struct hud *hud,
	const struct mural_view *view);

/* Accepts a zeroed layout. */
void layout_finish(struct layout *layout);

/* Draws what the HUD says now into the strip's pixels, which are there. */
void layout_draw_hud(struct layout *layout, struct hud *hud);

/* Copies the strip into a buffer; the box that was written. */
struct box layout_paste_hud(const struct layout *layout, uint32_t buffer);

/* The box around the whole screen. */
struct box layout_all(const struct layout *layout);

#endif
