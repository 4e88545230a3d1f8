/* SPDX-License-Identifier: MIT */
/*
 * The strip below the picture: the code, and three rows.  The first has the address and
 * the title, the second the first command and the rate, the third another command and
 * the people.  Where the width is short, the least important gives way first.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "hud/render.h"

#define GAP 5.0   /* units between what is left and what is right */
#define SPARE 0.5 /* for letters that begin on whole pixels */
#define LOGO_HEIGHT 10.5
#define TITLE_LEAST 5.0 /* units; a smaller one goes to the third row */
#define COMMAND_LEAST 3.0
#define ADDRESS_LEAST 4.0

struct rows {
	struct sheet *sheet;
	double base[3];
	double unit;
	bool title_is_up;  /* in the first row, or there is none */
	bool second_taken; /* by the rest of the address */
	struct sheet_line lines[SHEET_LINES];
	size_t n_lines,
		n_shown; /* shown: the first lines, of which row 3 takes no more */
};

/* ------------------------------------------------------------------ the first row */

static void
draw_title(struct rows *rows, double from)
{
	struct sheet *sheet = rows->sheet;
	const struct hud_look *look = sheet->render->look;
	const double unit = rows->unit,
		     logo = sheet_logo_width(sheet, LOGO_HEIGHT * unit);
	const double right = sheet->right - logo - (logo > 0 ? 2 * unit : 0);
	double capital;

	rows->title_is_up = *look->title == '\0' && logo == 0;
	if (rows->title_is_up || sheet->is_narrow)
		return;
	rows->title_is_up = true;
	capital = sheet_fit(sheet, look->title, TEXT_BOLD, RENDER_A, TITLE_LEAST,
		right - from - GAP * unit);
	if (capital == 0 || right < from) {
		rows->title_is_up = false;
		return;
	}
	sheet_logo(sheet, sheet->right - logo, rows->base[0] - 8.7 * unit,
		LOGO_HEIGHT * unit);
	(void)sheet_text_right(
		sheet, right, rows->base[0], look->title, TEXT_BOLD, capital, look->ink);
}

/* Where an address may be broken for a second row that begins with `:`, or behind `.` or
 * `/`, best near its end; 0: nowhere. */
static size_t
break_address(const struct rows *rows, double room)
{
	const char *address = rows->sheet->address;
	char head[sizeof(rows->sheet->address)];

	for (size_t n = strlen(address) - 1; n > 0; n--) {
		if (address[n] != ':' && address[n - 1] != '.' && address[n - 1] != '/')
			continue;
		snprintf(head, sizeof(head), "%.*s", (int)n, address);
		if (sheet_fit(rows->sheet, head, TEXT_BOLD, ADDRESS_LEAST, ADDRESS_LEAST,
			    room) > 0)
			return n;
	}
	return 0;
}

/* Whole, or in two rows.  Returns where the first row's part ends. */
static double
draw_address(struct rows *rows, double x)
{
	struct sheet *sheet = rows->sheet;
	const uint32_t ink = sheet->render->look->ink;
	const double room = sheet->right - x;
	double capital = sheet_fit(
		sheet, sheet->address, TEXT_BOLD, RENDER_A, ADDRESS_LEAST, room);
	char head[sizeof(sheet->address)];
	size_t n;

	if (capital > 0)
		return sheet_text(
			sheet, x, rows->base[0], sheet->address, TEXT_BOLD, capital, ink);
	n = break_address(rows, room);
	snprintf(head, sizeof(head), "%.*s", (int)n, sheet->address);
	capital = sheet_capital(sheet, ADDRESS_LEAST);
	rows->second_taken = true;
	(void)sheet_text_cut(sheet, x, sheet->right, rows->base[1], sheet->address + n,
		TEXT_BOLD, ADDRESS_LEAST, COMMAND_LEAST, ink);
	return sheet_text(sheet, x, rows->base[0], head, TEXT_BOLD, capital, ink);
}

/* Dark on a card, so that who looked away sees that it changed; where it ends. */
static double
draw_mark(const struct rows *rows, double x)
{
	const struct sheet *sheet = rows->sheet;
	const struct hud_look *look = sheet->render->look;
	const double unit = rows->unit, high = RENDER_A * unit;
	const double base = rows->base[0], capital = sheet_capital(sheet, RENDER_B);
	const double width =
		sheet_measure(sheet, sheet_call(sheet), TEXT_BOLD, RENDER_B) + 3 * unit;
	const struct text_style style = { TEXT_BOLD, capital, look->ground,
		look->accent };

	font_fill(&sheet->bitmap, (uint32_t)lround(x), (uint32_t)lround(base - high),
		(uint32_t)lround(width), (uint32_t)lround(high), look->accent);
	(void)text_draw(sheet->render->text, &sheet->bitmap, &style, x + 1.5 * unit,
		base - (high - capital) / 2, sheet_call(sheet));
	return x + width + 3 * unit;
}

