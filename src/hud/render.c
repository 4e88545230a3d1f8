/* SPDX-License-Identifier: MIT */
/* Lays the lines of the HUD out in ever smaller sizes until they fit, and draws them. */
#include "hud/render.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "hud/font.h"

#define BACKGROUND 0xff101418
#define WHITE 0xffffffff
#define BLACK 0xff000000
#define NAME_INK 0xffffc857
#define COMMAND_INK WHITE
#define RATE_INK 0xff9fd3ff
#define STATE_INK 0xffffa27a

#define MANY_COLUMNS 90 /* enough for the longer form of rates */
#define RATE_MAX 16
#define ENTRIES_MAX (2 * ARRAY_LEN(((struct hud_text *)0)->lines) + 1)

/* One line of the HUD as cells. */
struct text_entry {
	char name[sizeof(((struct hud_line *)0)->name)]; /* empty: it goes on */
	char command[sizeof(((struct hud_line *)0)->hint)];
	uint32_t ink;                              /* of the command */
	char rate[RATE_MAX], short_rate[RATE_MAX]; /* may be empty */
	bool optional;                             /* left out if there is no room */
};

/* A piece of text and its place, in rows and columns of cells. */
struct span {
	uint32_t row, column;
	const char *cells; /* the entry's */
	size_t n_cells;
	uint32_t ink;
};

/* Where the commands go, the best arrangement first. */
enum arrangement {
	ALIGNED, /* in one column */
	RAGGED,  /* each after its name */
	STACKED, /* below their names */
	BROKEN,  /* the same, and words too long for a row are broken */
	ARRANGEMENTS
};

struct text_layout {
	uint32_t factor;
	uint32_t columns, rows; /* available */
	enum arrangement arrangement;
	bool comments;       /* commands are shown with their comments */
	uint32_t name_width; /* of the longest name */
	uint32_t used;       /* rows */
	uint32_t missing;    /* entries that did not fit */
	struct span spans[160];
	size_t n_spans;
};

/* ------------------------------------------------------------------ entries */

/* Four characters at most: 999, 1.2k, 12k, 123k, 1.2M ... */
static void
format_count(uint64_t count, char *text, size_t len)
{
	static const char units[] = " kMGTPE";
	uint64_t tenths = 0;
	size_t unit = 0;

	for (; count >= 1000 && unit < sizeof(units) - 2; unit++) {
		tenths = count % 1000 / 100;
		count /= 1000;
	}
	if (unit == 0)
		snprintf(text, len, "%u", (unsigned)count);
	else if (count < 10)
		snprintf(text, len, "%u.%u%c", (unsigned)count, (unsigned)tenths,
			units[unit]);
	else
		snprintf(text, len, "%u%c", (unsigned)count, units[unit]);
}

static void
entry_of_line(const struct hud_line *line, struct text_entry *entry)
{
	char count[8];

	format_count(line->pixels, count, sizeof(count));
	font_cells(line->name, entry->name, sizeof(entry->name));
	font_cells(line->hint, entry->command, sizeof(entry->command));
	snprintf(entry->rate, sizeof(entry->rate), "%s px/s", count);
	snprintf(entry->short_rate, sizeof(entry->short_rate), "%s/s", count);
	entry->ink = COMMAND_INK;
	entry->optional = false;
}

/* Below its command, or in place of one. */
static size_t
entries_of_line(const struct hud_line *line, struct text_entry *entries)
{
	size_t n = 1;

	entry_of_line(line, entries);
	if (!*line->state)
		return n;
	if (*line->hint)
		entries[n++] = (struct text_entry){ 0 };
	entries[n - 1].ink = STATE_INK;
	font_cells(line->state, entries[n - 1].command, sizeof(line->state));
	return n;
}

static bool
shows_url(const struct hud_text *text)
{
	for (uint32_t i = 0; i < MIN(text->n_lines, ARRAY_LEN(text->lines)); i++)
		if (strcmp(text->lines[i].hint, text->url) == 0)
			return true;
	return false;
}

/* The URL of the web page, unless a line shows it already, comes first if there is no QR
 * code, else last. */
