/* SPDX-License-Identifier: MIT */
/*
 * Parses one line of text into one command, a byte at a time.
 *
 * Every loop here stops at the line feed, which is no digit, no letter and no blank; so
 * none of them compares against the end.
 */
#include "pixelflut/pixelflut.h"

#include <string.h>

/* The value of a hexadecimal digit plus one; 0: not a digit. */
static const uint8_t hex_values[256] = {
	['0'] = 1,
	['1'] = 2,
	['2'] = 3,
	['3'] = 4,
	['4'] = 5,
	['5'] = 6,
	['6'] = 7,
	['7'] = 8,
	['8'] = 9,
	['9'] = 10,
	['a'] = 11,
	['b'] = 12,
	['c'] = 13,
	['d'] = 14,
	['e'] = 15,
	['f'] = 16,
	['A'] = 11,
	['B'] = 12,
	['C'] = 13,
	['D'] = 14,
	['E'] = 15,
	['F'] = 16,
};

/* A carriage return is a blank anywhere. */
static inline bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static const uint8_t *
skip_blanks(const uint8_t *p)
{
	while (is_blank(*p))
		p++;
	return p;
}

/* Reads blanks and the number behind them; NULL if there is none. */
static const uint8_t *
read_number(const uint8_t *p, uint32_t *value)
{
	const uint8_t *begin = skip_blanks(p);
	uint64_t n = 0;

	if (begin == p)
		return NULL;
	for (p = begin; (uint8_t)(*p - '0') < 10; p++) {
		n = n * 10 + (uint8_t)(*p - '0');
		if (n > NUMBER_MAX)
			n = NUMBER_MAX;
	}
	*value = n;
	return p > begin ? p : NULL;
}

/* Reads gg, rrggbb or rrggbbaa; NULL for anything else. */
static const uint8_t *
read_colour(const uint8_t *p, uint32_t *argb)
{
	const uint8_t *begin = p;
	uint32_t n = 0;

	for (; hex_values[*p] > 0 && p - begin <= 8; p++)
		n = n << 4 | (hex_values[*p] - 1u);
	switch (p - begin) {
	case 2:
		*argb = 0xff000000 | n * 0x010101;
		return p;
	case 6:
		*argb = 0xff000000 | n;
		return p;
	case 8:
		*argb = n << 24 | n >> 8;
		return p;
	}
	return NULL;
}

/* Parses what follows PX: two numbers, and perhaps a colour. */
static struct command
parse_pixel(const uint8_t *p, const uint8_t *end)
{
	struct command command = { .verb = VERB_GET };

	if (!(p = read_number(p, &command.x)) || !(p = read_number(p, &command.y)))
		return (struct command){ .verb = VERB_BAD };
	const uint8_t *colour = skip_blanks(p);
	if (colour > p && colour < end) {
		command.verb = VERB_PUT;
		colour = read_colour(colour, &command.argb);
		if (!colour)
			return (struct command){ .verb = VERB_BAD };
		colour = skip_blanks(colour);
	}
	if (colour != end)
		command.verb = VERB_BAD;
	return command;
}

static struct command
parse_offset(const uint8_t *p, const uint8_t *end)
{
	struct command command = { .verb = VERB_OFFSET };

	if (!(p = read_number(p, &command.x)) || !(p = read_number(p, &command.y)) ||
		skip_blanks(p) != end)
		command.verb = VERB_BAD;
	return command;
}

static bool
begins_with(const uint8_t *p, const uint8_t *end, const char *word, size_t len)
{
	return (size_t)(end - p) >= len && memcmp(p, word, len) == 0;
}

struct command
line_parse(const uint8_t *p, const uint8_t *end)
{
	struct command command = { .verb = VERB_BAD };

	p = skip_blanks(p);
	if (p == end)
		command.verb = VERB_EMPTY;
	else if (begins_with(p, end, "PX", 2))
		command = parse_pixel(p + 2, end);
	else if (begins_with(p, end, "OFFSET", 6))
		command = parse_offset(p + 6, end);
	else if (begins_with(p, end, "SIZE", 4) && skip_blanks(p + 4) == end)
		command.verb = VERB_SIZE;
	else if (begins_with(p, end, "HELP", 4) && skip_blanks(p + 4) == end)
		command.verb = VERB_HELP;
	else if (begins_with(p, end, "STATS", 5) && skip_blanks(p + 5) == end)
		command.verb = VERB_STATS;
	else if (begins_with(p, end, "CONNECTIONS", 11) && skip_blanks(p + 11) == end)
		command.verb = VERB_CONNECTIONS;
	return command;
}