static void
draw_call(struct rows *rows)
{
	struct sheet *sheet = rows->sheet;
	const bool is_new = sheet->render->said->url_is_new;
	const double caption = sheet_measure(sheet, sheet_call(sheet),
				       is_new ? TEXT_BOLD : TEXT_SANS, RENDER_B) +
			       (is_new ? 6 : 2.5) * rows->unit;
	double x = sheet->left;
	const bool fits =
		caption + sheet_measure(sheet, sheet->address, TEXT_BOLD, RENDER_A) <=
		sheet->right - x;

	if (is_new && fits)
		x = draw_mark(rows, x);
	else if (fits && !sheet->has_steps && *sheet_call(sheet))
		x = sheet_text(sheet, x, rows->base[0], sheet_call(sheet), TEXT_SANS,
			    sheet_capital(sheet, RENDER_B), sheet->render->look->accent) +
		    2.5 * rows->unit;
	draw_title(rows, draw_address(rows, x));
}

/* Without a web page: the title on the left, or without one the first command, large. */
static void
draw_head(struct rows *rows)
{
	struct sheet *sheet = rows->sheet;
	const struct hud_look *look = sheet->render->look;
	const double unit = rows->unit,
		     logo = sheet_logo_width(sheet, LOGO_HEIGHT * unit);
	double x = sheet->left, capital;

	rows->title_is_up = true;
	if (logo > 0) {
		sheet_logo(sheet, x, rows->base[0] - 8.7 * unit, LOGO_HEIGHT * unit);
		x += logo + 2 * unit;
	}
	if (*look->title) {
		(void)sheet_text_cut(sheet, x, sheet->right, rows->base[0], look->title,
			TEXT_BOLD, RENDER_A, TITLE_LEAST, look->ink);
	} else if (rows->n_lines > 0) {
		capital = sheet_fit_line(sheet, &rows->lines[0], RENDER_A, COMMAND_LEAST,
			sheet->right - x);
		if (capital > 0) {
			sheet_line(sheet, x, rows->base[0], &rows->lines[0], capital);
			rows->n_shown = 1;
		}
	}
}

/* ------------------------------------------------------------------ the other rows */

/* The first line in turn, from the second on, that fits; NULL: none does. */
static const struct sheet_line *
line_in_turn(const struct rows *rows, double least, double room, double *capital)
{
	const size_t n = rows->n_lines - rows->n_shown;

	for (size_t i = 0; i < n; i++) {
		const struct sheet_line *line =
			&rows->lines[rows->n_shown +
				     (rows->sheet->render->said->turn + i) % n];

		*capital = sheet_fit_line(rows->sheet, line, RENDER_B, least, room);
		if (*capital > 0)
			return line;
	}
	return NULL;
}

/* What a line has beside figures as wide as the widest, so that it stays as they change.
 */
static double
room_beside(const struct rows *rows, enum word widest, const char *figures)
{
	const struct sheet *sheet = rows->sheet;
	double width =
		MAX(sheet_measure(sheet, sheet_word(sheet, widest), TEXT_SANS, RENDER_B),
			sheet_measure(sheet, figures, TEXT_SANS, RENDER_B));

	return sheet->right - sheet->left - width - GAP * rows->unit;
}

/* A line, which is the first that fits or the next in turn. */
static void
draw_line(struct rows *rows, size_t row, bool pinned, double least, double room)
{
	struct sheet *sheet = rows->sheet;
	const struct sheet_line *line = NULL;
	double capital = 0;

	for (size_t i = rows->n_shown; pinned && !line && i < rows->n_lines; i++) {
		capital = sheet_fit_line(sheet, &rows->lines[i], RENDER_B, least, room);
		if (capital > 0) {
			line = &rows->lines[i];
			rows->n_shown = i + 1;
		}
	}
	if (!pinned)
		line = line_in_turn(rows, least, room, &capital);
	if (line)
		sheet_line(sheet, sheet->left, rows->base[row], line, capital);
}

