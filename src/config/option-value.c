/* SPDX-License-Identifier: MIT */
/* The types of options: how the text of a value is parsed, one function a type, and how
 * the type is described to users. */
#include "config/option.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/util.h"
#include "config/option-private.h"
#include "lib/digits.h"
#include "lib/hex.h"

#define TYPE_TEXT_MAX 256

/* ------------------------------------------------------------------ parts of values */

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

int
option_word_index(const char *words, const char *word)
{
	size_t len = strlen(word);
	int index = 0;

	for (const char *p = words; p && *p; index++) {
		size_t n = strcspn(p, " ");

		if (n == len && len > 0 && strncasecmp(p, word, n) == 0)
			return index;
		p += n + strspn(p + n, " ");
	}
	return -1;
}

static bool
has_range(const struct mural_option *option)
{
	return option->least != 0 || option->most != 0;
}

static bool
in_range(const struct mural_option *option, uint64_t value)
{
	uint64_t least = option->least < 0 ? 0 : option->least;

	if (!has_range(option))
		return true;
	return value >= least && option->most >= 0 && value <= (uint64_t)option->most;
}

/* ------------------------------------------------------------------ descriptions */

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

/* What numbers of that type are called, and what is written behind those of its range. */
static const char *
number_words(uint32_t type, const char **unit)
{
	*unit = type == MURAL_TYPE_DURATION ? "ms" : "";
	if (type == MURAL_TYPE_BYTES)
		return "bytes";
	return type == MURAL_TYPE_DURATION ? "duration" : "number";
}

static void
describe_number(
	const struct mural_option *option, const char *words, char *text, size_t len)
{
	const char *unit, *name = number_words(option->type, &unit);
	char range[64] = "";

	if (has_range(option) && option->most == INT64_MAX)
		snprintf(range, sizeof(range), ", at least %" PRId64 "%s", option->least,
			unit);
	else if (has_range(option))
		snprintf(range, sizeof(range), " from %" PRId64 "%s to %" PRId64 "%s",
			option->least, unit, option->most, unit);
	snprintf(text, len, "%s%s%s%s", name, range, *words ? ", or " : "", words);
}

const char *
option_describe_type(const struct mural_option *option, char *text, size_t len)
{
	const struct option_type *type = option_type_find(option->type);
	char words[TYPE_TEXT_MAX];

	option_list_words(option->choices, words, sizeof(words));
	if (!type)
		snprintf(text, len, "unknown type %" PRIu32, option->type);
	else if (option->type == MURAL_TYPE_CHOICE)
		snprintf(text, len, "one of: %s", words);
	else if (option->type == MURAL_TYPE_LIST)
		snprintf(text, len, "words%s%s", *words ? " of: " : "", words);
	else if (option->type == MURAL_TYPE_DIMENSIONS && *words)
		snprintf(text, len, "WxH or %s", words);
	else if (type->description)
		snprintf(text, len, "%s", type->description);
	else
		describe_number(option, words, text, len);
	return text;
}

/* ------------------------------------------------------------------ parsers */

/* 1 or 0; -1: it is neither. */
static int
read_bool(const char *text)
{
	int index = option_word_index("no yes false true off on", text);

	return index < 0 ? -1 : index & 1;
}

static int
parse_bool(const struct option_value *value)
{
	int yes = read_bool(value->text);

	if (yes < 0)
		return error_set(value->why, value->why_len,
			"is not yes or no; write yes, no, true, false, on or off");
	*(bool *)value->field = yes;
	return 0;
}

/* "k" or "M" behind a number of things. */
static const char *
read_thousands(const char *p, int64_t *number)
{
	int64_t factor = *p == 'k' || *p == 'K' ? 1000 : *p == 'M' ? 1000000 : 1;

	if (__builtin_mul_overflow(*number, factor, number))
		return NULL;
	return factor > 1 ? p + 1 : p;
}

static int
parse_number(const struct option_value *value)
{
	const struct mural_option *option = value->option;
	int word = option_word_index(option->choices, value->text);
	int64_t number = -1 - word;
	char type[TYPE_TEXT_MAX];
	const char *end, *wrong = NULL;

	if (word < 0) {
		end = read_signed(value->text, &number);
		end = end ? read_thousands(end, &number) : NULL;
		if (!end || *end)
			wrong = "is not a number";
		else if (has_range(option) &&
			 (number < option->least || number > option->most))
			wrong = "is out of range";
	}
	if (wrong)
		return error_set(value->why, value->why_len, "%s; write a %s", wrong,
			option_describe_type(option, type, sizeof(type)));
	*(int64_t *)value->field = number;
	return 0;
}

