/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes the body of a request to the pixel board: a pixel that the fast parser accepts
 * must be the same for the JSON library, and the fields of any other body must be safe
 * to read.  tests/unit/http/test-board runs it on mutations of valid bodies.
 */
#include "fuzz/fuzz.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "http/board/palette.h"
#include "http/board/pixel-body.h"
#include "http/web/json-field.h"

static void
check_number(const json_t *json, const char *name, uint32_t number)
{
	const json_t *value = json_object_get(json, name);
	int64_t read;

	assert(json_is_integer(value));
	assert(json_integer_value(value) == number);
	assert(field_number(value, &read) && read == number);
}

static void
check_pixel(const json_t *json, const struct pixel_body *pixel)
{
	const json_t *id = json_object_get(json, "id");

	assert(json_is_object(json) && json_object_size(json) == 4);
	check_number(json, "row", pixel->row);
	check_number(json, "col", pixel->column);
	check_number(json, "color", pixel->colour);
	assert(json_is_string(id) && json_string_length(id) == STORE_ID_LEN);
	assert(memcmp(json_string_value(id), pixel->id, STORE_ID_LEN) == 0);
}

static void
check_fields(const json_t *json)
{
	static const char *const names[] = { "row", "col", "color", "id", NULL };
	const char *missing = field_missing(json, names);

	for (const char *const *name = names; *name && *name != missing; name++) {
		const json_t *value = json_object_get(json, *name);
		const char *text = field_text(value, 24);
		uint32_t index = 7;
		int64_t number;

		assert(!text || strlen(text) <= 24);
		if (field_number(value, &number))
			assert(number <= INT64_C(1) << 53 &&
				number >= -(INT64_C(1) << 53));
		if (field_index(value, 100, &index))
			assert(index < 100);
		else
			assert(index == 7);
	}
}

static void
check_palette(const char *text)
{
	struct palette palette = { .n = 0 };

	if (!palette_parse(&palette, text)) {
		assert(palette.n == 0);
		return;
	}
	assert(palette.n >= 1 && palette.n <= PALETTE_MAX);
	for (unsigned i = 0; i < palette.n; i++) {
		unsigned nearest = palette_nearest(&palette, palette.colours[i]);

		assert(nearest <= i && palette.colours[nearest] == palette.colours[i]);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	/* a copy of that size, so that a sanitizer sees a read beyond it */
	char *body = malloc(len + 1);
	struct pixel_body pixel;
	json_t *json;

	assert(body);
	if (len > 0)
		memcpy(body, data, len);
	body[len] = '\0';
	json = json_loadb(body, len, JSON_REJECT_DUPLICATES, NULL);
	if (pixel_body_read(&pixel, body, len))
		check_pixel(json, &pixel);
	if (json_is_object(json))
		check_fields(json);
	check_palette(body);
	json_decref(json);
	free(body);
	return 0;
}
