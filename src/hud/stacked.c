/* SPDX-License-Identifier: MIT */
/*
 * The strip of a portrait screen, with the address over all of its width, the column
 * beside a picture that leaves room there, and the card in a corner.  They have what a
 * strip has, or the most important of it, one below the other.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "hud/render.h"
#include "hud/wifi.h"

#define PORTRAIT_WIDTH 101.25 /* units, of a screen of 9:16 */
#define COLUMN_WIDTH 80.0
#define PORTRAIT_LOGO 7.2 /* units: beside the caption, above the title */
#define LOGO_COLUMN 10.5
#define LEAST 2.0
#define SHELL_GOES_ON " \\"

/* Two rows below each other: the figures, or that the wall is paused. */
struct pair {
	char text[2][WORDS_MAX + 128];
	enum text_face face[2];
	uint32_t ink[2];
};

/* In place of the figures, since people outside the network cannot paint: its name, and
 * its password if it has one. */
static void
add_wifi(const struct sheet *sheet, struct pair *pair)
{
	const struct hud_look *look = sheet->render->look;
	char text[sizeof(pair->text[0])], *password;

	if (*look->wifi == '\0' ||
		wifi_words(look->language, look->wifi, text, sizeof(text)) < 0)
		return;
	password = strstr(text, WIFI_DOT);
	snprintf(pair->text[1], sizeof(pair->text[1]), "%s",
		password ? password + strlen(WIFI_DOT) : text);
	pair->ink[1] = look->accent;
	if (!password)
		return;
	*password = '\0';
	snprintf(pair->text[0], sizeof(pair->text[0]), "%s", text);
	pair->ink[0] = look->accent;
}

static void
get_pair(const struct sheet *sheet, struct pair *pair)
{
	const struct hud_look *look = sheet->render->look;
	const struct hud_text *said = sheet->render->said;

	*pair = (struct pair){ .ink = { look->figures, look->figures } };
	if (said->waits_for_network) {
		for (uint32_t i = 0; i < 2; i++) {
			snprintf(pair->text[i], sizeof(pair->text[i]), "%.150s",
				said->lines[i].hint);
			pair->ink[i] = look->ink;
		}
		return;
	}
	if (!said->paused) {
		words_rate(look->language, said, pair->text[0]);
		words_people(look->language, said, true, pair->text[1]);
		add_wifi(sheet, pair);
		return;
	}
	snprintf(pair->text[0], sizeof(pair->text[0]), "%s",
		sheet_word(sheet, WORD_PAUSED_BY));
	snprintf(pair->text[1], sizeof(pair->text[1]), "%s",
		sheet_word(sheet, WORD_PAUSED_MEANS));
	pair->face[0] = TEXT_BOLD;
	pair->ink[0] = look->accent;
	pair->ink[1] = look->ink;
}

/* From `left` to the edge, with the upper one's base line at `base`. */
static void
draw_pair(const struct sheet *sheet, double left, double base, double step, double size)
{
	struct pair pair;

	get_pair(sheet, &pair);
	for (int i = 0; i < 2; i++)
		(void)sheet_text_cut(sheet, left, sheet->right, base + step * i,
			pair.text[i], pair.face[i], size, LEAST, pair.ink[i]);
}

/* ------------------------------------------------------------------ commands */

/* The most of a text that ends at a blank and fits; 0: not even a word. */
static size_t
fitting_words(
	const struct sheet *sheet, const char *text, const char *prefix, double room)
{
	char part[384];

	for (size_t n = strlen(text); n > 0; n--) {
		if (text[n] && text[n] != ' ')
			continue;
		snprintf(part, sizeof(part), "%s%.*s%s", prefix, (int)n, text,
			text[n] ? SHELL_GOES_ON : "");
		if (sheet_measure(sheet, part, TEXT_MONO, RENDER_C) <= room)
			return n;
	}
	return 0;
}

