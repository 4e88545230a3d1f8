/* SPDX-License-Identifier: MIT */
/*
 * The test card: corners, frames, one-pixel lines, colours, greys, and the mode in words,
 * so that an operator sees at a glance what a projector cuts off, scales or turns.
 */
#ifndef TESTCARD_H
#define TESTCARD_H

#include <uv.h>

#include "config.h"
#include "font.h"

/* Draws the card on the whole paper; `words` is of one line. */
void testcard_draw(const struct font_paper *paper, const char *words);

/* Shows it on the display that the config names, at its own size, until SIGTERM or
 * SIGINT.  0 or -errno, logged. */
int testcard_run(const struct config *config, uv_loop_t *loop);

#endif
