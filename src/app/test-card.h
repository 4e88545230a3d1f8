/* SPDX-License-Identifier: MIT */
/*
 * The test card: corners, frames, one-pixel lines, colours, greys, and the mode as text,
 * to show at a glance what a projector crops, scales or rotates.
 */
#pragma once

#include "config/config.h"
#include "hud/font.h"

/* Draws the card on the whole bitmap, with one line of text. */
void test_card_draw(const struct font_bitmap *bitmap, const char *text);

/* Shows the card on the configured display, at its native size, until SIGTERM or SIGINT;
 * without a screen it ends at once.  0 or -errno, logged. */
int test_card_run(const struct config *config);