/* Draws a command in as many rows as it needs, where a shell goes on behind each, or none
 * of it.  Returns the base line of the last. */
static double
draw_wrapped(struct sheet *sheet, const struct sheet_line *line, double base, bool draw)
{
	const double capital = sheet_capital(sheet, RENDER_C);
	const struct hud_look *look = sheet->render->look;
	const char *text = line->text, *prefix = line->is_command ? "$ " : "";
	char part[384];

	while (*text) {
		size_t n = fitting_words(sheet, text, prefix, sheet->right - sheet->left);
		bool ends = text[n] == '\0';

		base += 6.4 * sheet->unit;
		if (n == 0 || base > sheet->bitmap.height - sheet->margin_y)
			return 0;
		snprintf(part, sizeof(part), "%s%.*s%s", prefix, (int)n, text,
			ends || !line->is_command ? "" : SHELL_GOES_ON);
		if (draw)
			(void)sheet_text(sheet, sheet->left, base, part, TEXT_MONO,
				capital, look->ink);
		text += n + !ends;
		prefix = "  ";
	}
	return base;
}

/* Whether there is one that fits. */
static bool
draw_lines(struct sheet *sheet, double base)
{
	struct sheet_line lines[SHEET_LINES];
	size_t n = sheet_lines(sheet, lines);
	bool any = false;

	for (size_t i = 0; i < n; i++) {
		double last =
			draw_wrapped(sheet, &lines[i], base + 3 * sheet->unit, false);

		if (last == 0)
			continue;
		(void)draw_wrapped(sheet, &lines[i], base + 3 * sheet->unit, true);
		base = last;
		any = true;
	}
	return any;
}

/* ------------------------------------------------------------------ portrait */

/* Right of the code, or all over the width without one.  A screen that only calls has the
 * title where others have the figures. */
static void
draw_portrait_figures(
	const struct sheet *sheet, enum hud_share share, double x, double top)
{
	const bool calls = share == HUD_CALL_HALF && !sheet->render->said->paused;
	const struct hud_look *look = sheet->render->look;
	const double unit = sheet->unit;
	const double logo = sheet_logo_width(sheet, PORTRAIT_LOGO * unit);

	if (*sheet->address)
		(void)sheet_text_cut(sheet, x, sheet->right - logo, top + 5 * unit,
			sheet_call(sheet), TEXT_SANS, RENDER_B, LEAST, look->accent);
	sheet_logo(sheet, sheet->right - logo, top, PORTRAIT_LOGO * unit);
	(void)sheet_text_cut(sheet, x, sheet->right, top + (calls ? 21 : 14.6) * unit,
		look->title, TEXT_BOLD, calls ? RENDER_A : 5.4, LEAST, look->ink);
	if (!calls)
		draw_pair(sheet, x, top + 22.3 * unit, 6.3 * unit, RENDER_C);
}

/* Figures, and as many commands as fit. */
static void
draw_portrait_lines(struct sheet *sheet, double top)
{
	const double unit = sheet->unit;

	draw_pair(sheet, sheet->left, top + 8 * unit, 7 * unit, RENDER_B);
	if (!sheet->render->said->paused)
		(void)draw_lines(sheet, top + 14 * unit);
}

