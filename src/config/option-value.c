/* SPDX-License-Identifier: MIT */
/* What a value's text means, one function a type; the table of them is at the end. */
#include "config/option.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "config/option-private.h"
#include "lib/digits.h"

static const char *
read_signed(const char *p, int64_t *value)
{
	bool negative = *p == '-';
	uint64_t n;

	p = digits_read(p + negative, (uint64_t)INT64_MAX + negative, &n);
	if (!p)
		return NULL;
	*value = (int64_t)(negative ? 0 - n : n);
	return p;
}

/* The index of a whole word in a space-separated list, or -1. */
static int
word_index(const char *words, const char *word)
{
	size_t len = strlen(word);
	int index = 0;

	for (const char *p = words; p && *p; index++) {
		size_t n = strcspn(p, " ");

		if (n == len && len > 0 && memcmp(p, word, n) == 0)
			return index;
		p += n + strspn(p + n, " ");
	}
	return -1;
}

static bool
in_range(const struct mural_option *option, uint64_t value)
{
	uint64_t least = option->least < 0 ? 0 : option->least;

	if (!option_has_range(option))
		return true;
	return value >= least && option->most >= 0 && value <= (uint64_t)option->most;
}

static int
parse_bool(const struct mural_option *option, void *field, const char *text, char *why,
	size_t len)
{
	int index = word_index("no yes false true off on", text);

	(void)option;
	if (index < 0)
		return error_set(why, len,
			"is not yes or no; write yes, no, true, false, on or off");
	*(bool *)field = index & 1;
	return 0;
}

static int
parse_number(const struct mural_option *option, void *field, const char *text, char *why,
	size_t len)
{
	int word = word_index(option->choices, text);
	char type[TYPE_TEXT_MAX];
	int64_t value = -1 - word;
	const char *end;

	if (word < 0) {
		end = read_signed(text, &value);
		if (!end || *end)
			return error_set(why, len, "is no number; write a %s",
				option_describe_type(option, type, sizeof(type)));
		if (option_has_range(option) &&
			(value < option->least || value > option->most))
			return error_set(why, len, "is out of range; write a %s",
				option_describe_type(option, type, sizeof(type)));
	}
	*(int64_t *)field = value;
	return 0;
}

struct unit {
	const char *name;
	uint64_t factor;
};

/* A number and one of the units, the whole text; false also when it overflows. */
static bool
read_with_unit(const char *text, const struct unit *units, uint64_t *value)
{
	uint64_t n;
	const char *p = digits_read(text, UINT64_MAX, &n);

	if (!p)
		return false;
	for (; units->name; units++)
		if (strcmp(p, units->name) == 0)
			return !__builtin_mul_overflow(n, units->factor, value);
	return false;
}

static int
parse_bytes(const struct mural_option *option, void *field, const char *text, char *why,
	size_t len)
{
	static const struct unit units[] = {
		{ "", 1 },
		{ "K", UINT64_C(1) << 10 },
		{ "M", UINT64_C(1) << 20 },
		{ "G", UINT64_C(1) << 30 },
		{ NULL, 0 },
	};
	uint64_t value;

	if (!read_with_unit(text, units, &value))
		return error_set(why, len,
			"is no number of bytes; write one with K, M, G or nothing behind "
			"it, "
			"such as 64K");
	if (!in_range(option, value))
		return error_set(why, len,
			"is out of range; write %" PRId64 " to %" PRId64 " bytes",
			option->least, option->most);
	*(uint64_t *)field = value;
	return 0;
}

