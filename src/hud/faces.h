/* SPDX-License-Identifier: MIT */
/*
 * Scalable type: fonts, each with those that stand in for the characters it lacks, and
 * text in both directions.  A build without FreeType and FriBidi finds no fonts.
 */
#pragma once

#include <stdint.h>

#include "hud/font.h"
#include "hud/text.h"

struct faces;

/* Opens `files`, separated by spaces, and Debian's fonts where they are installed.  NULL:
 * there is none, or no memory.  A file that is not a font is logged and left out. */
struct faces *faces_open(const char *files);
void faces_close(struct faces *faces); /* accepts NULL */

/* The width of a text whose capitals are one pixel high. */
double faces_measure(struct faces *faces, const char *text, enum text_face face);

/* See text_draw(). */
void faces_draw(struct faces *faces, const struct font_bitmap *bitmap,
	const struct text_style *style, double x, double base, const char *text);

/* The first character that no font has; 0: they have all of them. */
uint32_t faces_missing(struct faces *faces, const char *text);