void
stacked_draw_portrait(struct sheet *sheet, enum hud_share share)
{
	const struct hud_look *look = sheet->render->look;
	double unit, top, x = sheet->left, y, base;
	struct sheet_line lines[SHEET_LINES];
	uint32_t module, left;

	sheet->unit =
		MIN(sheet->bitmap.height / 45.0, sheet->bitmap.width / PORTRAIT_WIDTH);
	unit = sheet->unit;
	top = (sheet->bitmap.height - 45 * unit) / 2;
	base = top + 10.6 * unit;
	if (share == HUD_LINES_HALF) {
		draw_portrait_lines(sheet, top);
		return;
	}
	if (*sheet->address)
		(void)sheet_text_cut(sheet, x, sheet->right, base, sheet->address,
			TEXT_BOLD, RENDER_A, LEAST, look->ink);
	else if (!sheet->render->said->paused && sheet_lines(sheet, lines) > 0)
		sheet_line(sheet, x, base, &lines[0],
			MAX(sheet_fit_line(
				    sheet, &lines[0], RENDER_A, LEAST, sheet->right - x),
				sheet_capital(sheet, LEAST)));
	y = top + 14 * unit;
	module = sheet_module(
		sheet, sheet->render->qr, 45 * unit - 14 * unit - sheet->margin_y);
	if (module > 0) {
		left = sheet_align(x + HUD_QR_QUIET * module, sheet->place.left);
		sheet_code(sheet, sheet->render->qr, left,
			sheet_align(y + HUD_QR_QUIET * module, sheet->place.top), module);
		x = left + sheet_code_side(sheet->render->qr, module) -
		    HUD_QR_QUIET * module + 3 * unit;
	}
	draw_portrait_figures(sheet, share, x, y);
}

/* ------------------------------------------------------------------ column */

/* In two rows where it is too wide, broken before its port; the base line of the last. */
static double
draw_address(struct sheet *sheet, double base, double second)
{
	const uint32_t ink = sheet->render->look->ink;
	const double room = sheet->right - sheet->left;
	const char *port = strrchr(sheet->address, ':');
	char host[sizeof(sheet->address)];
	double capital;

	if (!port || strchr(port, ']') ||
		sheet_fit(sheet, sheet->address, TEXT_BOLD, RENDER_A, RENDER_A, room) >
			0) {
		(void)sheet_text_cut(sheet, sheet->left, sheet->right, base,
			sheet->address, TEXT_BOLD, RENDER_A, LEAST, ink);
		return base;
	}
	snprintf(
		host, sizeof(host), "%.*s", (int)(port - sheet->address), sheet->address);
	capital = sheet_fit(sheet, host, TEXT_BOLD, RENDER_A, LEAST, room);
	if (capital == 0) {
		capital = sheet_capital(sheet, LEAST);
		(void)sheet_text_cut(sheet, sheet->left, sheet->right, base, host,
			TEXT_BOLD, LEAST, LEAST, ink);
	} else {
		(void)sheet_text(sheet, sheet->left, base, host, TEXT_BOLD, capital, ink);
	}
	(void)sheet_text(sheet, sheet->left, second, port, TEXT_BOLD, capital, ink);
	return second;
}

/* The code and the address; the base line of what is last. */
static double
draw_column_call(struct sheet *sheet, double top)
{
	const double unit = sheet->unit, height = sheet->bitmap.height;
	const double room = MIN(sheet->right - sheet->left, height * 9 / 20);
	const uint32_t module = sheet_module(sheet, sheet->render->qr, room),
		       quiet = HUD_QR_QUIET * module;

	if (*sheet->address == '\0')
		return top - 6 * unit;
	if (module > 0) {
		sheet_code(sheet, sheet->render->qr,
			sheet_align(sheet->left + quiet, sheet->place.left),
			sheet_align(top + quiet, sheet->place.top), module);
		top += sheet_code_side(sheet->render->qr, module);
	}
	top += 8 * unit;
	(void)sheet_text_cut(sheet, sheet->left, sheet->right, top, sheet_call(sheet),
		TEXT_SANS, RENDER_B, LEAST, sheet->render->look->accent);
	return draw_address(sheet, top + 11 * unit, top + 22 * unit);
}

