/* SPDX-License-Identifier: MIT */
/* Places the invitation in the middle of the picture, and draws it. */
#include "hud/invitation.h"

#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "hud/orbit.h"

#define SHELL_GOES_ON "| "

/* Units. */
#define PAD 6.0
#define TILE 72.5
#define COLUMN 146.0
#define NARROW_TILE 66.0
#define NARROW_COLUMN 138.0
#define GAP 5.0 /* between tile and column */
#define WITHOUT_CODE 54.0
#define SCREEN_WIDTH 240.0
#define LABEL 8.5 /* base lines of the command, from the tile's end */
#define FIRST_ROW 16.0
#define ROW 7.0
#define TITLE 8.0
#define ADDRESS 11.0
#define LOGO 13.0
#define LEAST 2.0
#define LEAST_COMMAND 3.0

#define PORTRAIT_SCREEN 108.0
#define PORTRAIT_WIDTH 102.0
#define PORTRAIT_HEIGHT 110.0
#define PORTRAIT_TILE 58.0
#define PORTRAIT_TOP 14.0 /* of the tile */

#define FILM_WIDTH 56.0
#define FILM_HEIGHT 31.5
#define FILM_TOP 41.0
#define FILM_GAP 5.0
#define PORTRAIT_FILM_WIDTH 48.0
#define PORTRAIT_FILM_HEIGHT 27.0

#define SHARE 0.95 /* of the room, at most */

/* ------------------------------------------------------------------ the command */

/* In two rows where a shell goes on by itself. */
static void
break_command(struct invitation *invitation)
{
	char *text = invitation->rows[0], *at = NULL;

	for (char *p = strstr(text, SHELL_GOES_ON); p; p = strstr(p + 1, SHELL_GOES_ON))
		at = p;
	if (!at)
		return;
	snprintf(invitation->rows[1], sizeof(invitation->rows[1]), "%s",
		at + strlen(SHELL_GOES_ON));
	at[1] = '\0';
	invitation->n_rows = 2;
}

static void
fit_rows(struct invitation *invitation, double least, double room)
{
	double capital = RENDER_B * invitation->sheet.unit;

	for (uint32_t i = 0; i < invitation->n_rows && capital > 0; i++) {
		struct sheet_line line = { .is_command = true };
		double fits;

		memcpy(line.text, invitation->rows[i], sizeof(line.text));
		fits = sheet_fit_line(&invitation->sheet, &line, RENDER_B, least, room);
		capital = i == 0 ? fits : MIN(capital, fits);
	}
	invitation->capital = capital;
}

/* A block, or where there is no page whatever paints. */
static void
choose_command(struct invitation *invitation)
{
	const struct hud_text *said = invitation->sheet.render->said;
	char *text = invitation->rows[0];
	struct sheet_line lines[SHEET_LINES];
	size_t n;

	snprintf(text, sizeof(invitation->rows[0]), "%s", said->block);
	if (*text || *invitation->sheet.address)
		return;
	n = sheet_lines(&invitation->sheet, lines);
	for (size_t i = 0; i < n && !*text; i++)
		if (lines[i].is_command)
			memcpy(text, lines[i].text, sizeof(lines[i].text));
}

static void
fit_command(struct invitation *invitation)
{
	const struct sheet *sheet = &invitation->sheet;
	const double room = sheet->right - sheet->left;

	choose_command(invitation);
	if (*invitation->rows[0] == '\0')
		return;
	invitation->n_rows = 1;
	fit_rows(invitation, RENDER_C, room);
	if (invitation->capital > 0)
		return;
	break_command(invitation);
	fit_rows(invitation, LEAST_COMMAND, room);
	if (invitation->capital == 0)
		invitation->n_rows = 0;
}

/* ------------------------------------------------------------------ its place */

/* The room beside the strip, or above a card that lies at the bottom. */
static struct box
find_room(const struct hud_room *room, const struct hud_picture *picture)
{
	const struct box *canvas = &picture->canvas;
	struct box strip, area;

	hud_place(room, canvas->right - canvas->left, canvas->bottom - canvas->top,
		&strip, &area);
	if (box_is_empty(strip))
		return (struct box){ 0 };
	if (room->form != HUD_STRIP)
		area.bottom = strip.top;
	return area;
}

/* Units; with a code. */
static double
portrait_height(const struct invitation *invitation)
{
	return PORTRAIT_HEIGHT +
	       (invitation->has_film ? PORTRAIT_FILM_HEIGHT + FILM_GAP : 0);
}

