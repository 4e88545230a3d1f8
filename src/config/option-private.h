/* SPDX-License-Identifier: MIT */
/* What the files of the options share: option.c has the options, option-value.c reads
 * values, option-address.c those that are addresses. */
#ifndef CONFIG_OPTION_PRIVATE_H
#define CONFIG_OPTION_PRIVATE_H

#include "config/option.h"

#define TYPE_TEXT_MAX 256

/* One type of option. */
struct option_type {
	/* parses `text` into `field`, or leaves it and says why not */
	int (*parse)(const struct mural_option *option, void *field, const char *text,
		char *why, size_t len);
	size_t size, align;
	bool is_text; /* a copy on the heap */
};

/* NULL: this murald does not know it. */
const struct option_type *option_type_find(uint32_t type);

/* Whether least and most of an option say anything. */
static inline bool
option_has_range(const struct mural_option *option)
{
	return option->least != 0 || option->most != 0;
}

/* "keep suppress" as "keep, suppress"; `text`. */
const char *option_list_words(const char *words, char *text, size_t len);

/* 0, or -EINVAL and why it is no address. */
int option_check_address(const char *text, char *why, size_t len);

#endif