/* With the title; the base line of what is last. */
static double
draw_column_head(struct sheet *sheet)
{
	const struct hud_look *look = sheet->render->look;
	const double unit = sheet->unit;
	const double logo = sheet_logo_width(sheet, LOGO_COLUMN * unit);
	double base = sheet->margin_y + 10.5 * unit;

	sheet_logo(sheet, sheet->left, base - 9.4 * unit, LOGO_COLUMN * unit);
	if (*look->title)
		(void)sheet_text_cut(sheet,
			sheet->left + logo + (logo > 0 ? 2.5 * unit : 0), sheet->right,
			base - 1.7 * unit, look->title, TEXT_BOLD, RENDER_A, 3,
			look->ink);
	else if (logo == 0)
		base = sheet->margin_y - 5 * unit;
	return draw_column_call(sheet, base + 5 * unit);
}

void
stacked_draw_column(struct sheet *sheet, enum hud_share share)
{
	double unit, base;

	sheet->unit = MIN(sheet->unit, sheet->bitmap.width / COLUMN_WIDTH);
	unit = sheet->unit;
	sheet->left = 4 * unit;
	base = share == HUD_LINES_HALF ? sheet->margin_y - 3 * unit
				       : draw_column_head(sheet);
	if (share == HUD_CALL_HALF && !sheet->render->said->paused)
		return;
	draw_pair(sheet, sheet->left, base + 8 * unit, 8 * unit, RENDER_B);
	if (!sheet->render->said->paused)
		(void)draw_lines(sheet, base + 16 * unit);
}

/* ------------------------------------------------------------------ corner */

/* Right of the port, if the address is broken before it. */
static void
draw_corner_rate(const struct sheet *sheet, double base)
{
	const struct hud_text *said = sheet->render->said;
	const char *port = strrchr(sheet->address, ':');
	char count[WORDS_MAX], rate[WORDS_MAX];
	double x = sheet->left + 3 * sheet->unit;

	words_count(sheet->render->look->language,
		said->rate > 0 ? said->rate : said->total, count);
	snprintf(rate, sizeof(rate), "%.40s px%s", count, said->rate > 0 ? "/s" : "");
	if (port)
		x += sheet_measure(sheet, port, TEXT_BOLD, RENDER_A);
	if (said->paused || (said->rate == 0 && said->total == 0) ||
		sheet_fit(sheet, rate, TEXT_SANS, RENDER_C, RENDER_C, sheet->right - x) ==
			0)
		return;
	(void)sheet_text_right(sheet, sheet->right, base, rate, TEXT_SANS,
		sheet_capital(sheet, RENDER_C), sheet->render->look->figures);
}

static void
draw_corner_call(struct sheet *sheet)
{
	const struct hud_look *look = sheet->render->look;
	const bool paused = sheet->render->said->paused;
	const double unit = sheet->unit;

	sheet_page_tile(sheet);
	(void)sheet_text_cut(sheet, sheet->left, sheet->right, 6.2 * unit,
		paused ? sheet_word(sheet, WORD_PAUSED_BY) : sheet_call(sheet),
		paused ? TEXT_BOLD : TEXT_SANS, RENDER_C, LEAST, look->accent);
	(void)draw_address(sheet, 16 * unit, 26 * unit);
	draw_corner_rate(sheet, 26 * unit);
}

/* Without a page: the title and as many commands as fit. */
void
stacked_draw_corner(struct sheet *sheet)
{
	const struct hud_look *look = sheet->render->look;
	double base = sheet->unit;

	sheet->unit = MIN(sheet->unit, sheet->bitmap.width / RENDER_CORNER_WIDTH);
	if (*sheet->address) {
		draw_corner_call(sheet);
		return;
	}
	if (*look->title) {
		base = 9.4 * sheet->unit;
		(void)sheet_text_cut(sheet, sheet->left, sheet->right, base, look->title,
			TEXT_BOLD, RENDER_A, 3, look->ink);
	}
	if (sheet->render->said->paused)
		sheet_paused(sheet, base + 8 * sheet->unit, 0);
	else if (!draw_lines(sheet, base - 2 * sheet->unit)) /* no command fits */
		draw_pair(sheet, sheet->left, base + 8 * sheet->unit, 8 * sheet->unit,
			RENDER_B);
}
