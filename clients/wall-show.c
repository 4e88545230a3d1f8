/* SPDX-License-Identifier: MIT */
/* Prints an answer for people: a line of what is single, one for each object, and a table
 * for each list; times as the clock here shows them.  On a terminal, what does not fit
 * into a row of a table follows below it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/utf8.h"
#include "lib/wrap.h"
#include "wall.h"

#define COLUMNS_MAX 16
#define CELL_MAX 300

/* Before what continues a line. */
#define INDENT 4

/* Where an answer goes. */
struct sheet {
	FILE *out;
	unsigned columns; /* of a line; 0: any length */
};

/* Somebody may have chosen a name for a terminal. */
static void
write_text(const char *text, char *cell)
{
	utf8_copy(cell, CELL_MAX, text);
	utf8_mask_controls(cell);
}

/* Whoever answers there may be no wall. */
static void
print_key(const struct sheet *sheet, const char *key)
{
	char text[CELL_MAX];

	write_text(key, text);
	fputs(text, sheet->out);
}

/* The wall's times are UTC; 22:30, as an operator types it, is not.  With the zone, so
 * that what is printed is a time to be typed as well.  False: it is no time. */
static bool
write_time(const char *text, char *cell)
{
	struct tm tm = { 0 };
	const char *fraction = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	char clock[32], zone[8];
	time_t when;
	int len;

	if (!fraction || !strchr(".Z", *fraction))
		return false;
	len = (int)strcspn(fraction, "Z");
	if (strcmp(fraction + len, "Z") != 0 || len > 10 ||
		strspn(fraction, ".0123456789") != (size_t)len)
		return false;
	if (strncmp(fraction, ".000Z", 5) == 0)
		len = 0;
	when = timegm(&tm);
	localtime_r(&when, &tm);
	strftime(clock, sizeof(clock), "%Y-%m-%dT%H:%M:%S", &tm);
	strftime(zone, sizeof(zone), "%z", &tm);
	snprintf(cell, CELL_MAX, "%s%.*s%.3s:%s", clock, len, fraction, zone, zone + 3);
	return true;
}

static void
write_value(const json_t *value, char *cell)
{
	char *text;

	*cell = '\0';
	if (json_is_string(value)) {
		if (!write_time(json_string_value(value), cell))
			write_text(json_string_value(value), cell);
	} else if (json_is_boolean(value)) {
		snprintf(cell, CELL_MAX, "%s", json_is_true(value) ? "yes" : "no");
	} else if (value && !json_is_null(value)) {
		text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
		write_text(text ? text : "", cell);
		free(text);
	}
}

/* "key value, key value", or "key: value, key: value", of those that are single; the
 * caller's.  NULL: there is none. */
static char *
members_text(const json_t *is, const char *colon)
{
	char cell[CELL_MAX], *text = NULL;
	FILE *to = NULL;
	const char *key;
	json_t *value;
	size_t size;

	json_object_foreach((json_t *)is, key, value)
	{
		if (json_is_array(value) || json_is_object(value) ||
			json_is_null(value) ||
			strcmp(key, "waited_ms") == 0) /* for programs */
			continue;
		if (to)
			fputs(", ", to);
		else if (!(to = open_memstream(&text, &size)))
			return NULL;
		write_text(key, cell);
		fprintf(to, "%s%s ", cell, colon);
		write_value(value, cell);
		fputs(cell, to);
	}
	if (to)
		fclose(to);
	return text;
}

/* Whether there was any. */
static bool
print_members(const struct sheet *sheet, unsigned at, const json_t *is, const char *colon)
{
	char *text = members_text(is, colon);

	if (!text)
		return false;
	wrap_print(sheet->out, text, at, INDENT, sheet->columns);
	fputc('\n', sheet->out);
	free(text);
	return true;
}

/* ------------------------------------------------------------------ tables */

struct table {
	const char *columns[COLUMNS_MAX]; /* the keys of the rows */
	unsigned widths[COLUMNS_MAX];
	bool below[COLUMNS_MAX]; /* not in the row, but in lines below it */
	size_t n, last;          /* of those in the row */
};

static void
write_cell(const json_t *value, char *cell)
{
	char *text = json_is_object(value) ? members_text(value, "") : NULL;

	if (text)
		write_text(text, cell);
	else if (json_is_object(value) && json_object_size(value) == 0)
		*cell = '\0';
	else
		write_value(value, cell);
	free(text);
}

