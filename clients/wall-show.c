/* SPDX-License-Identifier: MIT */
/* Prints an answer for people: a line of what is single, one for each object, and a table
 * for each list; times as the clock here shows them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wchar.h>

#include "lib/utf8.h"
#include "wall.h"

#define COLUMNS_MAX 16
#define CELL_MAX 300

/* Somebody may have chosen a name for a terminal. */
static void
write_text(const char *text, char *cell)
{
	utf8_copy(cell, CELL_MAX, text);
	utf8_mask_controls(cell);
}

/* Whoever answers there may be no wall. */
static void
print_key(const char *key)
{
	char text[CELL_MAX];

	write_text(key, text);
	fputs(text, stdout);
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

/* The columns of a terminal that it takes. */
static int
width_of(const char *cell)
{
	wchar_t wide[CELL_MAX];
	const size_t n = mbstowcs(wide, cell, CELL_MAX);
	const int width = n < CELL_MAX ? wcswidth(wide, n) : -1;

	return width < 0 ? (int)strlen(cell) : width;
}

static void
print_cell(const char *cell, int width, bool is_number)
{
	const int rest = width - width_of(cell);

	printf("%*s%s%*s  ", is_number ? rest : 0, "", cell, is_number ? 0 : rest, "");
}

struct table {
	const char *columns[COLUMNS_MAX]; /* the keys of the rows */
	int widths[COLUMNS_MAX];
	size_t n;
};

static void
add_columns(struct table *table, const json_t *row)
{
	char cell[CELL_MAX];
	const char *key;
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
			table->widths[i] = width_of(cell);
		}
		write_value(value, cell);
		if (width_of(cell) > table->widths[i])
			table->widths[i] = width_of(cell);
	}
}

static void
print_row(const struct table *table, const json_t *row)
{
	char cell[CELL_MAX];

	for (size_t i = 0; i < table->n; i++) {
		const json_t *value = json_object_get(row, table->columns[i]);

		write_value(value, cell);
		if (i + 1 == table->n)
			puts(cell);
		else
			print_cell(cell, table->widths[i], json_is_number(value));
	}
}

static void
print_table(const char *name, const json_t *rows)
{
	struct table table = { 0 };
	char cell[CELL_MAX];
	const json_t *row;
	size_t i;

	if (json_array_size(rows) == 0) {
		print_key(name);
		puts(": none");
		return;
	}
	json_array_foreach(rows, i, row)
	{
		add_columns(&table, row);
	}
	for (i = 0; i + 1 < table.n; i++) {
		write_text(table.columns[i], cell);
		print_cell(cell, table.widths[i], false);
	}
	/* of several tables some say what they list by nothing but their name */
	print_key(table.n > 1 ? table.columns[table.n - 1] : name);
	puts("");
	json_array_foreach(rows, i, row)
	{
		print_row(&table, row);
	}
}

/* Those that are single, in a line; whether there was one. */
static bool
print_members(const json_t *is, bool whole)
{
	const char *key, *between = "";
	char cell[CELL_MAX];
	json_t *value;

	json_object_foreach((json_t *)is, key, value)
	{
		if (json_is_array(value) || json_is_object(value) ||
			json_is_null(value) ||
			strcmp(key, "waited_ms") == 0) /* for programs */
			continue;
		write_value(value, cell);
		fputs(between, stdout);
		print_key(key);
		printf("%s %s", whole ? ":" : "", cell);
		between = ", ";
	}
	if (*between)
		puts("");
	return *between;
}

void
wall_show(const json_t *is)
{
	bool any = print_members(is, true);
	const char *key;
	json_t *value;

	if (json_object_size(is) == 0)
		puts("done");
	json_object_foreach((json_t *)is, key, value)
	{
		if (json_is_object(value)) {
			print_key(key);
			fputs(": ", stdout);
			print_members(value, false);
		} else if (json_is_array(value)) {
			print_table(key, value);
		} else if (json_is_null(value) && !any) {
			print_key(key);
			puts(": none");
		}
	}
}