static int
parse_duration(const struct mural_option *option, void *field, const char *text,
	char *why, size_t len)
{
	static const struct unit units[] = {
		{ "ms", 1 },
		{ "s", 1000 },
		{ "min", 60 * 1000 },
		{ "h", 60 * 60 * 1000 },
		{ NULL, 0 },
	};
	uint64_t value = 0;

	if (strcmp(text, "0") != 0 && !read_with_unit(text, units, &value))
		return error_set(why, len,
			"is no duration; write a number with ms, s, min or h behind it, "
			"such as "
			"30s");
	if (!in_range(option, value))
		return error_set(why, len,
			"is out of range; write %" PRId64 "ms to %" PRId64 "ms",
			option->least, option->most);
	*(uint64_t *)field = value;
	return 0;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static int
parse_colour(const struct mural_option *option, void *field, const char *text, char *why,
	size_t len)
{
	uint32_t rgb = 0;
	bool good = text[0] == '#' && strlen(text) == 7;

	(void)option;
	for (int i = 1; good && i < 7; i++) {
		int digit = hex_digit(text[i]);

		good = digit >= 0;
		rgb = rgb << 4 | (digit & 15);
	}
	if (!good)
		return error_set(
			why, len, "is no colour; write #rrggbb, such as #ff8000");
	*(uint32_t *)field = 0xff000000 | rgb;
	return 0;
}

static int
parse_choice(const struct mural_option *option, void *field, const char *text, char *why,
	size_t len)
{
	int index = word_index(option->choices, text);
	char words[TYPE_TEXT_MAX];

	if (index < 0)
		return error_set(why, len, "is not one of: %s",
			option_list_words(option->choices, words, sizeof(words)));
	*(uint32_t *)field = index;
	return 0;
}

static int
parse_text(const struct mural_option *option, void *field, const char *text, char *why,
	size_t len)
{
	char *copy = strdup(text);

	(void)option;
	if (!copy) {
		snprintf(why, len, "does not fit in memory");
		return -ENOMEM;
	}
	free(*(char **)field);
	*(char **)field = copy;
	return 0;
}

static int
parse_address(const struct mural_option *option, void *field, const char *text, char *why,
	size_t len)
{
	int ret = *text ? option_check_address(text, why, len) : 0;

	return ret < 0 ? ret : parse_text(option, field, text, why, len);
}

static int
parse_point(const struct mural_option *option, void *field, const char *text, char *why,
	size_t len)
{
	int64_t x, y;
	const char *p = read_signed(text, &x);

	(void)option;
	p = p && *p == ',' ? read_signed(p + 1, &y) : NULL;
	if (!p || *p)
		return error_set(why, len, "is no point; write X,Y, such as 640,360");
	if (x < INT32_MIN || x > INT32_MAX || y < INT32_MIN || y > INT32_MAX)
		return error_set(
			why, len, "is out of range; write coordinates of 32 bits");
	*(struct mural_point *)field = (struct mural_point){ (int32_t)x, (int32_t)y };
	return 0;
}

static int
parse_dimensions(const struct mural_option *option, void *field, const char *text,
	char *why, size_t len)
{
	uint64_t width = 0, height = 0;
	const char *p = digits_read(text, UINT64_MAX, &width);
	char type[TYPE_TEXT_MAX];

	if (word_index(option->choices, text) >= 0) {
		*(struct mural_dimensions *)field = (struct mural_dimensions){ 0, 0 };
		return 0;
	}
	p = p && *p == 'x' ? digits_read(p + 1, UINT64_MAX, &height) : NULL;
	if (!p || *p)
		return error_set(why, len, "is no size; write %s, such as 1280x720",
			option_describe_type(option, type, sizeof(type)));
	if (width < 1 || width > MURAL_SIDE_MAX || height < 1 || height > MURAL_SIDE_MAX)
		return error_set(why, len,
			"is out of range; write a size from 1x1 to %ux%u", MURAL_SIDE_MAX,
			MURAL_SIDE_MAX);
	*(struct mural_dimensions *)field =
		(struct mural_dimensions){ (uint32_t)width, (uint32_t)height };
	return 0;
}

static const struct option_type types[] = {
	[MURAL_TYPE_BOOL] = { parse_bool, sizeof(bool), _Alignof(bool), false },
	[MURAL_TYPE_NUMBER] = { parse_number, sizeof(int64_t), _Alignof(int64_t), false },
	[MURAL_TYPE_BYTES] = { parse_bytes, sizeof(uint64_t), _Alignof(uint64_t), false },
	[MURAL_TYPE_DURATION] = { parse_duration, sizeof(uint64_t), _Alignof(uint64_t),
		false },
	[MURAL_TYPE_COLOUR] = { parse_colour, sizeof(uint32_t), _Alignof(uint32_t),
		false },
	[MURAL_TYPE_CHOICE] = { parse_choice, sizeof(uint32_t), _Alignof(uint32_t),
		false },
	[MURAL_TYPE_TEXT] = { parse_text, sizeof(char *), _Alignof(char *), true },
	[MURAL_TYPE_ADDRESS] = { parse_address, sizeof(char *), _Alignof(char *), true },
	[MURAL_TYPE_POINT] = { parse_point, sizeof(struct mural_point),
		_Alignof(struct mural_point), false },
	[MURAL_TYPE_DIMENSIONS] = { parse_dimensions, sizeof(struct mural_dimensions),
		_Alignof(struct mural_dimensions), false },
};

const struct option_type *
option_type_find(uint32_t type)
{
	return type < ARRAY_LEN(types) && types[type].parse ? &types[type] : NULL;
}
