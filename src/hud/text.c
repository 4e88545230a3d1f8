/* SPDX-License-Identifier: MIT */
/* Chooses between scalable type and the bitmap font. */
#include "hud/text.h"

#include <math.h>
#include <stdlib.h>

#include "base/util.h"
#include "hud/faces.h"

enum { CELLS_MAX = 257, BITMAP_CAPITAL = 10 };

struct text {
	struct faces *faces; /* NULL: the bitmap font */
};

struct text *
text_open(const char *files)
{
	struct text *text = calloc(1, sizeof(*text));

	if (text && files)
		text->faces = faces_open(files);
	return text;
}

void
text_close(struct text *text)
{
	if (text)
		faces_close(text->faces);
	free(text);
}

bool
text_is_scalable(const struct text *text)
{
	return text->faces != NULL;
}

/* Rounded up, for legibility, unless little is missing: three rows must fit. */
static uint32_t
bitmap_factor(double capital)
{
	return (uint32_t)MAX(1, ceil(capital / BITMAP_CAPITAL - 0.25));
}

double
text_measure(struct text *text, const char *string, enum text_face face, double capital)
{
	char cells[CELLS_MAX];

	if (text->faces)
		return capital * faces_measure(text->faces, string, face);
	return (double)font_cells(string, cells, sizeof(cells)) * FONT_WIDTH *
	       bitmap_factor(capital);
}

double
text_fit(struct text *text, const char *string, enum text_face face, double capital,
	double least, double room)
{
	double width = text_measure(text, string, face, capital);

	if (width <= room)
		return capital;
	if (text->faces)
		capital *= room / width;
	else /* its sizes are steps, which begin behind a multiple of its capitals */
		capital = BITMAP_CAPITAL * floor(room * bitmap_factor(capital) / width);
	return capital >= least && capital > 0 ? capital : 0;
}

double
text_draw(struct text *text, const struct font_bitmap *bitmap,
	const struct text_style *style, double x, double base, const char *string)
{
	uint32_t factor = bitmap_factor(style->capital);
	char cells[CELLS_MAX];
	double top = round(base) - (BITMAP_CAPITAL + 1) * (double)factor;
	size_t n;

	if (text->faces) {
		faces_draw(text->faces, bitmap, style, x, base, string);
	} else if (x >= 0 && top >= 0) {
		n = font_cells(string, cells, sizeof(cells));
		font_draw(
			bitmap, (uint32_t)x, (uint32_t)top, factor, style->ink, cells, n);
	}
	return text_measure(text, string, style->face, style->capital);
}

/* The bitmap font has what is ASCII, and signs of murald's own texts. */
uint32_t
text_missing(struct text *text, const char *string)
{
	static const char replacement = FONT_UNKNOWN;
	char cells[CELLS_MAX];
	size_t n;

	if (text->faces)
		return faces_missing(text->faces, string);
	n = font_cells(string, cells, sizeof(cells));
	for (size_t i = 0; i < n; i++)
		if (cells[i] == replacement)
			return 0xfffd;
	return 0;
}
