/* SPDX-License-Identifier: MIT */
/* The palette: the colours of a board. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#define PALETTE_MAX 256

struct palette {
	uint32_t colours[PALETTE_MAX]; /* 0xffrrggbb */
	unsigned n;
};

/* Parses one or more rrggbb or #rrggbb, separated by commas.  False: it is not a palette,
 * and *palette is unchanged. */
bool palette_parse(struct palette *palette, const char *text);

/* The index of the nearest colour, the first of equals. */
uint8_t palette_nearest(const struct palette *palette, uint32_t argb);

/* Its colours as "#rrggbb". */
json_t *palette_json(const struct palette *palette);
