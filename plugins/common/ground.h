/* SPDX-License-Identifier: MIT */
/*
 * What a painter with a batch of its own paints on by itself: apart from the brush,
 * which stores might change for all that a compiler knows.
 *
 * It is that brush's, until the callback returns.  Places and tiles are as in a batch.
 */
#pragma once

#include <mural/plugin.h>

struct ground {
	uint32_t *pixels;
	uint8_t *damage;
	uint32_t owner; /* as brush->owner */
};

static inline struct ground
ground_of(const struct mural_brush *brush)
{
	return (struct ground){ brush->pixels, brush->damage, brush->owner };
}
