/* SPDX-License-Identifier: MIT */
/* What option.c, which handles tables of options, needs to know of the types of options
 * in option-value.c. */
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

struct option_type {
	int (*parse)(const struct option_value *value); /* 0 or -errno, as option_set() */
	const char *description; /* NULL: option_describe_type() composes it */
	size_t size, align;
	bool is_text; /* a copy on the heap */
};

/* NULL: unknown to this version of murald. */
const struct option_type *option_type_find(uint32_t type);
