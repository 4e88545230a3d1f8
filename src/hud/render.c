/* SPDX-License-Identifier: MIT */
/* Draws the parts that every form of the HUD has: text, lines, logo, code. */
#include "hud/render.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "hud/words.h"
#include "lib/utf8.h"

#define WHITE 0xffffffff
#define BLACK 0xff000000
#define LEAST_CAPITAL 8 /* pixels */
#define PROMPT "$ "

/* ------------------------------------------------------------------ text */

double
sheet_capital(const struct sheet *sheet, double units)
{
	return MAX(units * sheet->unit, LEAST_CAPITAL);
}

double
sheet_measure(
	const struct sheet *sheet, const char *text, enum text_face face, double units)
{
	return text_measure(sheet->render->text, text, face, sheet_capital(sheet, units));
}

double
sheet_fit(const struct sheet *sheet, const char *text, enum text_face face, double units,
	double least, double room)
{
	return text_fit(sheet->render->text, text, face, sheet_capital(sheet, units),
		sheet_capital(sheet, least), room);
}

double
sheet_text(const struct sheet *sheet, double x, double base, const char *text,
	enum text_face face, double capital, uint32_t ink)
{
	const struct text_style style = { face, capital, ink,
		sheet->render->look->ground };

	return x + text_draw(sheet->render->text, &sheet->bitmap, &style, x, base, text);
}

double
sheet_text_right(const struct sheet *sheet, double right, double base, const char *text,
	enum text_face face, double capital, uint32_t ink)
{
	double x = right - text_measure(sheet->render->text, text, face, capital);

	(void)sheet_text(sheet, x, base, text, face, capital, ink);
	return x;
}

/* Leaves off whole characters until the rest fits with an ellipsis. */
static void
cut_text(const struct sheet *sheet, char *text, enum text_face face, double capital,
	double room)
{
	static const char ellipsis[] = "…";
	size_t len = strlen(text);

	do {
		while (len > 0 && ((unsigned char)text[--len] & 0xc0) == 0x80)
			;
		memcpy(text + len, ellipsis, sizeof(ellipsis));
	} while (
		len > 0 && text_measure(sheet->render->text, text, face, capital) > room);
}

double
sheet_text_cut(const struct sheet *sheet, double x, double right, double base,
	const char *text, enum text_face face, double units, double least, uint32_t ink)
{
	double capital = sheet_fit(sheet, text, face, units, least, right - x);
	char cut[512];

	if (capital == 0) {
		capital = sheet_capital(sheet, least);
		snprintf(cut, sizeof(cut) - 4, "%s", text);
		cut_text(sheet, cut, face, capital, right - x);
		text = cut;
	}
	return sheet_text(sheet, x, base, text, face, capital, ink);
}

/* ------------------------------------------------------------------ lines */

/* A comment can be left out: the command still works.  The second form is for shells that
 * have none on their command line. */
static size_t
command_length(const char *command)
{
	const char *comment = strstr(command, " # ");

	if (!comment)
		comment = strstr(command, "; : '");
	return comment ? (size_t)(comment - command) : strlen(command);
}

static size_t
add_hint(struct sheet_line *line, const struct hud_line *said)
{
	size_t len = said->is_words ? strlen(said->hint) : command_length(said->hint);

	line->is_command = !said->is_words;
	snprintf(line->text, sizeof(line->text), "%.*s", (int)len, said->hint);
	return len > 0;
}

static size_t
add_states(struct sheet_line *lines, const struct hud_text *said)
{
	size_t n = 0;

	for (uint32_t i = 0; i < said->n_lines; i++) {
		const struct hud_line *line = &said->lines[i];

		if (!*line->state)
			continue;
		lines[n].is_command = false;
		snprintf(lines[n++].text, sizeof(lines->text), "%s: %s", line->name,
			line->state);
	}
	return n;
}

size_t
sheet_lines(const struct sheet *sheet, struct sheet_line lines[SHEET_LINES])
{
	const struct hud_text *said = sheet->render->said;
	size_t n = 0;

	if (said->n_lines > 0)
		n += add_hint(&lines[0], &said->lines[0]);
	n += add_states(&lines[n], said);
	for (uint32_t i = 1; i < said->n_lines; i++)
		n += add_hint(&lines[n], &said->lines[i]);
	return n;
}

static enum text_face
line_face(const struct sheet_line *line)
{
	return line->is_command ? TEXT_MONO : TEXT_SANS;
}

