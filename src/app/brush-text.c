/* SPDX-License-Identifier: MIT */
/* Implements text on the canvas: the HUD's font, with a plugin's brush. */
#include <string.h>

#include <mural/plugin.h>

#include "base/util.h"
#include "hud/font.h"

#define CELLS_MAX 1024

/* How many cells of the text go into the next row of `columns`: up to the last blank that
 * fits, or as many as fit.  *next: where the row after it begins. */
static size_t
row_length(const char *cells, size_t n, size_t columns, size_t *next)
{
	size_t len = n;

	if (n > columns) {
		for (len = columns; len > 0 && cells[len] != ' '; len--)
			;
		if (len == 0)
			len = columns;
	}
	*next = len < n && cells[len] == ' ' ? len + 1 : len;
	return len;
}

static size_t
count_rows(const char *cells, size_t n, size_t columns)
{
	size_t rows = 0, next;

	for (; n > 0; rows++) {
		(void)row_length(cells, n, columns, &next);
		cells += next;
		n -= next;
	}
	return rows;
}

/* The largest factor at which the text fits; 1 if none does. */
static uint32_t
choose_factor(const char *cells, size_t n, uint32_t width, uint32_t height)
{
	uint32_t factor = MIN(width / FONT_WIDTH, height / FONT_HEIGHT);

	while (factor > 1 && count_rows(cells, n, width / (factor * FONT_WIDTH)) >
				     height / (factor * FONT_HEIGHT))
		factor--;
	return factor;
}

static void
paint_cell(struct mural_brush *brush, uint32_t x, uint32_t y, uint32_t factor,
	uint32_t argb, char cell)
{
	for (unsigned row = 0; row < FONT_HEIGHT; row++)
		for (unsigned from = 0, to; from < FONT_WIDTH; from = to + 1) {
			for (to = from; to < FONT_WIDTH && font_dot(cell, to, row); to++)
				;
			if (to > from)
				mural_fill(brush, x + from * factor, y + row * factor,
					(to - from) * factor, factor, argb);
		}
}

uint32_t
mural_text(struct mural_brush *brush, uint32_t x, uint32_t y, uint32_t width,
	uint32_t height, uint32_t argb, const char *utf8)
{
	char text[CELLS_MAX], *cells = text;
	size_t n, next, columns, rows;
	uint32_t factor;

	width = x < brush->width ? MIN(width, brush->width - x) : 0;
	height = y < brush->height ? MIN(height, brush->height - y) : 0;
	n = font_cells(utf8, text, sizeof(text));
	factor = choose_factor(cells, n, width, height);
	if (factor == 0)
		return 0;
	columns = width / (factor * FONT_WIDTH);
	rows = height / (factor * FONT_HEIGHT);
	for (; n > 0 && rows > 0; rows--, y += factor * FONT_HEIGHT) {
		size_t len = row_length(cells, n, columns, &next);

		for (size_t i = 0; i < len; i++)
			paint_cell(brush, x + (uint32_t)i * factor * FONT_WIDTH, y,
				factor, argb, cells[i]);
		cells += next;
		n -= next;
	}
	return factor;
}
