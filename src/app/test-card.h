/* SPDX-License-Identifier: MIT */
/*
 * The test card: corners, frames, one-pixel lines, colours, greys, and the mode in words,
 * so that an operator sees at a glance what a projector cuts off, scales or turns.
 */
#ifndef APP_TEST_CARD_H
#define APP_TEST_CARD_H

#include "config/config.h"
#include "hud/font.h"

/* Draws the card on the whole bitmap; `words` is of one line. */
void test_card_draw(const struct font_bitmap *bitmap, const char *words);

/* Shows it on the display that the config names, at its own size, until SIGTERM or
 * SIGINT.  0 or -errno, logged. */
int test_card_run(const struct config *config);

#endif
