/* SPDX-License-Identifier: MIT */
/* Handles tables of options: fills the structs they describe, compares and frees those,
 * and finds options by their keys. */
#include "config/option.h"

#include <errno.h>
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

bool
option_fits(const struct mural_option *option, size_t config_size)
{
	const struct option_type *type = option_type_find(option->type);

	return type && option->offset <= config_size &&
	       config_size - option->offset >= type->size &&
	       option->offset % type->align == 0;
}

bool
option_overlaps(const struct mural_option *option, const struct mural_option *other)
{
	return option->offset < other->offset + option_type_find(other->type)->size &&
	       other->offset < option->offset + option_type_find(option->type)->size;
}

int
option_set(const struct mural_option *option, void *config, const char *text, char *why,
	size_t len)
{
	const struct option_type *type = option_type_find(option->type);

	if (!type)
		return error_set(
			why, len, "has a type unknown to this version of murald");
	return type->parse(&(struct option_value){
		.option = option,
		.field = (char *)config + option->offset,
		.text = text,
		.why = why,
		.why_len = len,
	});
}

int
options_init(const struct mural_option *options, void *config, char *why, size_t len)
{
	char reason[256], key[64];
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
		char **field = (void *)((char *)config + o->offset);

		if (!type || type->storage == OPTION_INLINE)
			continue;
		if (o->type == MURAL_TYPE_SECRET && *field)
			explicit_bzero(*field, strlen(*field));
		free(*field);
		*field = NULL;
	}
}

static bool
same_words(char *const *a, char *const *b)
{
	while (*a && *b && strcmp(*a, *b) == 0)
		a++, b++;
	return !*a && !*b;
}

bool
option_same(const struct mural_option *option, const void *a, const void *b)
{
	const struct option_type *type = option_type_find(option->type);
	const void *left = (const char *)a + option->offset;
	const void *right = (const char *)b + option->offset;

	if (type && type->storage == OPTION_TEXT)
		return strcmp(*(char *const *)left, *(char *const *)right) == 0;
	if (type && type->storage == OPTION_WORDS)
		return same_words(*(char **const *)left, *(char **const *)right);
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

bool
options_same_but_secrets(const struct mural_option *options, const void *a, const void *b)
{
	for (const struct mural_option *o = options; o && o->name; o++)
		if (o->type != MURAL_TYPE_SECRET && !option_same(o, a, b))
			return false;
	return true;
}

void
options_swap_secrets(const struct mural_option *options, void *a, void *b)
{
	for (const struct mural_option *o = options; o && o->name; o++) {
		char **left = (void *)((char *)a + o->offset), *text;
		char **right = (void *)((char *)b + o->offset);

		if (o->type != MURAL_TYPE_SECRET)
			continue;
		text = *left;
		*left = *right;
		*right = text;
	}
}

static char
letter_fold(char c)
{
	return c == '_' ? '-' : c;
}

bool
option_same_key(const char *a, const char *b)
{
	while (*a && letter_fold(*a) == letter_fold(*b))
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
		*p = letter_fold(*p);
	return key;
}

const char *
option_shown(const struct mural_option *option, const char *value)
{
	bool is_open = option->type != MURAL_TYPE_SECRET || !*value || *value == '@';

	return is_open ? value : OPTION_MASK;
}