/* Chooses the unit and what is beside what. */
static void
measure(struct invitation *invitation, const struct render *render,
	const struct hud_room *room, const struct box *area)
{
	const double width = area->right - area->left, height = area->bottom - area->top;
	const double across = width / SCREEN_WIDTH;
	struct sheet *sheet = &invitation->sheet;
	double unit = MIN(room->height / 180.0, height * SHARE / (TILE + 36));

	invitation->is_portrait = width < height;
	invitation->tile = across < unit ? NARROW_TILE : TILE;
	invitation->column = across < unit ? NARROW_COLUMN : COLUMN;
	unit = MIN(unit, across);
	invitation->has_film =
		render->said->film_width > 0 && render->said->film_height > 0;
	if (invitation->is_portrait) {
		invitation->tile = PORTRAIT_TILE;
		unit = MIN(width / PORTRAIT_SCREEN,
			height * SHARE / portrait_height(invitation));
	}
	*sheet = (struct sheet){ .render = render, .unit = unit };
	words_address(render->said->url, sheet->address, sizeof(sheet->address));
	if (*sheet->address)
		invitation->module = (uint32_t)(invitation->tile * unit /
						(render->qr->side + 2 * HUD_QR_QUIET));
	if (render->qr->side == 0)
		invitation->module = 0;
	sheet->left = PAD * unit;
	sheet->right = (PAD + invitation->tile + GAP + invitation->column) * unit;
	if (invitation->is_portrait)
		sheet->right = (PORTRAIT_WIDTH - PAD) * unit;
}

/* Units: of all above the command. */
static double
row_height(const struct invitation *invitation)
{
	if (invitation->module > 0)
		return invitation->tile;
	return invitation->has_film ? FILM_TOP + FILM_HEIGHT : WITHOUT_CODE - PAD;
}

/* Units. */
static double
card_height(const struct invitation *invitation)
{
	double height = row_height(invitation);

	if (invitation->is_portrait)
		return portrait_height(invitation) -
		       (invitation->module > 0 ? 0 : invitation->tile + GAP);
	if (invitation->n_rows > 0)
		height += FIRST_ROW + ROW * (invitation->n_rows - 1);
	return height + 2 * PAD;
}

/* Where the film's window begins, in pixels of the card. */
static void
find_window(const struct invitation *invitation, double *left, double *top)
{
	const struct sheet *sheet = &invitation->sheet;
	const double code = invitation->module > 0 ? invitation->tile + GAP : 0;

	*left = sheet->left + (invitation->is_portrait ? 0 : code * sheet->unit);
	*top = (PAD + FILM_TOP) * sheet->unit;
	if (invitation->is_portrait)
		*top = (portrait_height(invitation) - PAD - PORTRAIT_FILM_HEIGHT -
			       (invitation->module > 0 ? 0 : invitation->tile + GAP)) *
		       sheet->unit;
}

/* As large as fits the window, with its aspect ratio. */
static void
place_film(struct invitation *invitation)
{
	const struct hud_text *said = invitation->sheet.render->said;
	const struct logo film = { .width = said->film_width,
		.height = said->film_height };
	const double unit = invitation->sheet.unit;
	const bool upright = invitation->is_portrait;
	struct box *box = &invitation->film;
	uint32_t width, height;
	double left, top;

	find_window(invitation, &left, &top);
	logo_fit(&film, (upright ? PORTRAIT_FILM_WIDTH : FILM_WIDTH) * unit,
		(upright ? PORTRAIT_FILM_HEIGHT : row_height(invitation) - FILM_TOP) *
			unit,
		&width, &height);
	box->left = invitation->place.left + (uint32_t)left;
	box->top = invitation->place.top + (uint32_t)top;
	box->right = box->left + width;
	box->bottom = box->top + height;
}

bool
invitation_place(struct invitation *invitation, const struct render *render,
	const struct hud_room *room, const struct hud_picture *picture)
{
	const struct box area = find_room(room, picture);
	struct box *place = &invitation->place;
	struct sheet *sheet = &invitation->sheet;
	struct orbit orbit;
	uint32_t width, height;

	*invitation = (struct invitation){ 0 };
	if (box_is_empty(area))
		return false;
	measure(invitation, render, room, &area);
	if (!invitation->is_portrait)
		fit_command(invitation);
	if (!*sheet->address && invitation->n_rows == 0)
		return false;
	width = (uint32_t)(sheet->right + sheet->left);
	height = (uint32_t)(card_height(invitation) * sheet->unit);
	orbit = orbit_at(render->said->orbit, sheet->unit);
	place->left = area.left + (area.right - area.left - width) / 2 + orbit.x;
	place->top = area.top + (area.bottom - area.top - height) / 2 + orbit.y;
	place->right = place->left + width;
	place->bottom = place->top + height;
	sheet->place = *place;
	if (invitation->has_film)
		place_film(invitation);
	return true;
}

/* ------------------------------------------------------------------ drawing */

/* Title and logo. */
static void
draw_title(const struct sheet *sheet, double x, double top)
{
	const struct hud_look *look = sheet->render->look;
	const double height = LOGO * sheet->unit;
	const double logo = sheet_logo_width(sheet, height);

	sheet_logo(sheet, sheet->right - logo, top, height);
	if (*look->title)
		(void)sheet_text_cut(sheet, x, sheet->right - logo - 2 * sheet->unit,
			top + 9.4 * sheet->unit, look->title, TEXT_BOLD, TITLE, LEAST,
			look->ink);
}

