/* SPDX-License-Identifier: MIT */
/* Parses option values, one function a type; the table of them is at the end. */
#include "option.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/un.h>

#include "util.h"

#define TYPE_TEXT_MAX 256

/* Parses `text` into `field`, or leaves it and says why not. */
typedef int (*parse_function)(const struct mural_option *option, void *field,
	const char *text, char *why, size_t len);

int
refuse(char *why, size_t len, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, len, format, args);
	va_end(args);
	return -EINVAL;
}

/* Reads decimal digits and returns what follows them; NULL when there are none or the
 * number is larger than 64 bits. */
static const char *
read_digits(const char *p, uint64_t *value)
{
	uint64_t n = 0;

	if (*p < '0' || *p > '9')
		return NULL;
	for (; *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(n, 10u, &n) ||
			__builtin_add_overflow(n, (unsigned)(*p - '0'), &n))
			return NULL;
	*value = n;
	return p;
}

static const char *
read_signed(const char *p, int64_t *value)
{
	bool negative = *p == '-';
	uint64_t n;

	p = read_digits(p + negative, &n);
	if (!p || n > (uint64_t)INT64_MAX + negative)
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

/* "keep suppress" as "keep, suppress". */
static const char *
list_words(const char *words, char *text, size_t len)
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

static int
parse_bool(const struct mural_option *option, void *field, const char *text, char *why,
	size_t len)
{
	int index = word_index("no yes false true off on", text);

	(void)option;
	if (index < 0)
		return refuse(why, len,
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
			return refuse(why, len, "is no number; write a %s",
				option_type(option, type, sizeof(type)));
		if (has_range(option) && (value < option->least || value > option->most))
			return refuse(why, len, "is out of range; write a %s",
				option_type(option, type, sizeof(type)));
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
	const char *p = read_digits(text, &n);

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
		return refuse(why, len,
			"is no number of bytes; write one with K, M, G or nothing behind "
			"it, "
			"such as 64K");
	if (!in_range(option, value))
		return refuse(why, len,
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
		return refuse(why, len,
			"is no duration; write a number with ms, s, min or h behind it, "
			"such as "
			"30s");
	if (!in_range(option, value))
		return refuse(why, len,
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
		return refuse(why, len, "is no colour; write #rrggbb, such as #ff8000");
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
		return refuse(why, len, "is not one of: %s",
			list_words(option->choices, words, sizeof(words)));
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

static bool
is_host_name(const char *host)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789.-_";

	return *host && host[strspn(host, allowed)] == '\0';
}

/* What stands in brackets: an IPv6 address, perhaps with %INTERFACE. */
static bool
is_ipv6(const char *host)
{
	char address[INET6_ADDRSTRLEN];
	struct in6_addr in6;
	size_t len = strcspn(host, "%");

	if (len >= sizeof(address) || (host[len] == '%' && host[len + 1] == '\0'))
		return false;
	memcpy(address, host, len);
	address[len] = '\0';
	return inet_pton(AF_INET6, address, &in6) == 1;
}

static int
check_address(const char *text, char *why, size_t len)
{
	struct sockaddr_un un;
	const char *colon = strrchr(text, ':'), *end;
	char host[256];
	size_t host_len = colon ? (size_t)(colon - text) : 0;
	uint64_t port;

	if (strncmp(text, "unix:", 5) == 0) {
		if (text[5] == '\0' || strlen(text + 5) >= sizeof(un.sun_path))
			return refuse(why, len,
				"is no address; write a path of 1 to %zu bytes "
				"after unix:",
				sizeof(un.sun_path) - 1);
		return 0;
	}
	if (host_len == 0 || host_len >= sizeof(host))
		return refuse(why, len,
			"is no address; write HOST:PORT, [V6]:PORT or unix:PATH, such as "
			"[::]:1234");
	end = read_digits(colon + 1, &port);
	if (!end || *end || port > 65535)
		return refuse(why, len,
			"has no port; end it in : and a number from 0 to 65535");
	memcpy(host, text, host_len);
	host[host_len] = '\0';
	if (host[0] == '[' && host[host_len - 1] == ']') {
		host[host_len - 1] = '\0';
		if (!is_ipv6(host + 1))
			return refuse(why, len,
				"has no IPv6 address in its brackets; write one, such as "
				"[::1]:%u",
				(unsigned)port);
		return 0;
	}
	if (strchr(host, ':'))
		return refuse(why, len,
			"is not clear; write an IPv6 address in brackets, such as "
			"[::1]:%u",
			(unsigned)port);
	if (!is_host_name(host))
		return refuse(why, len, "has no host name or address before the port");
	return 0;
}

static int
parse_address(const struct mural_option *option, void *field, const char *text, char *why,
	size_t len)
{
	int ret = *text ? check_address(text, why, len) : 0;

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
		return refuse(why, len, "is no point; write X,Y, such as 640,360");
	if (x < INT32_MIN || x > INT32_MAX || y < INT32_MIN || y > INT32_MAX)
		return refuse(why, len, "is out of range; write coordinates of 32 bits");
	*(struct mural_point *)field = (struct mural_point){ (int32_t)x, (int32_t)y };
	return 0;
}

static int
parse_dimensions(const struct mural_option *option, void *field, const char *text,
	char *why, size_t len)
{
	uint64_t width = 0, height = 0;
	const char *p = read_digits(text, &width);
	char type[TYPE_TEXT_MAX];

	if (word_index(option->choices, text) >= 0) {
		*(struct mural_dimensions *)field = (struct mural_dimensions){ 0, 0 };
		return 0;
	}
	p = p && *p == 'x' ? read_digits(p + 1, &height) : NULL;
	if (!p || *p)
		return refuse(why, len, "is no size; write %s, such as 1280x720",
			option_type(option, type, sizeof(type)));
	if (width < 1 || width > MURAL_SIDE_MAX || height < 1 || height > MURAL_SIDE_MAX)
		return refuse(why, len, "is out of range; write a size from 1x1 to %ux%u",
			MURAL_SIDE_MAX, MURAL_SIDE_MAX);
	*(struct mural_dimensions *)field =
		(struct mural_dimensions){ (uint32_t)width, (uint32_t)height };
	return 0;
}

static const struct type {
	parse_function parse;
	size_t size, align;
	bool is_text; /* a copy on the heap */
} types[] = {
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

static const struct type *
find_type(uint32_t type)
{
	return type < ARRAY_LEN(types) && types[type].parse ? &types[type] : NULL;
}

bool
option_fits(const struct mural_option *option, size_t config_size)
{
	const struct type *type = find_type(option->type);

	return type && option->offset <= config_size &&
	       config_size - option->offset >= type->size &&
	       option->offset % type->align == 0;
}

int
option_set(const struct mural_option *option, void *config, const char *text, char *why,
	size_t len)
{
	const struct type *type = find_type(option->type);

	if (!type)
		return refuse(why, len, "has a type that this murald does not know");
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
		const struct type *type = find_type(o->type);

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
	const struct type *type = find_type(option->type);
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
same_key(const char *a, const char *b)
{
	while (*a && fold(*a) == fold(*b))
		a++, b++;
	return *a == *b;
}

const struct mural_option *
option_find(const struct mural_option *options, const char *key)
{
	for (const struct mural_option *o = options; o && o->name; o++)
		if (same_key(o->name, key))
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
		list_words(option->choices, words, sizeof(words));
	if (has_range(option) && option->most == INT64_MAX)
		snprintf(text, len, "number, at least %" PRId64 "%s%s", option->least,
			*words ? ", or " : "", words);
	else if (has_range(option))
		snprintf(text, len, "number from %" PRId64 " to %" PRId64 "%s%s",
			option->least, option->most, *words ? ", or " : "", words);
	else
		snprintf(text, len, "number%s%s", *words ? ", or " : "", words);
}

const char *
option_type(const struct mural_option *option, char *text, size_t len)
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

	list_words(option->choices, words, sizeof(words));
	if (!find_type(option->type))
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