/* A quantity that is written as a number and a unit. */
struct quantity {
	const char *wrong;
	struct {
		const char *names;
		uint64_t factor;
	} units[5];
};

/* Finds what is behind the number, be there a blank between them or not. */
static bool
read_unit(const struct quantity *quantity, const char *unit, uint64_t *factor)
{
	unit += strspn(unit, " \t");
	for (size_t i = 0; i < ARRAY_LEN(quantity->units); i++)
		if (option_word_index(quantity->units[i].names, unit) >= 0) {
			*factor = quantity->units[i].factor;
			return true;
		}
	return false;
}

static int
parse_quantity(const struct option_value *value, const struct quantity *quantity)
{
	const struct mural_option *option = value->option;
	uint64_t n, factor = 0, amount = 0;
	char type[TYPE_TEXT_MAX];
	const char *p = digits_read(value->text, UINT64_MAX, &n);
	bool found = strcmp(value->text, "0") == 0; /* zero needs no unit */

	if (p && !found)
		found = (read_unit(quantity, *p ? p : "number", &factor)) &&
			!__builtin_mul_overflow(n, factor, &amount);
	if (!found)
		return error_set(value->why, value->why_len, "%s", quantity->wrong);
	if (!in_range(option, amount))
		return error_set(value->why, value->why_len,
			"is out of range; write %s%s",
			option->type == MURAL_TYPE_DURATION ? "a " : "",
			option_describe_type(option, type, sizeof(type)));
	*(uint64_t *)value->field = amount;
	return 0;
}

static int
parse_bytes(const struct option_value *value)
{
	static const struct quantity bytes = {
		"is not a number of bytes; write a number, or one followed by K, M or G, "
		"such as 64K",
		{ { "number B byte bytes", 1 }, { "K kB KiB", 1 << 10 },
			{ "M MB MiB", 1 << 20 }, { "G GB GiB", 1 << 30 },
			{ "T TB TiB", UINT64_C(1) << 40 } }
	};

	return parse_quantity(value, &bytes);
}

static int
parse_duration(const struct option_value *value)
{
	static const struct quantity duration = {
		"is not a duration; write a number followed by ms, s, min, h or d, such "
		"as 30s",
		{ { "ms", 1 }, { "s sec second seconds", 1000 },
			{ "m min minute minutes", 60 * 1000 },
			{ "h hour hours", 3600 * 1000 },
			{ "d day days", 24 * 3600 * 1000 } }
	};

	return parse_quantity(value, &duration);
}

static int
parse_colour(const struct option_value *value)
{
	const char *digits = value->text + (value->text[0] == '#');
	uint32_t rgb = 0;
	bool good = strlen(digits) == 6;

	for (int i = 0; good && i < 6; i++) {
		int digit = hex_digit(digits[i]);

		good = digit >= 0;
		rgb = rgb << 4 | (digit & 15);
	}
	if (!good)
		return error_set(value->why, value->why_len,
			"is not a colour; write #rrggbb, such as #ff8000");
	*(uint32_t *)value->field = 0xff000000 | rgb;
	return 0;
}

/* The choice that yes or no, in whatever words, can only mean: the word for no, and of
 * two words the other one for yes; or -1. */
static int
choice_of_bool(const char *choices, const char *text)
{
	static const char *const spellings[2] = { "no false off", "yes true on" };
	int yes = read_bool(text), index = -1, n = 0;
	char word[TYPE_TEXT_MAX];

	for (const char *p = choices; yes >= 0 && *p; n++) {
		size_t len = strcspn(p, " ");

		snprintf(word, sizeof(word), "%.*s", (int)len, p);
		if (option_word_index(spellings[yes], word) >= 0)
			index = n;
		p += len + strspn(p + len, " ");
	}
	if (index < 0 && yes == 1 && n == 2)
		index = option_word_index(choices, "no") == 0 ? 1 : -1;
	return index;
}

