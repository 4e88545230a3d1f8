/* SPDX-License-Identifier: MIT */
/*
 * Just enough JSON to read tests/vectors/, which we wrote ourselves.  A value is a
 * pointer to its first character in the text; NULL and what is not there give NULL.  What
 * is not JSON ends the test.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* The whole file tests/vectors/NAME, freed by the caller. */
char *json_load(const char *name);

/* The value of an object's key; NULL when there is none, or when it is null. */
const char *json_get(const char *object, const char *key);

/* Walks an array: first item, then the next after each; NULL at the end. */
const char *json_first(const char *array);
const char *json_next(const char *item);

/* Copies a string without its quotes, `len` with the terminating zero.  No escapes but
 * \" and \\. */
void json_string(const char *value, char *text, size_t len);
long json_number(const char *value);
bool json_bool(const char *value);
