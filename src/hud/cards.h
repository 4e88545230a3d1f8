/* SPDX-License-Identifier: MIT */
/* Draws what lies on the picture, see hud_draw_cards(). */
#pragma once

#include "hud/render.h"

/* Fills in all but the version.  A card for which there is no memory is left out. */
void cards_draw(const struct render *render, const struct hud_room *room,
	const struct hud_picture *picture, struct hud_cards *cards);
