/* SPDX-License-Identifier: MIT */
/* Tables of options and the structs they fill, and what people read about options. */
#include "config/option.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/option-private.h"

int
error_set(char *why, size_t len, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, len, format, args);
	va_end(args);
	return -EINVAL;
}

const char *
option_list_words(const char *words, char *text, size_t len)
{
	size_t used = 0;

	for (const char *p = words ? words : ""; *p && used + 2 < len; p++) {
		if (*p == ' ')
			text[used++] = ',';
		text[used++] = *p;
	}
	text[used] = '\0';
	return text;
}

bool
option_fits(const struct mural_option *option, size_t config_size)
{
	const struct option_type *type = option_type_find(option->type);

	return type && option->offset <= config_size &&
	       config_size - option->offset >= type->size &&
	       option->offset % type->align == 0;
}

int
option_set(const struct mural_option *option, void *config, const char *text, char *why,
	size_t len)
{
	const struct option_type *type = option_type_find(option->type);

	if (!type)
		return error_set(why, len, "has a type that this murald does not know");
	return type->parse(option, (char *)config + option->offset, text, why, len);
}

int
options_init(const struct mural_option *options, void *config, char *why, size_t len)
{
	char reason[TYPE_TEXT_MAX], key[64];
	int ret;

	for (const struct mural_option *o = options; o && o->name; o++) {
		ret = option_set(
			o, config, o->initial ? o->initial : "", reason, sizeof(reason));
		if (ret < 0) {
			snprintf(why, len, "option %s: default \"%s\" %s",
				option_key(o, key, sizeof(key)),
				o->initial ? o->initial : "", reason);
			return ret;
		}
	}
	return 0;
}

void
options_finish(const struct mural_option *options, void *config)
{
	for (const struct mural_option *o = options; o && o->name; o++) {
		const struct option_type *type = option_type_find(o->type);

		if (type && type->is_text) {
			char **field = (void *)((char *)config + o->offset);

			free(*field);
			*field = NULL;
		}
	}
}

bool
option_same(const struct mural_option *option, const void *a, const void *b)
{
	const struct option_type *type = option_type_find(option->type);
	const void *left = (const char *)a + option->offset;
	const void *right = (const char *)b + option->offset;

	if (type && type->is_text)
		return strcmp(*(char *const *)left, *(char *const *)right) == 0;
	return type && memcmp(left, right, type->size) == 0;
}

bool
options_same(const struct mural_option *options, const void *a, const void *b)
{
	for (const struct mural_option *o = options; o && o->name; o++)
		if (!option_same(o, a, b))
			return false;
	return true;
}

static char
fold(char c)
{
	return c == '_' ? '-' : c;
}

bool
option_same_key(const char *a, const char *b)
{
	while (*a && fold(*a) == fold(*b))
		a++, b++;
	return *a == *b;
}

const struct mural_option *
option_find(const struct mural_option *options, const char *key)
{
	for (const struct mural_option *o = options; o && o->name; o++)
		if (option_same_key(o->name, key))
			return o;
	return NULL;
}

const char *
option_key(const struct mural_option *option, char *key, size_t len)
{
	snprintf(key, len, "%s", option->name);
	for (char *p = key; *p; p++)
		*p = fold(*p);
	return key;
}

static void
number_type(const struct mural_option *option, char *text, size_t len)
{
	char words[TYPE_TEXT_MAX] = "";

	if (option->choices)
		option_list_words(option->choices, words, sizeof(words));
	if (option_has_range(option) && option->most == INT64_MAX)
		snprintf(text, len, "number, at least %" PRId64 "%s%s", option->least,
			*words ? ", or " : "", words);
	else if (option_has_range(option))
		snprintf(text, len, "number from %" PRId64 " to %" PRId64 "%s%s",
			option->least, option->most, *words ? ", or " : "", words);
	else
		snprintf(text, len, "number%s%s", *words ? ", or " : "", words);
}

const char *
option_describe_type(const struct mural_option *option, char *text, size_t len)
{
	static const char *const names[] = {
		[MURAL_TYPE_BOOL] = "yes or no",
		[MURAL_TYPE_BYTES] = "bytes",
		[MURAL_TYPE_DURATION] = "duration",
		[MURAL_TYPE_COLOUR] = "#rrggbb",
		[MURAL_TYPE_TEXT] = "text",
		[MURAL_TYPE_ADDRESS] = "address",
		[MURAL_TYPE_POINT] = "X,Y",
		[MURAL_TYPE_DIMENSIONS] = "WxH",
	};
	char words[TYPE_TEXT_MAX];

	option_list_words(option->choices, words, sizeof(words));
	if (!option_type_find(option->type))
		snprintf(text, len, "unknown type %" PRIu32, option->type);
	else if (option->type == MURAL_TYPE_NUMBER)
		number_type(option, text, len);
	else if (option->type == MURAL_TYPE_CHOICE)
		snprintf(text, len, "one of: %s", words);
	else if (option->type == MURAL_TYPE_DIMENSIONS && *words)
		snprintf(text, len, "WxH or %s", words);
	else
		snprintf(text, len, "%s", names[option->type]);
	return text;
}
