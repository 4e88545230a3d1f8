/* SPDX-License-Identifier: MIT */
/* Compiles address templates, and decodes and encodes pixels with them. */
#include "ping/address-template.h"

#include <endian.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define NIBBLES 32
#define GROUPS 8
#define GROUP_NIBBLES 4 /* nibbles of a group */

static const char letters[] = "XYRGBAS";

/* A nibble of the template; `at` is its position in the text. */
struct nibble {
	char symbol; /* a letter, a hex digit or ? */
	size_t at;
};

struct template_parser {
	const char *text;
	char *why;
	size_t len;
	struct nibble nibbles[NIBBLES];
};

/* Describes what is wrong with the character at `at`, or with the end of the text. */
static int __attribute__((format(printf, 3, 4)))
template_error(const struct template_parser *parser, size_t at, const char *format, ...)
{
	unsigned char c = parser->text[at];
	char shown[24];
	va_list args;
	int used;

	if (c == '\0')
		snprintf(shown, sizeof(shown), "its end");
	else if (c > ' ' && c < 0x7f)
		snprintf(shown, sizeof(shown), "'%c'", c);
	else
		snprintf(shown, sizeof(shown), "byte 0x%02x", c);
	used = snprintf(parser->why, parser->len,
		"\"%.60s\" at character %zu (%s): ", parser->text, at + 1, shown);
	if (used < 0 || (size_t)used >= parser->len)
		return -EINVAL;
	va_start(args, format);
	vsnprintf(parser->why + used, parser->len - used, format, args);
	va_end(args);
	return -EINVAL;
}

static int
letter_of(char symbol)
{
	const char *found = symbol ? strchr(letters, symbol) : NULL;

	return found ? (int)(found - letters) : -1;
}

static int
digit_of(char symbol)
{
	if (symbol >= '0' && symbol <= '9')
		return symbol - '0';
	return symbol >= 'a' && symbol <= 'f' ? symbol - 'a' + 10 : -1;
}

static int
check_symbol(const struct template_parser *parser, size_t at)
{
	char c = parser->text[at];

	if (c == '?' || letter_of(c) >= 0 || digit_of(c) >= 0)
		return 0;
	if (c >= 'A' && c <= 'Z')
		return template_error(parser, at,
			"is not a field; they are X Y R G B A S, and digits are "
			"lower-case");
	if (c >= 'a' && c <= 'z' && letter_of(c - 'a' + 'A') >= 0)
		return template_error(
			parser, at, "is not a digit; fields are upper-case");
	return template_error(
		parser, at, "is not a lower-case hex digit, a field, ? or :");
}

/* Parses one group, up to `:` or the end, and leaves *at there. */
static int
parse_group(struct template_parser *parser, unsigned group, size_t *at)
{
	struct nibble *nibbles = &parser->nibbles[group * GROUP_NIBBLES];
	const char *text = parser->text;
	size_t start = *at, len = 0;
	bool has_field = false;
	int ret;

	for (; text[start + len] && text[start + len] != ':'; len++) {
		if ((ret = check_symbol(parser, start + len)) < 0)
			return ret;
		if (len == GROUP_NIBBLES)
			return template_error(parser, start + len,
				"a group has at most four nibbles; a : is missing");
		if (letter_of(text[start + len]) >= 0)
			has_field = true;
	}
	if (len == 0 && text[start] == ':')
		return template_error(parser, start,
			"a group is empty; write all eight, :: is not allowed");
	if (len == 0)
		return template_error(
			parser, start, "a group is missing; write all eight");
	for (size_t i = 0; i < GROUP_NIBBLES; i++) {
		size_t fill = GROUP_NIBBLES - len;

		nibbles[i].symbol = i >= fill   ? text[start + i - fill]
				    : has_field ? '?'
						: '0';
		nibbles[i].at = i >= fill ? start + i - fill : start;
	}
	*at = start + len;
	return 0;
}

