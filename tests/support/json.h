/* SPDX-License-Identifier: MIT */
/*
 * A minimal JSON reader for tests/vectors/.  A value is a pointer to its first character
 * in the text; null and what is missing give NULL.  Invalid JSON aborts the test.
 */
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>
#include <stddef.h>

/* The whole file tests/vectors/NAME, freed by the caller. */
char *json_load(const char *name);

/* The value of an object's key; NULL when there is none, or when it is null. */
const char *json_get(const char *object, const char *key);

/* Iterate over an array; NULL at the end. */
const char *json_first(const char *array);
const char *json_next(const char *item);

/* Copies a string without its quotes, `len` with the terminating zero.  No escapes but
 * \" and \\. */
void json_string(const char *value, char *text, size_t len);
long json_number(const char *value);
bool json_bool(const char *value);

#endif
