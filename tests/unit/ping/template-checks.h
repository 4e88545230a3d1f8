/* SPDX-License-Identifier: MIT */
/* What the tests of address templates have in common. */
#pragma once

#include <stdbool.h>
#include <string.h>

#include "ping/address-template.h"
#include "support/unit.h"

/* 32 symbols as a template text, groups shortened where the rule fills them again. */
static inline void
write_text(const char symbols[32], bool shorten, char text[40])
{
	for (unsigned group = 0; group < 8; group++) {
		const char *nibbles = symbols + 4 * group;
		bool has_field = false;
		unsigned first = 0;

		for (unsigned i = 0; i < 4; i++)
			has_field |= strchr("XYRGBAS", nibbles[i]) != NULL;
		while (shorten && first < 3 && nibbles[first] == (has_field ? '?' : '0'))
			first++;
		if (group > 0)
			*text++ = ':';
		while (first < 4)
			*text++ = nibbles[first++];
	}
	*text = '\0';
}

static inline void
compile(struct address_template *template, const char *text, bool decimal)
{
	char why[TEMPLATE_WHY_MAX] = "";

	if (template_compile(template, text, decimal, why, sizeof(why)) != 0)
		fail_msg("%s", why);
}

static inline void
same_pixel(const struct template_pixel *got, const struct template_pixel *want)
{
	assert_int_equal(got->x, want->x);
	assert_int_equal(got->y, want->y);
	assert_int_equal(got->side, want->side);
	assert_int_equal(got->argb, want->argb);
}
