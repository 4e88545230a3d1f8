/* SPDX-License-Identifier: MIT */
/*
 * Averaging: the means of pixels, for a canvas that is drawn smaller than it is.
 *
 * What is averaged is light, not the numbers that stand for it, so that a picture is as
 * bright when it is reduced, and a single bright pixel does not vanish.  The light of a
 * value is taken to be its square, which is near to sRGB's curve and costs one
 * multiplication there and one square root back.  A colour that is the same all over
 * stays exactly the same.
 *
 * A sum has four floats for a pixel, one for each byte, and lies on 16 bytes.
 */
#pragma once

#include <stdint.h>

#include "display/axis.h"

typedef float average_sum __attribute__((vector_size(16)));

/* Adds a row of pixels, weighted. */
void average_add(average_sum *sums, const uint32_t *pixels, uint32_t len, float weight);

/* Makes the pixels `from` to `to` - 1 of the memory from sums that begin at the canvas
 * pixel `first`. */
void average_line(const struct scale_axis *across, const average_sum *sums,
	uint32_t first, uint32_t from, uint32_t to, uint32_t *line);
