/* SPDX-License-Identifier: MIT */
/*
 * The test card: corners, frames, one-pixel lines, colours, greys, and the mode as text,
 * so that an operator sees at a glance what a projector crops, scales or rotates.
 */
#ifndef APP_TEST_CARD_H
#define APP_TEST_CARD_H

#include "config/config.h"
#include "hud/font.h"

/* Draws the card over the whole bitmap; `words` is one line. */
void test_card_draw(const struct font_bitmap *bitmap, const char *words);

/* Shows the card on the config's display, in its own size, until SIGTERM or SIGINT.  0 or
 * -errno, logged. */
int test_card_run(const struct config *config);

#endif