static int
parse_groups(struct template_parser *parser)
{
	size_t at = 0;
	int ret;

	for (unsigned group = 0; group < GROUPS; group++) {
		if ((ret = parse_group(parser, group, &at)) < 0)
			return ret;
		if (group == GROUPS - 1)
			break;
		if (parser->text[at] == '\0')
			return template_error(parser, at,
				"there are %u groups and an address has eight",
				group + 1);
		at++;
	}
	if (parser->text[at] != '\0')
		return template_error(
			parser, at, "an address has eight groups, this is a ninth");
	return 0;
}

/* Compiles the field that starts at nibble `first`; returns its length. */
static int
compile_field(const struct template_parser *parser, unsigned first,
	struct address_template *template)
{
	char symbol = parser->nibbles[first].symbol;
	int letter = letter_of(symbol);
	bool colour = strchr("RGBA", symbol);
	struct template_field *field = &template->fields[letter];
	unsigned len = 0, most = colour ? 2 : 8, offset = first / 2;

	if (field->mask)
		return template_error(parser, parser->nibbles[first].at,
			"%c again, and the two do not make one number", symbol);
	while (first + len < NIBBLES && parser->nibbles[first + len].symbol == symbol)
		if (++len > most)
			return template_error(parser, parser->nibbles[first + len - 1].at,
				"%c has more than %u nibbles", symbol, most);
	if (offset > 8)
		offset = 8;
	*field = (struct template_field){
		.offset = offset,
		.shift = 64 - 4 * (first + len - 2 * offset),
		.mask = UINT32_MAX >> (32 - 4 * len),
		.scale = colour && len == 1 ? 0x11 : 1,
	};
	return (int)len;
}

static void
compile_digit(unsigned nibble, int digit, struct mural_claim *claim)
{
	unsigned shift = nibble % 2 ? 0 : 4;

	claim->mask[nibble / 2] |= 0xf << shift;
	claim->value[nibble / 2] |= digit << shift;
}

/* Where the first of some letters is in the text, or its end. */
static size_t
find_symbol(const struct template_parser *parser, const char *symbols)
{
	for (unsigned i = 0; i < NIBBLES; i++)
		if (strchr(symbols, parser->nibbles[i].symbol))
			return parser->nibbles[i].at;
	return strlen(parser->text);
}

/* Checks that the fields needed are there, and sets the values of those missing. */
static int
check_fields(const struct template_parser *parser, struct address_template *template)
{
	const struct template_field *fields = template->fields;
	bool has_x = fields[TEMPLATE_X].mask, has_y = fields[TEMPLATE_Y].mask;

	if (has_x != has_y)
		return template_error(parser, find_symbol(parser, "XY"),
			"there is %s; a template has both or neither",
			has_x ? "X and no Y" : "Y and no X");
	for (int i = TEMPLATE_R; i <= TEMPLATE_B; i++)
		if (!fields[i].mask)
			return template_error(parser, find_symbol(parser, "RGBA"),
				"there is no %c; a colour needs R, G and B", letters[i]);
	template->has_position = has_x;
	if (!fields[TEMPLATE_A].mask)
		template->fields[TEMPLATE_A].add = 0xff;
	if (!fields[TEMPLATE_S].mask)
		template->fields[TEMPLATE_S].add = 1;
	return 0;
}

int
template_compile(struct address_template *template, const char *text, bool decimal,
	char *why, size_t len)
{
	struct template_parser parser = { .text = text, .why = why, .len = len };
	struct address_template compiled = { .decimal = decimal };
	int ret;

	if ((ret = parse_groups(&parser)) < 0)
		return ret;
	for (unsigned i = 0; i < NIBBLES;) {
		char symbol = parser.nibbles[i].symbol;

		if (letter_of(symbol) >= 0) {
			if ((ret = compile_field(&parser, i, &compiled)) < 0)
				return ret;
			i += ret;
			continue;
		}
		if (symbol != '?')
			compile_digit(i, digit_of(symbol), &compiled.claim);
		i++;
	}
	if ((ret = check_fields(&parser, &compiled)) < 0)
		return ret;
	*template = compiled;
	return 0;
}