static size_t
entries_of_text(const struct hud_text *text, bool has_qr, struct text_entry *entries)
{
	bool has_url = *text->url && !shows_url(text);
	size_t n = has_url && !has_qr, url = 0;

	for (uint32_t i = 0; i < MIN(text->n_lines, ARRAY_LEN(text->lines)); i++)
		n += entries_of_line(&text->lines[i], &entries[n]);
	if (has_url && has_qr)
		url = n++;
	if (has_url) {
		entries[url] = (struct text_entry){
			.name = "web", .ink = COMMAND_INK, .optional = has_qr
		};
		font_cells(text->url, entries[url].command, sizeof(entries[url].command));
	}
	return n;
}

/* ------------------------------------------------------------------ layout */

static bool
add_span(struct text_layout *layout, uint32_t row, uint32_t column, const char *cells,
	size_t n_cells, uint32_t ink)
{
	if (row >= layout->rows || column + n_cells > layout->columns ||
		layout->n_spans == ARRAY_LEN(layout->spans))
		return false;
	if (n_cells > 0)
		layout->spans[layout->n_spans++] =
			(struct span){ row, column, cells, n_cells, ink };
	return true;
}

/* How many cells, at most `width` of more, fit on a row that ends at a space; 0: not even
 * a word. */
static size_t
row_of_words(const char *cells, size_t width)
{
	for (size_t n = width; n > 0; n--)
		if (cells[n] == ' ')
			return n;
	return 0;
}

/* The same for a word that is broken, with room for the arrow; best after punctuation. */
static size_t
row_of_letters(const char *cells, size_t width)
{
	for (size_t n = width - 1; n > width / 2; n--)
		if (strchr(":/@.&", cells[n - 1]))
			return n;
	return width - 1;
}

/* Sets a command from *row on, in columns `left` to `right`, with continuation rows
 * indented.  Afterwards *row is its last row. */
static bool
set_command(struct text_layout *layout, const struct text_entry *entry, size_t len,
	uint32_t left, uint32_t right, uint32_t *row)
{
	static const char below = (char)FONT_BELOW;
	const char *cells = entry->command;

	for (uint32_t indent = 2; left + 2 < right; indent = 0) {
		size_t n = len, width = right - left, next = 0;

		if (len > width) {
			n = row_of_words(cells, width);
			next = n + 1;
		}
		if (n == 0 && layout->arrangement == BROKEN) {
			next = n = row_of_letters(cells, width);
			if (!add_span(layout, *row, left + (uint32_t)n, &below, 1,
				    NAME_INK))
				return false;
		}
		if (n == 0 || !add_span(layout, *row, left, cells, n, entry->ink))
			return false;
		if (n == len)
			return true;
		cells += next;
		len -= next;
		left += indent;
		++*row;
	}
	return false;
}

/* A comment can be left out: the command still works.  The second form is for shells that
 * have none on their command line. */
static size_t
command_length(const struct text_layout *layout, const struct text_entry *entry)
{
	const char *comment = strstr(entry->command, " # ");

	if (!comment)
		comment = strstr(entry->command, "; : '");
	return comment && !layout->comments ? (size_t)(comment - entry->command)
					    : strlen(entry->command);
}

/* Sets a whole entry in the remaining rows, or nothing. */
static bool
set_entry(struct text_layout *layout, const struct text_entry *entry)
{
	const char *rate =
		layout->columns >= MANY_COLUMNS ? entry->rate : entry->short_rate;
	size_t rate_width = strlen(rate), n_spans = layout->n_spans;
	size_t len = command_length(layout, entry);
	bool stacked = layout->arrangement >= STACKED;
	uint32_t row = layout->used, left = 1, right = layout->columns;
	bool fits = rate_width < right;

	if (!stacked) {
		left += layout->arrangement == ALIGNED ? layout->name_width
						       : (uint32_t)strlen(entry->name);
		if (rate_width > 0)
			right -= MIN(right, layout->columns >= MANY_COLUMNS ? 10 : 7);
	}
	fits = fits &&
	       add_span(layout, row, 0, entry->name, strlen(entry->name), NAME_INK) &&
	       add_span(layout, row, layout->columns - (uint32_t)rate_width, rate,
		       rate_width, RATE_INK);
	if (fits && stacked)
		fits = strlen(entry->name) + rate_width < layout->columns;
	if (fits && len > 0) {
		if (stacked && *entry->name)
			row++;
		fits = set_command(layout, entry, len, left, right, &row);
	}
	if (fits)
		layout->used = row + 1;
	else
		layout->n_spans = n_spans;
	return fits;
}

