/* SPDX-License-Identifier: MIT */
/* Draws the parts that every form of the HUD has: text, lines, logo, code. */
#include "hud/render.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "hud/orbit.h"
#include "hud/wifi.h"
#include "lib/utf8.h"

#define WHITE 0xffffffff
#define BLACK 0xff000000
#define LEAST_CAPITAL 8 /* pixels */
#define PROMPT "$ "

/* Units: of the numbers beside two codes. */
#define STEP 9.0
#define STEP_WIDTH 15.0

/* ------------------------------------------------------------------ text */

const char *
sheet_word(const struct sheet *sheet, enum word word)
{
	return words_get(sheet->render->look->language, word);
}

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

/* Leaves off whole characters until the rest fits with an ellipsis; empty: that does not
 * fit either. */
static void
cut_text(const struct sheet *sheet, char *text, enum text_face face, double capital,
	double room)
{
	static const char ellipsis[] = "…";
	size_t len = strlen(text);
	bool fits;

	do {
		while (len > 0 && ((unsigned char)text[--len] & 0xc0) == 0x80)
			;
		memcpy(text + len, ellipsis, sizeof(ellipsis));
		fits = text_measure(sheet->render->text, text, face, capital) <= room;
	} while (len > 0 && !fits);
	if (!fits)
		*text = '\0';
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

const char *
sheet_call(const struct sheet *sheet)
{
	const struct hud_text *said = sheet->render->said;

	if (said->waits_for_network)
		return "";
	return sheet_word(sheet, said->url_is_new ? WORD_NEW_ADDRESS : WORD_CALL);
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

	*line = (struct sheet_line){ .is_command = !said->is_words };
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
		lines[n] = (struct sheet_line){ 0 };
		snprintf(lines[n++].text, sizeof(lines->text), "%s: %s", line->name,
			line->state);
	}
	return n;
}

/* For those who cannot scan. */
static size_t
add_wifi(struct sheet_line *line, const struct hud_look *look)
{
	*line = (struct sheet_line){ .is_accented = true };
	return *look->wifi && wifi_words(look->language, look->wifi, line->text,
				      sizeof(line->text)) == 0;
}

size_t
sheet_lines(const struct sheet *sheet, struct sheet_line lines[SHEET_LINES])
{
	const struct hud_text *said = sheet->render->said;
	size_t n = add_wifi(&lines[0], sheet->render->look);

	if (said->n_lines > 0)
		n += add_hint(&lines[n], &said->lines[0]);
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
	(void)sheet_text(sheet, x, base, line->text, line_face(line), capital,
		line->is_accented ? look->accent : look->ink);
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
	struct logo *logo = sheet->render->logo;
	uint32_t width, rows;

	if (logo->width == 0 || x < 0 || y < 0)
		return;
	logo_fit(logo, height * 26 / 10.5, height, &width, &rows);
	y += (height - rows) / 2;
	logo_draw_again(logo, &sheet->bitmap, (uint32_t)lround(x), (uint32_t)lround(y),
		width, rows);
}

/* ------------------------------------------------------------------ the code */

/* The code should take a tenth of the screen; one module of its quiet zone above and
 * below may be given up for that. */
uint32_t
sheet_module(const struct sheet *sheet, const struct hud_qr *qr, double room)
{
	const uint32_t n = qr->side;
	uint32_t module = n > 0 ? (uint32_t)(room / (n + 2 * HUD_QR_QUIET)) : 0;
	const double tenth = 18 * sheet->unit;

	if (n > 0 && module * n < tenth && (module + 1) * (n + HUD_QR_QUIET + 2) <= room)
		module++;
	return module >= 2 ? module : 0;
}

uint32_t
sheet_code_side(const struct hud_qr *qr, uint32_t module)
{
	return (qr->side + 2 * HUD_QR_QUIET) * module;
}

uint32_t
sheet_align(double at, uint32_t origin)
{
	double screen = 4 * round((at + origin) / 4);

	return screen < origin ? (uint32_t)(screen + 4 - origin)
			       : (uint32_t)(screen - origin);
}

void
sheet_code(const struct sheet *sheet, const struct hud_qr *qr, uint32_t x, uint32_t y,
	uint32_t module)
{
	const uint32_t quiet = HUD_QR_QUIET * module, n = qr->side * module;

	font_fill(&sheet->bitmap, x - MIN(x, quiet), y - MIN(y, quiet), n + 2 * quiet,
		n + 2 * quiet, WHITE);
	for (uint32_t j = 0; j < qr->side; j++)
		for (uint32_t i = 0; i < qr->side; i++)
			if (qr->dark[j * qr->side + i])
				font_fill(&sheet->bitmap, x + i * module, y + j * module,
					module, module, BLACK);
}

/* From `from` on, or with its code there if that leaves a margin. */
static void
draw_tile(struct sheet *sheet, const struct hud_qr *qr, double from, uint32_t module)
{
	const uint32_t height = sheet->bitmap.height;
	const uint32_t quiet = HUD_QR_QUIET * module, side = qr->side * module;
	/* rather low than high: the picture may end in any colour, the screen does not */
	const uint32_t y = sheet_align((height - side) / 2.0 + 1.5, sheet->place.top);
	const uint32_t x = sheet_align(from, sheet->place.left);

	font_fill(&sheet->bitmap, x - MIN(x, quiet), 0, side + 2 * quiet, height, WHITE);
	sheet_code(sheet, qr, x, y, module);
	sheet->left = x + side + quiet + 2.5 * sheet->unit;
}