static inline uint32_t
read_field(const struct template_field *field, const uint8_t *address)
{
	uint64_t word = be64toh(load_u64(address + field->offset));

	return (uint32_t)(word >> field->shift & field->mask) * field->scale + field->add;
}

/* Converts decimal digits in nibbles to their number, two digits at a time, then four,
 * then eight; false if a nibble is above 9 (adding 6 then carries into the next). */
static inline bool
read_decimal(uint32_t *number)
{
	uint64_t n = *number, sixes = 0x66666666;

	if (((n + sixes) ^ n ^ sixes) & 0x111111110)
		return false;
	n = (n & 0x0f0f0f0f) + 10 * (n >> 4 & 0x0f0f0f0f);
	n = (n & 0x00ff00ff) + 100 * (n >> 8 & 0x00ff00ff);
	*number = (uint32_t)((n & 0xffff) + 10000 * (n >> 16));
	return true;
}

enum template_match
template_decode(const struct address_template *template, const uint8_t address[16],
	struct template_pixel *pixel)
{
	const struct template_field *fields = template->fields;
	uint32_t x, y, side;

	if (!claim_contains(&template->claim, address))
		return TEMPLATE_OTHER;
	side = read_field(&fields[TEMPLATE_S], address);
	if (side - 1 > 1)
		return TEMPLATE_MALFORMED;
	x = read_field(&fields[TEMPLATE_X], address);
	y = read_field(&fields[TEMPLATE_Y], address);
	if (template->decimal && !(read_decimal(&x) && read_decimal(&y)))
		return TEMPLATE_MALFORMED;
	pixel->x = x;
	pixel->y = y;
	pixel->side = side;
	pixel->argb = read_field(&fields[TEMPLATE_A], address) << 24 |
		      read_field(&fields[TEMPLATE_R], address) << 16 |
		      read_field(&fields[TEMPLATE_G], address) << 8 |
		      read_field(&fields[TEMPLATE_B], address);
	return TEMPLATE_PIXEL;
}

/* The inverse of read_decimal(); numbers of more than eight digits fit no field. */
static uint64_t
write_decimal(uint32_t number)
{
	uint64_t digits = 0;

	for (unsigned shift = 0; number; shift += 4, number /= 10)
		digits |= (uint64_t)(number % 10) << shift;
	return digits;
}

static int
write_field(const struct template_field *field, uint64_t value, uint8_t *address)
{
	uint64_t word;

	if (!field->mask)
		return 0;
	if (value > field->mask)
		return -ERANGE;
	word = htobe64(value << field->shift) | load_u64(address + field->offset);
	memcpy(address + field->offset, &word, sizeof(word));
	return 0;
}

int
template_encode(const struct address_template *template,
	const struct template_pixel *pixel, uint8_t address[16])
{
	const uint32_t values[TEMPLATE_LETTERS] = {
		[TEMPLATE_X] = pixel->x,
		[TEMPLATE_Y] = pixel->y,
		[TEMPLATE_R] = pixel->argb >> 16 & 0xff,
		[TEMPLATE_G] = pixel->argb >> 8 & 0xff,
		[TEMPLATE_B] = pixel->argb & 0xff,
		[TEMPLATE_A] = pixel->argb >> 24,
		[TEMPLATE_S] = pixel->side,
	};
	uint8_t written[16];
	int ret;

	memcpy(written, template->claim.value, sizeof(written));
	for (int i = 0; i < TEMPLATE_LETTERS; i++) {
		const struct template_field *field = &template->fields[i];
		uint64_t value = values[i];

		if (template->decimal && i <= TEMPLATE_Y)
			value = write_decimal(values[i]);
		if (field->scale == 0x11)
			value >>= 4;
		if ((ret = write_field(field, value, written)) < 0)
			return ret;
	}
	memcpy(address, written, sizeof(written));
	return 0;
}
