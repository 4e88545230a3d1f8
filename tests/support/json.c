/* SPDX-License-Identifier: MIT */
/* Walks JSON text in place, knowing only strings, numbers and brackets. */
#include "support/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void __attribute__((noreturn)) give_up(const char *what, const char *at)
{
	fprintf(stderr, "json: %s at: %.40s\n", what, at);
	abort();
}

static const char *
skip_space(const char *p)
{
	return p + strspn(p, " \t\r\n");
}

static const char *
skip_string(const char *p)
{
	for (p++; *p != '"'; p++) {
		if (*p == '\\')
			p++;
		if (*p == '\0')
			give_up("a string does not end", p);
	}
	return p + 1;
}

/* The position after a value: counts brackets, skips strings. */
static const char *
skip_value(const char *p)
{
	unsigned depth = 0;

	do {
		p = skip_space(p);
		if (*p == '"') {
			p = skip_string(p);
		} else if (*p == '{' || *p == '[') {
			depth++;
			p++;
		} else if (*p == '}' || *p == ']') {
			depth--;
			p++;
		} else if (*p == '\0') {
			give_up("a value does not end", p);
		} else {
			size_t len = strcspn(p, ",:{}[]\" \t\r\n");

			p += len ? len : 1;
		}
	} while (depth > 0);
	return skip_space(p);
}

char *
json_load(const char *name)
{
	const char *top = getenv("top_srcdir");
	char path[512], *text = NULL;
	size_t len = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/tests/vectors/%s", top ? top : ".", name);
	file = fopen(path, "r");
	if (!file || getdelim(&text, &len, '\0', file) < 0)
		give_up("cannot read", path);
	fclose(file);
	return text;
}

const char *
json_get(const char *object, const char *key)
{
	size_t len = strlen(key);
	const char *p;

	if (!object || *object != '{')
		return NULL;
	for (p = skip_space(object + 1); *p == '"'; p = skip_space(p + 1)) {
		bool found = strncmp(p + 1, key, len) == 0 && p[1 + len] == '"';
		const char *value = skip_space(skip_string(p));

		if (*value != ':')
			give_up("a key has no value", p);
		value = skip_space(value + 1);
		if (found)
			return strncmp(value, "null", 4) == 0 ? NULL : value;
		p = skip_value(value);
		if (*p != ',')
			break;
	}
	return NULL;
}

const char *
json_first(const char *array)
{
	const char *p;

	if (!array || *array != '[')
		return NULL;
	p = skip_space(array + 1);
	return *p == ']' ? NULL : p;
}

const char *
json_next(const char *item)
{
	const char *p = skip_value(item);

	return *p == ',' ? skip_space(p + 1) : NULL;
}

void
json_string(const char *value, char *text, size_t len)
{
	const char *p = value;

	if (!p || *p != '"')
		give_up("no string", p ? p : "nothing");
	for (p++; *p != '"'; p++) {
		if (*p == '\\')
			p++;
		if (len-- <= 1)
			give_up("a string is too long", value);
		*text++ = *p;
	}
	*text = '\0';
}

long
json_number(const char *value)
{
	char *end = NULL;
	long number = value ? strtol(value, &end, 10) : 0;

	if (!value || end == value)
		give_up("no number", value ? value : "nothing");
	return number;
}

bool
json_bool(const char *value)
{
	return value && strncmp(value, "true", 4) == 0;
}
