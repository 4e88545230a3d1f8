/* SPDX-License-Identifier: MIT */
/* In a build without FreeType or FriBidi there is no scalable type. */
#include "hud/faces.h"

#include <stddef.h>

struct faces *
faces_open(const char *files)
{
	(void)files;
	return NULL;
}

void
faces_close(struct faces *faces)
{
	(void)faces;
}

double
faces_measure(struct faces *faces, const char *text, enum text_face face)
{
	(void)faces;
	(void)text;
	(void)face;
	return 0;
}

void
faces_draw(struct faces *faces, const struct font_bitmap *bitmap,
	const struct text_style *style, double x, double base, const char *text)
{
	(void)faces;
	(void)bitmap;
	(void)style;
	(void)x;
	(void)base;
	(void)text;
}

uint32_t
faces_missing(struct faces *faces, const char *text)
{
	(void)faces;
	(void)text;
	return 0;
}