static void
draw_figures(const struct rows *rows, size_t row, const char *figures)
{
	(void)sheet_text_right(rows->sheet, rows->sheet->right, rows->base[row], figures,
		TEXT_SANS, sheet_capital(rows->sheet, RENDER_B),
		rows->sheet->render->look->figures);
}

/* Whether the first line fits at full size beside the rate. */
static bool
is_wide(const struct rows *rows, double room)
{
	if (!rows->title_is_up || rows->second_taken || rows->sheet->is_narrow)
		return false;
	return rows->n_lines == rows->n_shown ||
	       sheet_fit_line(rows->sheet, &rows->lines[rows->n_shown], RENDER_B,
		       RENDER_B, room) > 0;
}

/* The third row of a narrow strip: logo and title, and as many figures as fit. */
static void
draw_foot(struct rows *rows, const char *const figures[3])
{
	struct sheet *sheet = rows->sheet;
	const struct hud_look *look = sheet->render->look;
	const double unit = rows->unit, base = rows->base[2];
	double logo = sheet_logo_width(sheet, 6 * unit), x = sheet->left, capital = 0;
	double title = rows->title_is_up
			       ? 0
			       : sheet_measure(sheet, look->title, TEXT_BOLD, RENDER_B) +
					 (GAP + SPARE) * unit;

	if (!rows->title_is_up && logo > 0) {
		sheet_logo(sheet, x, base - 5.1 * unit, 6 * unit);
		x += logo + 2 * unit;
	}
	for (size_t i = 0; i < 3 && capital == 0; i++) {
		capital = sheet_fit(sheet, figures[i], TEXT_SANS, RENDER_B, RENDER_C,
			sheet->right - x - title);
		if (capital == 0)
			continue;
		if (title > 0)
			title = sheet_text_right(sheet, sheet->right, base, figures[i],
				TEXT_SANS, capital, look->figures);
		else
			(void)sheet_text(sheet, x, base, figures[i], TEXT_SANS, capital,
				look->figures);
	}
	if (!rows->title_is_up)
		(void)sheet_text_cut(sheet, x,
			capital > 0 ? title - GAP * unit : sheet->right, base,
			look->title, TEXT_BOLD, RENDER_B, RENDER_B, look->ink);
}

static void
draw_rest(struct rows *rows)
{
	const enum hud_language language = rows->sheet->render->look->language;
	const struct hud_text *said = rows->sheet->render->said;
	char rate[WORDS_MAX], people[WORDS_MAX], painting[WORDS_MAX];
	char all[2 * WORDS_MAX + 8], fewer[2 * WORDS_MAX + 8];
	double beside;

	words_rate(language, said, rate);
	words_people(language, said, true, people);
	words_people(language, said, false, painting);
	if (said->waits_for_network) /* nobody can be the first */
		*rate = *people = *painting = '\0';
	beside = room_beside(rows, WORD_WIDEST_RATE, rate);
	if (is_wide(rows, beside)) {
		draw_figures(rows, 1, rate);
		draw_figures(rows, 2, people);
		draw_line(rows, 1, true, RENDER_B, beside);
		draw_line(rows, 2, false, COMMAND_LEAST,
			room_beside(rows, WORD_WIDEST_PEOPLE, people));
		return;
	}
	if (!rows->second_taken)
		draw_line(rows, 1, true, COMMAND_LEAST,
			rows->sheet->right - rows->sheet->left);
	snprintf(all, sizeof(all), "%s%s%s", rate, *rate ? " · " : "", people);
	snprintf(fewer, sizeof(fewer), "%s%s%s", rate, *rate ? " · " : "", painting);
	draw_foot(rows, (const char *const[]){ all, fewer, rate });
}

void
strip_draw(struct sheet *sheet)
{
	struct rows rows = { .sheet = sheet, .unit = sheet->unit };
	const double stretch = sheet->bitmap.height / 30.0;

	sheet_tiles(sheet);
	rows.base[0] = 10.6 * stretch;
	rows.base[1] = 18.5 * stretch;
	rows.base[2] = 25.5 * stretch;
	if (!sheet->render->said->paused)
		rows.n_lines = sheet_lines(sheet, rows.lines);
	if (*sheet->address)
		draw_call(&rows);
	else
		draw_head(&rows);
	if (sheet->render->said->paused)
		sheet_paused(sheet, rows.base[rows.second_taken ? 2 : 1],
			rows.second_taken ? 0 : rows.base[2]);
	else
		draw_rest(&rows);
}
