/* SPDX-License-Identifier: MIT */
/* Parses the usual body of PUT /update-pixel.  The NUL behind it, which is neither blank,
 * digit nor letter, ends every loop. */
#include "http/board/pixel-body.h"

#include <string.h>

#include "lib/digits.h"

enum { HAS_ROW = 1, HAS_COLUMN = 2, HAS_COLOUR = 4, HAS_ID = 8, HAS_ALL = 15 };

static const char *
skip_blanks(const char *p)
{
	while (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r')
		p++;
	return p;
}

/* A whole number of JSON; NULL: it is not one, or has too many digits. */
static const char *
read_number(const char *p, uint32_t *number)
{
	uint64_t n;
	const char *end = digits_read(p, 999999999, &n);

	if (!end || (*p == '0' && end - p > 1))
		return NULL;
	*number = (uint32_t)n;
	return end;
}

/* Letters and digits only, so that JSON has nothing to unescape. */
static const char *
read_id(const char *p, const char **id)
{
	if (*p++ != '"')
		return NULL;
	*id = p;
	for (int i = 0; i < STORE_ID_LEN; i++, p++)
		if ((uint8_t)(*p - '0') >= 10 && (uint8_t)((*p | 0x20) - 'a') >= 26)
			return NULL;
	return *p == '"' ? p + 1 : NULL;
}

/* A key and its value; NULL: an unknown or repeated key, or not its type of value. */
static const char *
read_member(const char *p, struct pixel_body *pixel, unsigned *has)
{
	static const struct {
		const char *key; /* with its closing quote */
		size_t len;
		unsigned bit;
	} keys[] = {
		{ "row\"", 4, HAS_ROW },
		{ "col\"", 4, HAS_COLUMN },
		{ "color\"", 6, HAS_COLOUR },
		{ "id\"", 3, HAS_ID },
	};
	size_t i = 0;

	if (*p++ != '"')
		return NULL;
	while (i < 4 && strncmp(p, keys[i].key, keys[i].len) != 0)
		i++;
	if (i == 4 || *has & keys[i].bit)
		return NULL;
	*has |= keys[i].bit;
	p = skip_blanks(p + keys[i].len);
	if (*p != ':')
		return NULL;
	p = skip_blanks(p + 1);
	switch (keys[i].bit) {
	case HAS_ROW:
		return read_number(p, &pixel->row);
	case HAS_COLUMN:
		return read_number(p, &pixel->column);
	case HAS_COLOUR:
		return read_number(p, &pixel->colour);
	default:
		return read_id(p, &pixel->id);
	}
}

bool
pixel_body_read(struct pixel_body *pixel, const char *body, size_t len)
{
	const char *p = skip_blanks(body);
	unsigned has = 0;

	if (*p != '{')
		return false;
	do {
		p = read_member(skip_blanks(p + 1), pixel, &has);
		if (!p)
			return false;
		p = skip_blanks(p);
	} while (*p == ',');
	return *p == '}' && has == HAS_ALL && skip_blanks(p + 1) == body + len;
}