static void
add_columns(struct table *table, const json_t *row)
{
	char cell[CELL_MAX];
	const char *key;
	unsigned width;
	json_t *value;
	size_t i;

	json_object_foreach((json_t *)row, key, value)
	{
		for (i = 0; i < table->n && strcmp(table->columns[i], key) != 0; i++)
			continue;
		if (i == COLUMNS_MAX)
			continue;
		if (i == table->n) {
			table->columns[table->n++] = key;
			write_text(key, cell);
			table->widths[i] = wrap_width(cell, strlen(cell));
		}
		write_cell(value, cell);
		width = wrap_width(cell, strlen(cell));
		if (width > table->widths[i])
			table->widths[i] = width;
	}
}

/* The first column stays in the row, however wide, and what fits beside it. */
static void
place_columns(struct table *table, unsigned columns)
{
	unsigned used = 0;

	for (size_t i = 0; i < table->n; i++) {
		table->below[i] =
			i > 0 && columns > 0 && used + table->widths[i] > columns;
		if (table->below[i])
			continue;
		used += table->widths[i] + 2;
		table->last = i;
	}
}

static void
print_cell(const struct sheet *sheet, const char *cell, unsigned width, bool is_number)
{
	const int rest = (int)(width - wrap_width(cell, strlen(cell)));

	fprintf(sheet->out, "%*s%s%*s  ", is_number ? rest : 0, "", cell,
		is_number ? 0 : rest, "");
}

static void
print_header(const struct sheet *sheet, const struct table *table, const char *name)
{
	char cell[CELL_MAX];

	for (size_t i = 0; i < table->last; i++) {
		write_text(table->columns[i], cell);
		if (!table->below[i])
			print_cell(sheet, cell, table->widths[i], false);
	}
	/* of several tables some say what they list by nothing but their name */
	print_key(sheet, table->n > 1 ? table->columns[table->last] : name);
	fputc('\n', sheet->out);
}

/* What did not fit into the row. */
static void
print_below(const struct sheet *sheet, const struct table *table, const json_t *row)
{
	json_t *rest = json_object();
	char cell[CELL_MAX];

	for (size_t i = 0; i < table->n; i++) {
		write_cell(json_object_get(row, table->columns[i]), cell);
		if (table->below[i] && *cell)
			(void)json_object_set_new(
				rest, table->columns[i], json_string(cell));
	}
	if (json_object_size(rest) > 0) {
		fprintf(sheet->out, "%*s", INDENT, "");
		(void)print_members(sheet, INDENT, rest, ":");
	}
	json_decref(rest);
}

static void
print_row(const struct sheet *sheet, const struct table *table, const json_t *row)
{
	char cell[CELL_MAX];

	for (size_t i = 0; i < table->n; i++) {
		const json_t *value = json_object_get(row, table->columns[i]);

		write_cell(value, cell);
		if (i == table->last)
			fprintf(sheet->out, "%s\n", cell);
		else if (!table->below[i])
			print_cell(sheet, cell, table->widths[i], json_is_number(value));
	}
	print_below(sheet, table, row);
}

static void
print_table(const struct sheet *sheet, const char *name, const json_t *rows)
{
	struct table table = { 0 };
	const json_t *row;
	size_t i;

	if (json_array_size(rows) == 0) {
		print_key(sheet, name);
		fputs(": none\n", sheet->out);
		return;
	}
	json_array_foreach(rows, i, row)
	{
		add_columns(&table, row);
	}
	place_columns(&table, sheet->columns);
	print_header(sheet, &table, name);
	json_array_foreach(rows, i, row)
	{
		print_row(sheet, &table, row);
	}
}

void
wall_show(FILE *out, unsigned columns, const json_t *is)
{
	const struct sheet sheet = { .out = out, .columns = columns };
	bool any = print_members(&sheet, 0, is, ":");
	const char *key;
	json_t *value;

	if (json_object_size(is) == 0)
		fputs("done\n", out);
	json_object_foreach((json_t *)is, key, value)
	{
		if (json_is_object(value)) {
			print_key(&sheet, key);
			fputs(": ", out);
			if (!print_members(&sheet, (unsigned)strlen(key) + 2, value, ""))
				fputc('\n', out);
		} else if (json_is_array(value)) {
			print_table(&sheet, key, value);
		} else if (json_is_null(value) && !any) {
			print_key(&sheet, key);
			fputs(": none\n", out);
		}
	}
}