/* Left of its tile. */
static void
draw_step(struct sheet *sheet, const char *number, enum word word)
{
	const double height = sheet->bitmap.height;
	const uint32_t ink = sheet->render->look->accent;
	const double x = sheet->left;

	(void)sheet_text(sheet, x, height * 0.53, number, TEXT_BOLD,
		sheet_capital(sheet, STEP), ink);
	(void)sheet_text_cut(sheet, x, x + (STEP_WIDTH - 1) * sheet->unit, height * 0.72,
		sheet_word(sheet, word), TEXT_SANS, RENDER_C, 2, ink);
	sheet->left = x + STEP_WIDTH * sheet->unit;
}

/* First into the network, then the page. */
static void
draw_steps(struct sheet *sheet, const uint32_t modules[2])
{
	sheet->has_steps = true;
	draw_step(sheet, "1", WORD_WIFI);
	draw_tile(sheet, sheet->render->wifi, sheet->left + HUD_QR_QUIET * modules[0],
		modules[0]);
	draw_step(sheet, "2", WORD_PAINT);
	draw_tile(sheet, sheet->render->qr, sheet->left + HUD_QR_QUIET * modules[1],
		modules[1]);
}

static void
draw_only(struct sheet *sheet, const struct hud_qr *qr)
{
	const uint32_t module = sheet_module(sheet, qr, sheet->bitmap.height);
	const uint32_t quiet = HUD_QR_QUIET * module;

	if (module > 0)
		draw_tile(sheet, qr,
			sheet->edge > 0 ? quiet + sheet->edge + 1.5
					: MAX(sheet->margin_x, quiet),
			module);
}

void
sheet_tiles(struct sheet *sheet)
{
	const struct hud_qr *codes[] = { sheet->render->wifi, sheet->render->qr };
	const double height = sheet->bitmap.height;
	const uint32_t modules[] = { sheet_module(sheet, codes[0], height),
		sheet_module(sheet, codes[1], height) };

	if (modules[0] > 0 && modules[1] > 0)
		draw_steps(sheet, modules);
	else
		draw_only(sheet, codes[modules[0] > 0 ? 0 : 1]);
}

void
sheet_page_tile(struct sheet *sheet)
{
	draw_only(sheet, sheet->render->qr);
}

/* ------------------------------------------------------------------ the strip */

void
sheet_paused(const struct sheet *sheet, double base, double next)
{
	const char *page = sheet_word(sheet, WORD_PAGE_GOES_ON);
	const struct hud_look *look = sheet->render->look;
	const double room = sheet->right - sheet->left;
	const bool has_page = *sheet->address && sheet_fit(sheet, page, TEXT_SANS,
							 RENDER_B, RENDER_C, room) > 0;

	(void)sheet_text_cut(sheet, sheet->left, sheet->right, base,
		sheet_word(sheet, WORD_PAUSED_LONG), TEXT_BOLD, RENDER_B, 3,
		look->accent);
	if (next > 0)
		(void)sheet_text_cut(sheet, sheet->left, sheet->right, next,
			has_page ? page : sheet_word(sheet, WORD_GOES_ON), TEXT_SANS,
			RENDER_B, 3, look->ink);
}

/* A card has its margins and its edge, a strip those of the screen. */
static void
begin_sheet(struct sheet *sheet, const struct hud_room *room)
{
	const uint32_t width = sheet->bitmap.width;

	words_address(sheet->render->said->url, sheet->address, sizeof(sheet->address));
	if (sheet->render->said->waits_for_network)
		snprintf(sheet->address, sizeof(sheet->address), "%s",
			sheet_word(sheet, WORD_WAITS_FOR_NETWORK));
	font_fill(&sheet->bitmap, 0, 0, width, sheet->bitmap.height,
		sheet->render->look->ground);
	if (room->form != HUD_STRIP) {
		sheet->is_narrow = true;
		sheet->edge = (uint32_t)MAX(lround(sheet->unit / 3), 1);
		sheet->margin_x = sheet->margin_y = 3 * sheet->unit;
	}
	sheet->left = sheet->margin_x;
	sheet->right = width - sheet->margin_x;
}

void
sheet_edge(const struct sheet *sheet)
{
	const struct font_bitmap *bitmap = &sheet->bitmap;
	const uint32_t edge = sheet->edge;

	font_fill(bitmap, 0, 0, bitmap->width, edge, RENDER_EDGE);
	font_fill(bitmap, 0, bitmap->height - edge, bitmap->width, edge, RENDER_EDGE);
	font_fill(bitmap, 0, 0, edge, bitmap->height, RENDER_EDGE);
	font_fill(bitmap, bitmap->width - edge, 0, edge, bitmap->height, RENDER_EDGE);
}

static void
draw_landscape(struct sheet *sheet, enum hud_share share)
{
	if (share == HUD_CALL_HALF)
		halves_draw_call(sheet);
	else if (share == HUD_LINES_HALF)
		halves_draw_lines(sheet);
	else
		strip_draw(sheet);
}

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
	const bool is_card = room->form != HUD_STRIP;
	const bool is_column = !is_card && strip->left > room->width * room->safe / 100;

	begin_sheet(&sheet, room);
	if (room->form == HUD_CORNER)
		stacked_draw_corner(&sheet);
	else if (is_column)
		stacked_draw_column(&sheet, room->share);
	else if (room->width < room->height)
		stacked_draw_portrait(&sheet, room->share);
	else
		draw_landscape(&sheet, room->share);
	orbit_shift(&sheet.bitmap, orbit_at(render->said->orbit, sheet.unit));
	if (is_card)
		sheet_edge(&sheet);
}