double
sheet_fit_line(const struct sheet *sheet, const struct sheet_line *line, double units,
	double least, double room)
{
	char text[sizeof(line->text) + sizeof(PROMPT)];

	snprintf(text, sizeof(text), "%s%s", line->is_command ? PROMPT : "", line->text);
	return sheet_fit(sheet, text, line_face(line), units, least, room);
}

void
sheet_line(const struct sheet *sheet, double x, double base,
	const struct sheet_line *line, double capital)
{
	const struct hud_look *look = sheet->render->look;

	if (line->is_command)
		x = sheet_text(sheet, x, base, PROMPT, TEXT_MONO, capital, look->accent);
	(void)sheet_text(sheet, x, base, line->text, line_face(line), capital, look->ink);
}

/* ------------------------------------------------------------------ pictures */

double
sheet_logo_width(const struct sheet *sheet, double height)
{
	const struct logo *logo = sheet->render->logo;
	uint32_t width, rows;

	if (logo->width == 0)
		return 0;
	logo_fit(logo, height * 26 / 10.5, height, &width, &rows);
	return width;
}

void
sheet_logo(const struct sheet *sheet, double x, double y, double height)
{
	const struct logo *logo = sheet->render->logo;
	uint32_t width, rows;

	if (logo->width == 0 || x < 0 || y < 0)
		return;
	logo_fit(logo, height * 26 / 10.5, height, &width, &rows);
	y += (height - rows) / 2;
	logo_draw(logo, &sheet->bitmap, (uint32_t)lround(x), (uint32_t)lround(y), width,
		rows);
}

/* ------------------------------------------------------------------ the code */

/* A tenth of the screen is wanted, for which one module of the quiet zone may be missing
 * above and below. */
uint32_t
sheet_module(const struct sheet *sheet, double room)
{
	const uint32_t n = sheet->render->qr->side;
	uint32_t module = n > 0 ? (uint32_t)(room / (n + 2 * HUD_QR_QUIET)) : 0;
	const double tenth = 18 * sheet->unit;

	if (n > 0 && module * n < tenth && (module + 1) * (n + HUD_QR_QUIET + 2) <= room)
		module++;
	return module >= 2 ? module : 0;
}

uint32_t
sheet_code_side(const struct sheet *sheet, uint32_t module)
{
	return (sheet->render->qr->side + 2 * HUD_QR_QUIET) * module;
}

uint32_t
sheet_align(double at, uint32_t origin)
{
	double screen = 4 * round((at + origin) / 4);

	return screen < origin ? (uint32_t)(screen + 4 - origin)
			       : (uint32_t)(screen - origin);
}

void
sheet_code(const struct sheet *sheet, uint32_t x, uint32_t y, uint32_t module)
{
	const struct hud_qr *qr = sheet->render->qr;
	const uint32_t quiet = HUD_QR_QUIET * module, n = qr->side * module;

	font_fill(&sheet->bitmap, x - MIN(x, quiet), y - MIN(y, quiet), n + 2 * quiet,
		n + 2 * quiet, WHITE);
	for (uint32_t j = 0; j < qr->side; j++)
		for (uint32_t i = 0; i < qr->side; i++)
			if (qr->dark[j * qr->side + i])
				font_fill(&sheet->bitmap, x + i * module, y + j * module,
					module, module, BLACK);
}

/* ------------------------------------------------------------------ the strip */

void
render_strip(const struct render *render, uint32_t *pixels, const struct hud_room *room,
	const struct box *strip)
{
	const uint32_t width = strip->right - strip->left;
	const uint32_t height = strip->bottom - strip->top;
	struct sheet sheet = {
		.render = render,
		.bitmap = { pixels, width, width, height },
		.place = *strip,
		.unit = render_unit(room),
		.margin_x = room->width / 40.0,
		.margin_y = room->height / 40.0,
	};
	const bool is_column = strip->left > room->width * room->safe / 100;

	words_address(render->said->url, sheet.address, sizeof(sheet.address));
	font_fill(&sheet.bitmap, 0, 0, width, height, render->look->ground);
	sheet.left = sheet.margin_x;
	sheet.right = width - sheet.margin_x;
	if (is_column)
		stacked_draw_column(&sheet);
	else if (room->width < room->height)
		stacked_draw_portrait(&sheet);
	else
		strip_draw(&sheet);
}
