/* SPDX-License-Identifier: MIT */
/* Address templates: the vectors, and every known layout. */
#include <arpa/inet.h>
#include <stdio.h>

#include "base/util.h"
#include "support/vectors.h"
#include "unit/ping/template-checks.h"
#include "unit/ping/template-layouts.h"

static const struct layout *
layout_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(layouts); i++)
		if (strcmp(layouts[i].name, name) == 0)
			return &layouts[i];
	fail_msg("tests/unit/ping/template-layouts.h has no %s", name);
	return NULL;
}

/* The vectors write a template as 32 symbols with a dot for any nibble. */
static void
layouts_are_the_vectors_templates(const json_t *templates, const char *name)
{
	struct address_template ours, theirs;
	const struct layout *layout = layout_of(name);
	const json_t *entry = vector_get(templates, name);
	char nibbles[33], text[40];

	snprintf(nibbles, sizeof(nibbles), "%s", vector_text(entry, "nibbles"));
	for (char *c = nibbles; *c; c++)
		if (*c == '.')
			*c = '?';
	write_text(nibbles, false, text);
	assert_int_equal(layout->decimal, json_is_true(vector_get(entry, "decimal_xy")));
	compile(&ours, layout->template, layout->decimal);
	compile(&theirs, text, layout->decimal);
	assert_memory_equal(&ours.claim, &theirs.claim, sizeof(ours.claim));
	assert_memory_equal(ours.fields, theirs.fields, sizeof(ours.fields));
}

/* The pixels of a square that are on the canvas must be exactly those of the vector. */
static void
paints_these(const json_t *pixels, const struct template_pixel *pixel, uint32_t width,
	uint32_t height)
{
	unsigned count = 0;
	size_t expected;
	json_t *p;

	json_array_foreach(pixels, expected, p)
	{
		long x = json_integer_value(json_array_get(p, 0));
		long y = json_integer_value(json_array_get(p, 1));

		assert_in_range(x, pixel->x, pixel->x + pixel->side - 1);
		assert_in_range(y, pixel->y, pixel->y + pixel->side - 1);
	}
	for (uint32_t y = pixel->y; y < pixel->y + pixel->side; y++)
		for (uint32_t x = pixel->x; x < pixel->x + pixel->side; x++)
			count += x < width && y < height;
	assert_int_equal(count, expected);
}

static void
decodes_a_vector(const json_t *vector, const struct address_template *template)
{
	const json_t *paint = vector_get(vector, "paint");
	const json_t *canvas = vector_get(vector, "canvas");
	uint32_t width = json_integer_value(json_array_get(canvas, 0));
	uint32_t height = json_integer_value(json_array_get(canvas, 1));
	struct template_pixel pixel;
	enum template_match match;
	const char *reason;
	uint8_t address[16];

	assert_int_equal(inet_pton(AF_INET6, vector_text(vector, "dst"), address), 1);
	match = template_decode(template, address, &pixel);
	if (paint) {
		struct template_pixel want = {
			.x = vector_number(paint, "x"),
			.y = vector_number(paint, "y"),
			.side = vector_number(paint, "size"),
			.argb = (uint32_t)vector_number(paint, "alpha") << 24 |
				vector_hex(paint, "rgb"),
		};

		assert_int_equal(match, TEMPLATE_PIXEL);
		same_pixel(&pixel, &want);
		paints_these(vector_get(paint, "pixels"), &pixel, width, height);
		return;
	}
	reason = vector_text(vector, "reason");
	if (strcmp(reason, "prefix-or-marker-mismatch") == 0) {
		assert_int_equal(match, TEMPLATE_OTHER);
	} else if (strcmp(reason, "outside-canvas") == 0) {
		assert_int_equal(match, TEMPLATE_PIXEL);
		assert_true(pixel.x >= width || pixel.y >= height);
	} else {
		assert_int_equal(match, TEMPLATE_MALFORMED);
	}
}

static void
encodes_a_vector(const json_t *vector, const struct address_template *template)
{
	const json_t *encode = vector_get(vector, "encode");
	struct template_pixel pixel;
	uint8_t want[16], got[16];

	if (!encode)
		return;
	pixel = (struct template_pixel){
		.x = vector_number(encode, "x"),
		.y = vector_number(encode, "y"),
		.side = json_is_true(vector_get(encode, "large")) ? 2 : 1,
		.argb = 0xff000000 | vector_hex(encode, "rgb"),
	};
	assert_int_equal(inet_pton(AF_INET6, vector_text(vector, "dst"), want), 1);
	assert_int_equal(template_encode(template, &pixel, got), 0);
	assert_memory_equal(got, want, sizeof(want));
}

TEST(agrees_with_the_vectors)
{
	json_t *file = vectors_load("place_ipv6.json"), *v;
	size_t vectors;

	json_array_foreach(json_object_get(file, "vectors"), vectors, v)
	{
		const char *layout = vector_text(v, "template");
		struct address_template template;

		print_message("%s\n", vector_text(v, "name"));
		layouts_are_the_vectors_templates(vector_get(file, "templates"), layout);
		compile(&template, layout_of(layout)->template,
			layout_of(layout)->decimal);
		decodes_a_vector(v, &template);
		encodes_a_vector(v, &template);
	}
	assert_in_range(vectors, 24, 1000);
	json_decref(file);
}

TEST(compiles_every_layout)
{
	for (size_t i = 0; i < ARRAY_LEN(layouts); i++) {
		struct template_pixel in = { 23, 42, 1, 0xff87ceeb }, out;
		struct address_template template;
		uint8_t address[16];

		compile(&template, layouts[i].template, layouts[i].decimal);
		assert_int_equal(
			template.has_position, strcmp(layouts[i].name, "tree2016") != 0);
		assert_int_equal(template_encode(&template, &in, address), 0);
		assert_int_equal(
			template_decode(&template, address, &out), TEMPLATE_PIXEL);
		if (!template.has_position)
			in.x = in.y = 0;
		same_pixel(&out, &in);
	}
}

UNIT_TESTS(NULL, NULL)