static int
parse_choice(const struct option_value *value)
{
	const char *choices = value->option->choices;
	int index = option_word_index(choices, value->text);
	char words[TYPE_TEXT_MAX];

	if (index < 0)
		index = choice_of_bool(choices, value->text);
	if (index < 0)
		return error_set(value->why, value->why_len, "is not one of: %s",
			option_list_words(choices, words, sizeof(words)));
	*(uint32_t *)value->field = index;
	return 0;
}

static int
parse_point(const struct option_value *value)
{
	int64_t x, y;
	const char *p = read_signed(value->text, &x);

	p = p && *p == ',' ? read_signed(p + 1, &y) : NULL;
	if (!p || *p)
		return error_set(value->why, value->why_len,
			"is not a point; write X,Y, such as 640,360");
	if (x < INT32_MIN || x > INT32_MAX || y < INT32_MIN || y > INT32_MAX)
		return error_set(value->why, value->why_len,
			"is out of range; write coordinates of 32 bits");
	*(struct mural_point *)value->field =
		(struct mural_point){ (int32_t)x, (int32_t)y };
	return 0;
}

static int
parse_dimensions(const struct option_value *value)
{
	struct mural_dimensions *field = value->field;
	uint64_t width = 0, height = 0;
	const char *p = digits_read(value->text, UINT64_MAX, &width);
	char type[TYPE_TEXT_MAX];

	if (option_word_index(value->option->choices, value->text) >= 0) {
		*field = (struct mural_dimensions){ 0, 0 };
		return 0;
	}
	p = p ? p + strspn(p, " \t") : NULL;
	p = p && (*p == 'x' || *p == 'X') ? p + 1 + strspn(p + 1, " \t") : NULL;
	p = p ? digits_read(p, UINT64_MAX, &height) : NULL;
	if (!p || *p)
		return error_set(value->why, value->why_len,
			"is not a size; write %s, such as 1280x720",
			option_describe_type(value->option, type, sizeof(type)));
	if (width < 1 || width > MURAL_SIDE_MAX || height < 1 || height > MURAL_SIDE_MAX)
		return error_set(value->why, value->why_len,
			"is out of range; write a size from 1x1 to %ux%u", MURAL_SIDE_MAX,
			MURAL_SIDE_MAX);
	*field = (struct mural_dimensions){ (uint32_t)width, (uint32_t)height };
	return 0;
}

/* ------------------------------------------------------------------ the table */

#define FIELD(type) sizeof(type), _Alignof(type)

static const struct option_type types[] = {
	[MURAL_TYPE_BOOL] = { parse_bool, "yes or no", FIELD(bool), OPTION_INLINE },
	[MURAL_TYPE_NUMBER] = { parse_number, NULL, FIELD(int64_t), OPTION_INLINE },
	[MURAL_TYPE_BYTES] = { parse_bytes, NULL, FIELD(uint64_t), OPTION_INLINE },
	[MURAL_TYPE_DURATION] = { parse_duration, NULL, FIELD(uint64_t), OPTION_INLINE },
	[MURAL_TYPE_COLOUR] = { parse_colour, "#rrggbb", FIELD(uint32_t), OPTION_INLINE },
	[MURAL_TYPE_CHOICE] = { parse_choice, NULL, FIELD(uint32_t), OPTION_INLINE },
	[MURAL_TYPE_TEXT] = { option_parse_text, "text", FIELD(char *), OPTION_TEXT },
	[MURAL_TYPE_ADDRESS] = { option_parse_address, "address", FIELD(char *),
		OPTION_TEXT },
	[MURAL_TYPE_ADDRESSES] = { option_parse_addresses, "addresses", FIELD(char *),
		OPTION_TEXT },
	[MURAL_TYPE_POINT] = { parse_point, "X,Y", FIELD(struct mural_point),
		OPTION_INLINE },
	[MURAL_TYPE_DIMENSIONS] = { parse_dimensions, "WxH",
		FIELD(struct mural_dimensions), OPTION_INLINE },
	[MURAL_TYPE_SECRET] = { option_parse_secret, "secret, or @FILE", FIELD(char *),
		OPTION_TEXT },
	[MURAL_TYPE_LIST] = { option_parse_list, NULL, FIELD(char **), OPTION_WORDS },
	[MURAL_TYPE_PATH] = { option_parse_path, "path", FIELD(char *), OPTION_TEXT },
};

const struct option_type *
option_type_find(uint32_t type)
{
	return type < ARRAY_LEN(types) && types[type].parse ? &types[type] : NULL;
}
