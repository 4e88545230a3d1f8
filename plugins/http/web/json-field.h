/* SPDX-License-Identifier: MIT */
/* The fields of a request's JSON body. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

/* A whole number that is written as one, or as a fraction, which is cut towards zero, as
 * text of either, or as true or false.  False: it is none, or beyond +-2^53. */
bool field_number(const json_t *value, int64_t *number);

/* A number that lies in 0 to below `end`. */
bool field_index(const json_t *value, uint32_t end, uint32_t *index);

/* Text of at most `most` bytes; NULL: it is none, or longer. */
const char *field_text(const json_t *value, size_t most);

/* The first of the names (ended by NULL) that the object lacks; NULL: none. */
const char *field_missing(const json_t *object, const char *const *names);