/* Up to `next`, the base line of the address. */
static void
draw_call(const struct sheet *sheet, double x, double base, double next)
{
	const struct hud_look *look = sheet->render->look;
	char call[4 * WORDS_MAX];

	snprintf(call, sizeof(call), "%s %s", sheet_word(sheet, WORD_YOUR_TURN),
		*sheet->address ? sheet_call(sheet) : "");
	(void)sheet_text_cut(sheet, x, sheet->right, base, call, TEXT_SANS, RENDER_B,
		LEAST, look->accent);
	(void)sheet_text_cut(sheet, x, sheet->right, next, sheet->address, TEXT_BOLD,
		ADDRESS, LEAST, look->ink);
}

static void
draw_code(const struct invitation *invitation, double x, double top)
{
	const struct sheet *sheet = &invitation->sheet;
	const double quiet = HUD_QR_QUIET * invitation->module;

	if (invitation->module > 0)
		sheet_code(sheet, sheet->render->qr,
			sheet_align(x + quiet, sheet->place.left),
			sheet_align(top + quiet, sheet->place.top), invitation->module);
}

/* `end` is that of what is above. */
static void
draw_command(const struct invitation *invitation, double end)
{
	const struct sheet *sheet = &invitation->sheet;
	const struct hud_text *said = sheet->render->said;
	const struct hud_look *look = sheet->render->look;
	char label[4 * WORDS_MAX];

	if (invitation->n_rows == 0)
		return;
	snprintf(label, sizeof(label), "%s %ux%u %s", sheet_word(sheet, WORD_OR_TYPE),
		said->block_width, said->block_height, sheet_word(sheet, WORD_PIXELS));
	if (*said->block)
		(void)sheet_text_cut(sheet, sheet->left, sheet->right,
			end + LABEL * sheet->unit, label, TEXT_SANS, RENDER_C, LEAST,
			look->accent);
	for (uint32_t i = 0; i < invitation->n_rows; i++) {
		double base = end + (FIRST_ROW + ROW * i) * sheet->unit, x;

		x = sheet_text(sheet, sheet->left, base, i == 0 ? "$ " : "> ", TEXT_MONO,
			invitation->capital, look->accent);
		(void)sheet_text(sheet, x, base, invitation->rows[i], TEXT_MONO,
			invitation->capital, look->ink);
	}
}

static void
draw_figures(const struct sheet *sheet, double x, double base)
{
	char total[WORDS_MAX];

	words_total(sheet->render->look->language, sheet->render->said, total);
	(void)sheet_text_cut(sheet, x, sheet->right, base, total, TEXT_SANS, RENDER_B,
		LEAST, sheet->render->look->figures);
}

/* What it shows, right of it. */
static void
draw_about_film(const struct invitation *invitation)
{
	const struct sheet *sheet = &invitation->sheet;
	const struct hud_look *look = sheet->render->look;
	const double x =
		invitation->film.right - sheet->place.left + FILM_GAP * sheet->unit;
	const double top = invitation->film.top - sheet->place.top;
	char since[2 * WORDS_MAX];

	snprintf(since, sizeof(since), "%s %s", sheet_word(sheet, WORD_SINCE),
		sheet->render->said->film_since);
	(void)sheet_text_cut(sheet, x, sheet->right, top + 7 * sheet->unit,
		sheet_word(sheet, WORD_FAST), TEXT_SANS, RENDER_B, LEAST, look->ink);
	(void)sheet_text_cut(sheet, x, sheet->right, top + 15 * sheet->unit, since,
		TEXT_SANS, RENDER_B, LEAST, look->ink);
	draw_figures(sheet, x, top + 23 * sheet->unit);
}

static void
draw_landscape(const struct invitation *invitation)
{
	const struct sheet *sheet = &invitation->sheet;
	const double unit = sheet->unit, top = PAD * unit;
	double x = sheet->left;

	draw_code(invitation, x, top);
	if (invitation->module > 0)
		x += (invitation->tile + GAP) * unit;
	draw_title(sheet, x, top);
	if (invitation->has_film) {
		draw_call(sheet, x, top + 20.5 * unit, top + 36.5 * unit);
		draw_about_film(invitation);
	} else {
		draw_call(sheet, x, top + 24 * unit, top + 42 * unit);
		if (invitation->module > 0)
			draw_figures(sheet, x, top + 58 * unit);
	}
	draw_command(invitation, top + row_height(invitation) * unit);
}

static void
draw_portrait(const struct invitation *invitation)
{
	const struct sheet *sheet = &invitation->sheet;
	const double unit = sheet->unit, top = PAD * unit;
	double end = top + PORTRAIT_TOP * unit;

	draw_title(sheet, sheet->left, top);
	draw_code(invitation, sheet->left, end);
	if (invitation->module > 0)
		end += (invitation->tile + GAP) * unit;
	draw_call(sheet, sheet->left, end + 4 * unit, end + 19 * unit);
	if (invitation->has_film)
		draw_about_film(invitation);
}

void
invitation_draw(struct invitation *invitation, const struct font_bitmap *bitmap)
{
	struct sheet *sheet = &invitation->sheet;

	sheet->bitmap = *bitmap;
	if (invitation->is_portrait)
		draw_portrait(invitation);
	else
		draw_landscape(invitation);
	sheet->edge = 1 + (uint32_t)(sheet->unit / 3);
	sheet_edge(sheet);
}
