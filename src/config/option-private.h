/* SPDX-License-Identifier: MIT */
/* What option.c, which handles tables of options, needs to know of the types of options
 * in option-value.c and option-text.c. */
#pragma once

#include "config/option.h"

/* A value to be parsed. */
struct option_value {
	const struct mural_option *option;
	void *field; /* untouched if the text is wrong */
	const char *text;
	char *why; /* what is wrong */
	size_t why_len;
};

enum option_storage {
	OPTION_INLINE, /* in the field itself */
	OPTION_TEXT,   /* the field points to one block on the heap: text */
	OPTION_WORDS,  /* likewise: pointers to words up to NULL, and the words */
};

struct option_type {
	int (*parse)(const struct option_value *value); /* 0 or -errno, as option_set() */
	const char *description; /* NULL: option_describe_type() composes it */
	size_t size, align;
	enum option_storage storage;
};

/* NULL: unknown to this version of murald. */
const struct option_type *option_type_find(uint32_t type);

/* Types in option-text.c. */
int option_parse_text(const struct option_value *value);
int option_parse_address(const struct option_value *value);
int option_parse_addresses(const struct option_value *value);
int option_parse_path(const struct option_value *value);
int option_parse_secret(const struct option_value *value);
int option_parse_list(const struct option_value *value);

/* "keep suppress" as "keep, suppress"; `text`. */
const char *option_list_words(const char *words, char *text, size_t len);
