/* SPDX-License-Identifier: MIT */
/*
 * The cost of decoding an address, for each documented layout, beside a load of its
 * sixteen bytes.
 *
 * Prints a line for each: NAME, then for murald and for the baseline the median, least
 * and most, in nanoseconds an address, and whether all were decoded.  The two alternate,
 * so that what disturbs one disturbs both.
 */
#include "unit/ping/template-layouts.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "measure.h"
#include "ping/address-template.h"

#define ADDRESSES 1024
#define TURNS 64

static uint8_t addresses[ADDRESSES][16];

/* So that no work can be left out. */
static volatile uint64_t seen;

static void
decode_all(const struct address_template *template)
{
	struct template_pixel pixel;
	uint64_t sum = 0;

	for (int i = 0; i < ADDRESSES; i++)
		if (template_decode(template, addresses[i], &pixel) == TEMPLATE_PIXEL)
			sum += pixel.x ^ pixel.y ^ pixel.argb;
	seen = sum;
}

static void
look_at_all(const struct address_template *template)
{
	uint64_t sum = 0;

	(void)template;
	for (int i = 0; i < ADDRESSES; i++) {
		uint64_t words[2];

		memcpy(words, addresses[i], sizeof(words));
		sum += words[0] ^ words[1];
	}
	seen = sum;
}

static double
time_of(void (*work)(const struct address_template *),
	const struct address_template *template)
{
	double start = now_ns();

	for (int i = 0; i < TURNS; i++)
		work(template);
	return (now_ns() - start) / TURNS / ADDRESSES;
}

/* Whether what is read from each address makes the same address again. */
static bool
all_are_read(const struct address_template *template)
{
	for (int i = 0; i < ADDRESSES; i++) {
		struct template_pixel pixel;
		uint8_t again[16];

		if (template_decode(template, addresses[i], &pixel) != TEMPLATE_PIXEL ||
			template_encode(template, &pixel, again) < 0 ||
			memcmp(again, addresses[i], sizeof(again)) != 0)
			return false;
	}
	return true;
}

static void
measure(const char *name, const struct address_template *template)
{
	double times[2][ROUNDS];

	for (int i = 0; i < ROUNDS; i++) {
		times[0][i] = time_of(decode_all, template);
		times[1][i] = time_of(look_at_all, template);
	}
	print_times(name, times, all_are_read(template));
}

int
main(void)
{
	for (size_t i = 0; i < ARRAY_LEN(layouts); i++) {
		struct address_template template;
		char why[TEMPLATE_WHY_MAX];

		if (template_compile(&template, layouts[i].template, layouts[i].decimal,
			    why, sizeof(why)) < 0) {
			fprintf(stderr, "%s\n", why);
			return 1;
		}
		for (uint32_t n = 0; n < ADDRESSES; n++) {
			struct template_pixel pixel = { n % 100, n / 100, 1,
				0xff000000 | n * 7919 };

			if (template_encode(&template, &pixel, addresses[n]) < 0)
				return 1;
		}
		measure(layouts[i].name, &template);
	}
	return 0;
}
