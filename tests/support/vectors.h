/* SPDX-License-Identifier: MIT */
/*
 * Reads tests/vectors/.  Each file there is an object with an array "vectors" of objects;
 * what a test expects in one and does not find fails the test.
 */
#pragma once

#include <jansson.h>
#include <stdio.h>

#include "support/unit.h"

/* The whole file, for json_decref(). */
static inline json_t *
vectors_load(const char *name)
{
	const char *top = getenv("top_srcdir");
	char path[512];
	json_error_t error;
	json_t *file;

	snprintf(path, sizeof(path), "%s/tests/vectors/%s", top ? top : ".", name);
	file = json_load_file(path, 0, &error);
	if (!file)
		fail_msg("%s: %s", path, error.text);
	return file;
}

/* The value of a key; NULL when there is none, or when it is null. */
static inline const json_t *
vector_get(const json_t *vector, const char *key)
{
	const json_t *value = json_object_get(vector, key);

	return json_is_null(value) ? NULL : value;
}

static inline const char *
vector_text(const json_t *vector, const char *key)
{
	const char *text = json_string_value(json_object_get(vector, key));

	if (!text)
		fail_msg("a vector has no text \"%s\"", key);
	return text ? text
		    : ""; /* the compiler does not know that fail_msg() ends the case */
}

static inline long
vector_number(const json_t *vector, const char *key)
{
	const json_t *number = json_object_get(vector, key);

	if (!json_is_integer(number))
		fail_msg("a vector has no number \"%s\"", key);
	return json_integer_value(number);
}

/* Text in hexadecimal as a number, and as bytes, of which it returns how many. */
static inline uint32_t
vector_hex(const json_t *vector, const char *key)
{
	return strtoul(vector_text(vector, key), NULL, 16);
}

static inline size_t
bytes_of_hex(const char *hex, uint8_t *bytes)
{
	size_t len = 0;

	for (; sscanf(hex, "%2hhx", &bytes[len]) == 1; hex += 2)
		len++;
	return len;
}

static inline size_t
vector_bytes(const json_t *vector, const char *key, uint8_t *bytes)
{
	return bytes_of_hex(vector_text(vector, key), bytes);
}
