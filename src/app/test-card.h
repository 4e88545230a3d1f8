/* SPDX-License-Identifier: MIT */
/*
 * The test card: corners, frames, one-pixel lines, colours, greys, letters in the sizes
 * of the HUD, and that itself, to show at a glance what a projector crops, scales or
 * rotates, and from where what can be read.
 */
#pragma once

#include "config/config.h"
#include "hud/font.h"
#include "hud/hud.h"
#include "hud/text.h"

/* What one output shows. */
struct test_card_page {
	struct font_bitmap bitmap; /* all of it */
	struct hud *hud;
	struct hud_room room;
	struct box strip, picture; /* from hud_place() */
	struct text *text;
	const char *mode;   /* as the display describes it */
	const char *output; /* its name, view and so on */
};

/* 0 or -ENOMEM. */
int test_card_draw(const struct test_card_page *page);

/* Shows the card on the configured display, at its native size, until SIGTERM or SIGINT;
 * without a screen it ends at once.  0 or -errno, logged. */
int test_card_run(const struct config *config);