static void
set_entries(struct text_layout *layout, const struct text_entry *entries, size_t n)
{
	for (size_t i = 0; i < n; i++)
		layout->name_width =
			MAX(layout->name_width, (uint32_t)strlen(entries[i].name));
	for (size_t i = 0; i < n; i++)
		if (!set_entry(layout, &entries[i]) && !entries[i].optional)
			layout->missing++;
}

/* The largest size in which everything fits; if none, the layout with the fewest entries
 * left out. */
static struct text_layout
find_text_layout(
	const struct text_entry *entries, size_t n, uint32_t width, uint32_t height)
{
	uint32_t largest =
		MAX(1, MIN(width / (18 * FONT_WIDTH), height / (4 * FONT_HEIGHT)));
	struct text_layout best = { .missing = UINT32_MAX };

	for (uint32_t factor = largest; factor >= MAX(1, largest / 3); factor--)
		for (enum arrangement arrangement = 0; arrangement < 2 * ARRANGEMENTS;
			arrangement++) {
			struct text_layout layout = {
				.factor = factor,
				.columns = width / (factor * FONT_WIDTH),
				.rows = height / (factor * FONT_HEIGHT),
				.arrangement = arrangement % ARRANGEMENTS,
				.comments = arrangement < ARRANGEMENTS,
			};

			set_entries(&layout, entries, n);
			if (layout.missing < best.missing)
				best = layout;
			if (best.missing == 0)
				return best;
		}
	return best;
}

/* ------------------------------------------------------------------ drawing */

static void
draw_text_layout(const struct font_bitmap *bitmap, const struct text_layout *layout,
	uint32_t left, uint32_t height)
{
	uint32_t row_height = layout->factor * FONT_HEIGHT;
	uint32_t top = (height - layout->used * row_height) / 2;

	for (size_t i = 0; i < layout->n_spans; i++) {
		const struct span *span = &layout->spans[i];

		font_draw(bitmap, left + span->column * layout->factor * FONT_WIDTH,
			top + span->row * row_height, layout->factor, span->ink,
			span->cells, span->n_cells);
	}
}

static void
draw_qr(const struct font_bitmap *bitmap, const struct hud_qr *qr, uint32_t left,
	uint32_t top, uint32_t module)
{
	const uint32_t side = (qr->side + 2 * HUD_QR_QUIET) * module;

	font_fill(bitmap, left, top, side, side, WHITE);
	for (uint32_t y = 0; y < qr->side; y++)
		for (uint32_t x = 0; x < qr->side; x++)
			if (qr->dark[y * qr->side + x])
				font_fill(bitmap, left + (HUD_QR_QUIET + x) * module,
					top + (HUD_QR_QUIET + y) * module, module, module,
					BLACK);
}

void
hud_render(const struct hud_text *text, const struct hud_qr *qr, uint32_t *pixels,
	uint32_t width, uint32_t height)
{
	const struct font_bitmap bitmap = { pixels, width, width, height };
	bool is_column = height > width;
	uint32_t room = is_column ? MIN(width, height / 3) : MIN(height, width / 4);
	uint32_t module = qr->side > 0 ? room / (qr->side + 2 * HUD_QR_QUIET) : 0;
	uint32_t side = (qr->side + 2 * HUD_QR_QUIET) * module;
	uint32_t margin = MIN(MIN(width, height) / 24, 12), rest = (room - side) / 2;
	uint32_t text_width = width - 2 * margin, text_height = height;
	struct text_entry entries[ENTRIES_MAX];
	struct text_layout layout;
	size_t n;

	font_fill(&bitmap, 0, 0, width, height, BACKGROUND);
	if (module >= 2 && is_column) {
		draw_qr(&bitmap, qr, (width - side) / 2, height - rest - side, module);
		text_height -= side + rest;
	} else if (module >= 2) {
		draw_qr(&bitmap, qr, width - rest - side, (height - side) / 2, module);
		text_width -= side + rest;
	}
	n = entries_of_text(text, module >= 2, entries);
	layout = find_text_layout(entries, n, text_width, text_height);
	draw_text_layout(&bitmap, &layout, margin, text_height);
}
