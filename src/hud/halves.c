/* SPDX-License-Identifier: MIT */
/*
 * The halves of a strip, for two screens side by side: one calls, with the address and
 * the title, and the other says how, with commands and figures.  Both are larger than in
 * a whole strip.
 */
#include <stdio.h>

#include "base/util.h"
#include "hud/render.h"

#define ADDRESS 11.0 /* capitals, in units */
#define ADDRESS_LEAST 4.0
#define TITLE 9.0
#define RATE 6.0
#define LOGO_HEIGHT 20.0
#define GAP 4.0
#define COMMAND_LEAST 3.0

enum { ROWS = 3 };

/* ------------------------------------------------------------------ the call */

/* Right of what is there already, if it fits. */
static void
draw_title(const struct sheet *sheet, double from, double base, double stretch)
{
	const struct hud_look *look = sheet->render->look;
	const double unit = sheet->unit;
	const double logo = sheet_logo_width(sheet, LOGO_HEIGHT * unit);
	double right = sheet->right, capital;

	if (logo > 0 && right - logo > from + GAP * unit) {
		sheet_logo(sheet, right - logo, 4.6 * stretch, LOGO_HEIGHT * unit);
		right -= logo + GAP * unit;
	}
	capital = sheet_fit(sheet, look->title, TEXT_BOLD, TITLE, ADDRESS_LEAST,
		right - from - GAP * unit);
	if (*look->title && capital > 0 && right > from)
		(void)sheet_text_right(
			sheet, right, base, look->title, TEXT_BOLD, capital, look->ink);
}

void
halves_draw_call(struct sheet *sheet)
{
	const struct hud_look *look = sheet->render->look;
	const double stretch = sheet->bitmap.height / 30.0, base = 24 * stretch;
	double end = sheet->left;

	sheet_tiles(sheet);
	if (sheet->render->said->paused)
		sheet_paused(sheet, 8 * stretch, 0);
	else if (*sheet->address &&
		 (!sheet->has_steps || sheet->render->said->url_is_new))
		(void)sheet_text_cut(sheet, sheet->left, sheet->right, 8 * stretch,
			sheet_call(sheet), TEXT_SANS, RENDER_B, COMMAND_LEAST,
			look->accent);
	if (*sheet->address)
		end = sheet_text_cut(sheet, sheet->left, sheet->right, base,
			sheet->address, TEXT_BOLD, ADDRESS, ADDRESS_LEAST, look->ink);
	draw_title(sheet, end, base, stretch);
}

/* ------------------------------------------------------------------ commands */

/* The widest that is to be expected keeps its room, so that commands stay where they are.
 */
static double
draw_figures(const struct sheet *sheet, const double base[ROWS])
{
	const struct hud_text *said = sheet->render->said;
	const uint32_t ink = sheet->render->look->figures;
	const enum hud_language language = sheet->render->look->language;
	const double capital = sheet_capital(sheet, RENDER_B);
	const char *widest = sheet_word(sheet, WORD_WIDEST_RATE);
	char rate[WORDS_MAX], people[WORDS_MAX];

	words_rate(language, said, rate);
	words_people(language, said, false, people);
	(void)sheet_text_right(sheet, sheet->right, base[0], rate, TEXT_BOLD,
		sheet_capital(sheet, RATE), ink);
	(void)sheet_text_right(
		sheet, sheet->right, base[1], people, TEXT_SANS, capital, ink);
	words_watching(language, said, people);
	(void)sheet_text_right(
		sheet, sheet->right, base[2], people, TEXT_SANS, capital, ink);
	return MAX(sheet_measure(sheet, widest, TEXT_BOLD, RATE),
		sheet_measure(sheet, rate, TEXT_BOLD, RATE));
}

/* The first two lines that fit stay, and the others take the last row in turn. */
static void
draw_lines(const struct sheet *sheet, const double base[ROWS], double room)
{
	struct sheet_line lines[SHEET_LINES];
	double capitals[SHEET_LINES];
	size_t n = sheet_lines(sheet, lines), n_fit = 0, line;

	for (size_t i = 0; i < n; i++) {
		capitals[n_fit] =
			sheet_fit_line(sheet, &lines[i], RENDER_B, COMMAND_LEAST, room);
		if (capitals[n_fit] > 0)
			lines[n_fit++] = lines[i];
	}
	for (size_t row = 0; row < MIN(n_fit, ROWS); row++) {
		line = row;
		if (row == ROWS - 1)
			line += sheet->render->said->turn % (n_fit - row);
		sheet_line(sheet, sheet->left, base[row], &lines[line], capitals[line]);
	}
}

void
halves_draw_lines(struct sheet *sheet)
{
	const double stretch = sheet->bitmap.height / 30.0;
	const double base[ROWS] = { 9.5 * stretch, 17.5 * stretch, 25.5 * stretch };
	double figures;

	if (sheet->render->said->paused) {
		sheet_paused(sheet, base[0], base[1]);
		return;
	}
	figures = draw_figures(sheet, base);
	draw_lines(sheet, base, sheet->right - sheet->left - figures - GAP * sheet->unit);
}
