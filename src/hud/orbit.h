/* SPDX-License-Identifier: MIT */
/* Moves what stands still for hours among four places, so that it does not burn in. */
#pragma once

#include <stdint.h>

#include "hud/font.h"

/* How far from the first place, in pixels. */
struct orbit {
	uint32_t x, y;
};

/* About half a unit, and a multiple of four, so that codes stay on those of the screen.
 * `turn` is any number; `unit` is in pixels. */
struct orbit orbit_at(uint32_t turn, double unit);

/* Moves all of a bitmap; its first column and row fill what that leaves. */
void orbit_shift(const struct font_bitmap *bitmap, struct orbit orbit);
