/* SPDX-License-Identifier: MIT */
/* Fields of JSON bodies: numbers are read as int() and float() of Python's would. */
#include "http/web/json-field.h"

#include <string.h>

#include "lib/digits.h"

/* Up to here a double knows every whole number. */
#define NUMBER_MAX (INT64_C(1) << 53)

/* [blanks][sign]digits[.digits][blanks] */
static bool
read_text(const char *text, int64_t *number)
{
	static const char blanks[] = " \t\n\v\f\r";
	const char *p = text + strspn(text, blanks);
	bool minus = *p == '-';
	uint64_t n;

	p += *p == '-' || *p == '+';
	p = digits_read(p, NUMBER_MAX, &n);
	if (!p)
		return false;
	if (*p == '.')
		p += 1 + strspn(p + 1, "0123456789");
	p += strspn(p, blanks);
	if (*p)
		return false;
	*number = minus ? -(int64_t)n : (int64_t)n;
	return true;
}

bool
field_number(const json_t *value, int64_t *number)
{
	double real;
	int64_t whole;

	switch (json_typeof(value)) {
	case JSON_INTEGER:
		whole = json_integer_value(value);
		if (whole > NUMBER_MAX || whole < -NUMBER_MAX)
			return false;
		*number = whole;
		return true;
	case JSON_REAL:
		real = json_real_value(value);
		if (!(real <= NUMBER_MAX && real >= -NUMBER_MAX))
			return false;
		*number = (int64_t)real;
		return true;
	case JSON_STRING:
		return read_text(json_string_value(value), number);
	case JSON_TRUE:
	case JSON_FALSE:
		*number = json_is_true(value);
		return true;
	default:
		return false;
	}
}

bool
field_index(const json_t *value, uint32_t end, uint32_t *index)
{
	int64_t number;

	if (!field_number(value, &number) || number < 0 || number >= end)
		return false;
	*index = number;
	return true;
}

const char *
field_text(const json_t *value, size_t most)
{
	return json_is_string(value) && json_string_length(value) <= most
		       ? json_string_value(value)
		       : NULL;
}

const char *
field_missing(const json_t *object, const char *const *names)
{
	for (; *names; names++)
		if (!json_object_get(object, *names))
			return *names;
	return NULL;
}
