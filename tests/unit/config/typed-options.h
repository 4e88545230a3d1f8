/* SPDX-License-Identifier: MIT */
/* An option of every type, and the fields that they fill in. */
#pragma once

#include "config/option.h"

#include <errno.h>
#include <string.h>

#include "support/unit.h"

struct fields {
	bool flag;
	int64_t number;
	uint64_t amount;
	uint32_t index;
	const char *text;
	const char *const *words;
	struct mural_point point;
	struct mural_dimensions size;
};

static const struct mural_option flag = MURAL_BOOL(struct fields, flag, "no", "");
static const struct mural_option any =
	MURAL_NUMBER(struct fields, number, "0", NULL, 0, 0, "");
static const struct mural_option few =
	MURAL_NUMBER(struct fields, number, "auto", "auto never", 1, 9, "");
static const struct mural_option least =
	MURAL_NUMBER(struct fields, number, "1", NULL, 1, INT64_MAX, "");
static const struct mural_option bytes = MURAL_BYTES(struct fields, amount, "0", "");
static const struct mural_option duration =
	MURAL_DURATION(struct fields, amount, "0", "");
static const struct mural_option colour =
	MURAL_COLOUR(struct fields, index, "#000000", "");
static const struct mural_option choice =
	MURAL_CHOICE(struct fields, index, "keep", "keep suppress", "");
static const struct mural_option text = MURAL_TEXT(struct fields, text, "", "");
static const struct mural_option address = MURAL_ADDRESS(struct fields, text, "", "");
static const struct mural_option addresses = MURAL_ADDRESSES(struct fields, text, "", "");
static const struct mural_option point = MURAL_POINT(struct fields, point, "0,0", "");
static const struct mural_option size =
	MURAL_DIMENSIONS(struct fields, size, "auto", "auto", "");
static const struct mural_option plain_size =
	MURAL_DIMENSIONS(struct fields, size, "1x1", NULL, "");

static const struct mural_option secret = MURAL_SECRET(struct fields, text, "");
static const struct mural_option list = MURAL_LIST(struct fields, words, "", NULL, "");
static const struct mural_option some_words =
	MURAL_LIST(struct fields, words, "", "red green blue", "");
static const struct mural_option path = MURAL_PATH(struct fields, text, "", "");

static inline void
refuses(const struct mural_option *option, const char *written, const char *reason)
{
	struct fields fields, before;
	char why[256] = "";

	memset(&fields, 0x5a, sizeof(fields));
	before = fields;
	if (option_set(option, &fields, written, why, sizeof(why)) != -EINVAL)
		fail_msg("%s = \"%s\" was taken", option->name, written);
	if (strcmp(why, reason) != 0)
		fail_msg("%s = \"%s\": \"%s\", not \"%s\"", option->name, written, why,
			reason);
	assert_memory_equal(&fields, &before, sizeof(fields));
}
