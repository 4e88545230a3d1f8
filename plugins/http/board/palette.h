/* SPDX-License-Identifier: MIT */
/* The colours of a board, and which of them another colour is. */
#ifndef HTTP_BOARD_PALETTE_H
#define HTTP_BOARD_PALETTE_H

#include <stdbool.h>
#include <stdint.h>

#define PALETTE_MAX 256

struct palette {
	uint32_t colours[PALETTE_MAX]; /* 0xffrrggbb */
	unsigned n;
};

/* Reads rrggbb, or #rrggbb, with commas between them; at least one.  False: it is no
 * palette, and *palette is unchanged. */
bool palette_parse(struct palette *palette, const char *text);

/* The index of the colour that is nearest, the first of equals. */
uint8_t palette_nearest(const struct palette *palette, uint32_t argb);

/* 0 to 15; -1: the character is no hex digit. */
int palette_hex_digit(char c);

#endif
