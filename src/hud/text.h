/* SPDX-License-Identifier: MIT */
/*
 * Text on the screen, in sizes given by the height of its capitals: in scalable type
 * where there is a font, else in the bitmap font, whose sizes are whole multiples.
 *
 * Texts are UTF-8 and as long as a line; what is behind 256 characters is left out.  One
 * thread at a time.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "hud/font.h"

struct text;

enum text_face { TEXT_SANS, TEXT_BOLD, TEXT_MONO, TEXT_FACES };

struct text_style {
	enum text_face face;
	double capital;       /* height in pixels */
	uint32_t ink, ground; /* 0xffRRGGBB; the ground is what is there already */
};

/* `files`: fonts, separated by blanks, that come before Debian's; may be empty; NULL: the
 * bitmap font.  Returns NULL when out of memory. */
struct text *text_open(const char *files);
void text_close(struct text *text); /* accepts NULL */

bool text_is_scalable(const struct text *text);

/* Width in pixels. */
double text_measure(
	struct text *text, const char *string, enum text_face face, double capital);

/* The highest capitals from `capital` down to `least` with which the string is no wider
 * than `room`; 0: there are none. */
double text_fit(struct text *text, const char *string, enum text_face face,
	double capital, double least, double room);

/* Draws on a base line, from x to the right, clipped to the bitmap.  Returns the width.
 */
double text_draw(struct text *text, const struct font_bitmap *bitmap,
	const struct text_style *style, double x, double base, const char *string);

/* The first character that cannot be drawn; 0: all can. */
uint32_t text_missing(struct text *text, const char *string);
