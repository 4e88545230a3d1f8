/* SPDX-License-Identifier: MIT */
/*
 * What code that fills batches itself paints on: the brush's members in local variables,
 * since a compiler must assume that stores to pixels change the brush.
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
