/* SPDX-License-Identifier: MIT */
/* Writes what generators are called, with their number where the name alone would not do.
 */
#include "http/board/names.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/utf8.h"

/* murald keeps 39 bytes of a painter's name, and a number has ten digits. */
#define PAINTER_BYTES 28

char *
generator_label(const char *name, const char *author)
{
	json_t *string = json_sprintf("%s (%s)", name, author);
	char *label = json_dumps(string, JSON_ENCODE_ANY);

	json_decref(string);
	return label;
}

/* As others have with their number. */
static bool
ends_in_number(const char *name)
{
	const char *hash = strrchr(name, '#');

	return hash && hash[1] && hash[1 + strspn(hash + 1, "0123456789")] == '\0';
}

char *
generator_painter(const char *name, uint32_t number, bool is_taken)
{
	char text[PAINTER_BYTES + sizeof("#4294967295")];
	size_t len;

	if (!is_taken && *name && strlen(name) < PAINTER_BYTES && !ends_in_number(name) &&
		!utf8_has_control(name) && strcmp(name, "-") != 0 &&
		strcmp(name, "crowd") != 0)
		return strdup(name);
	utf8_copy(text, PAINTER_BYTES, name);
	utf8_mask_controls(text);
	len = strlen(text);
	snprintf(text + len, sizeof(text) - len, "#%" PRIu32, number);
	return strdup(text);
}
