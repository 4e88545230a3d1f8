/* SPDX-License-Identifier: MIT */
/* A layout divides a surface between the picture and the HUD.  The display's thread. */
#pragma once

#include "display/driver.h"
#include "hud/hud.h"

struct layout {
	struct display_surface surface;
	struct scale scale;
	struct hud_room room;
	struct box strip; /* the HUD's, as people see it; empty: none; or its card's */
	uint32_t *hud;    /* the strip's pixels; NULL: none */
	bool plain;       /* nothing is drawn in the strip */
	bool hidden;      /* what would lie on the picture is not shown now */
	uint64_t version; /* of the HUD in these pixels; 0: none */
	bool on_picture;  /* the HUD may lie there too, not only a notice */
	struct hud_cards cards;
	struct box cover; /* of the memory: around all that lies on the picture */
	uint64_t covers;  /* counts these, from 1 on; they change what is below */
	uint64_t film;    /* counts the pictures of the film, which lies on one of them */
};

/* What the HUD needs to know of a screen that people see in that size. */
struct hud_room layout_room(
	const struct config_output *config, uint32_t width, uint32_t height);

/* `hud` may be NULL.  0 or -ENOMEM, logged; then there is nothing to finish. */
int layout_init(struct layout *layout, const struct display_surface *surface,
	const struct config_output *config, struct hud *hud,
	const struct mural_view *view);

/* What is shown of the canvas, where and how large. */
void layout_log(const struct layout *layout, const struct config_output *config);

/* Accepts a zeroed layout. */
void layout_finish(struct layout *layout);

/* Draws the HUD's present text into the strip's pixels, which must exist. */
void layout_draw_hud(struct layout *layout, struct hud *hud);

/* Removes those that the HUD's card covers wholly. */
void layout_skip_tiles(const struct layout *layout, uint64_t *tiles);

/* Where the picture is. */
struct hud_picture layout_picture(const struct layout *layout);

/* Whether what was drawn in that box belongs below the HUD's card. */
bool layout_wants_hud(const struct layout *layout, const struct box *drawn);

/* Copies the strip, if there is one, into a buffer.  Returns the box that was written. */
struct box layout_paste_hud(const struct layout *layout, uint32_t buffer);

/* Draws what lies on the picture, without the HUD's own card.  False: it is as it was. */
bool layout_draw_on_picture(struct layout *layout, struct hud *hud);

/* Draws the film's next picture.  False: it is as it was, or there is none. */
bool layout_draw_film(struct layout *layout, struct hud *hud);

/* Copies it into a buffer.  Returns the box that was written. */
struct box layout_paste_film(const struct layout *layout, uint32_t buffer);

/* Begins to draw a buffer on whose picture something else lay before, in that box: adds
 * the tiles below. */
void layout_uncover(const struct layout *layout, uint32_t buffer, const struct box *cover,
	uint64_t *tiles);

/* Copies that, with the film, into a buffer.  Returns the box that was written. */
struct box layout_paste_cards(const struct layout *layout, uint32_t buffer);

/* The whole surface. */
struct box layout_all(const struct layout *layout);
