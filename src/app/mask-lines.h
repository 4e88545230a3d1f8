/* SPDX-License-Identifier: MIT */
/*
 * What is closed pixel by pixel, as lines of the state's file: {NAME: "WxH+X+Y", "mask":
 * BASE64}, a bit for each pixel, the first one the highest of a byte; each row begins
 * with a new byte.
 */
#pragma once

#include "app/operators.h"

/* Bands of the whole canvas; those where nothing is closed are left out. */
json_t *mask_lines(struct wall *wall, const char *name, enum reins_closed kind);

/* A byte for each pixel of the rectangle, to be freed; NULL: that is no mask of it. */
uint8_t *mask_read(const struct mural_rect *rect, const char *text);
