/* SPDX-License-Identifier: MIT */
/* Address templates: random ones against a decoder that goes nibble by nibble, and what
 * is refused. */
#include "ping/address-template.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "fuzz/fuzz.h"
#include "unit/ping/template-checks.h"
#include "unit/ping/template-layouts.h"

#define ROUNDS 20000

/* All 32 bits; a random() has one less. */
static uint32_t
chance(uint32_t below)
{
	return ((uint32_t)random() << 16 ^ (uint32_t)random()) % below;
}

static int
nibble_of(const uint8_t *address, unsigned i)
{
	return address[i / 2] >> (i % 2 ? 0 : 4) & 0xf;
}

static void
set_nibble(uint8_t *address, unsigned i, int value)
{
	unsigned shift = i % 2 ? 0 : 4;

	address[i / 2] = (address[i / 2] & ~(0xf << shift)) | value << shift;
}

/* The meaning of a template, as slowly as it can be said. */
static enum template_match
decode_slowly(const char symbols[32], bool decimal, const uint8_t *address,
	struct template_pixel *pixel)
{
	uint64_t values[128] = { ['A'] = 0xff, ['S'] = 1 };
	unsigned lens[128] = { 0 };
	bool bad_digit = false;

	for (unsigned i = 0; i < 32; i++) {
		char symbol = symbols[i];
		int nibble = nibble_of(address, i);
		bool number = decimal && (symbol == 'X' || symbol == 'Y');

		if (symbol == '?')
			continue;
		if (!strchr("XYRGBAS", symbol)) {
			if (nibble != (int)strtol((char[]){ symbol, 0 }, NULL, 16))
				return TEMPLATE_OTHER;
			continue;
		}
		if (lens[(int)symbol]++ == 0)
			values[(int)symbol] = 0;
		if (number && nibble > 9)
			bad_digit = true;
		values[(int)symbol] = values[(int)symbol] * (number ? 10 : 16) + nibble;
	}
	for (const char *c = "RGBA"; *c; c++)
		if (lens[(int)*c] == 1)
			values[(int)*c] *= 17;
	if (bad_digit || values['S'] < 1 || values['S'] > 2)
		return TEMPLATE_MALFORMED;
	*pixel = (struct template_pixel){
		.x = values['X'],
		.y = values['Y'],
		.side = values['S'],
		.argb = values['A'] << 24 | values['R'] << 16 | values['G'] << 8 |
			values['B'],
	};
	return TEMPLATE_PIXEL;
}

/* ------------------------------------------------------------------ any template */

/* Puts runs of each letter, in any order and of any length, among digits and any-nibbles.
 */
static void
invent_template(char symbols[32], bool *placed)
{
	char order[] = "RGBASXY";
	unsigned n, lens[7], total = 0, at = 0;

	*placed = chance(8) > 0;
	n = *placed ? 7 : 5;
	for (unsigned i = 0; i < n; i++) {
		bool colour = strchr("RGBA", order[i]);
		bool optional = order[i] == 'A' || order[i] == 'S';

		lens[i] = optional && chance(2) ? 0 : 1 + chance(colour ? 2 : 8);
		total += lens[i];
	}
	for (unsigned i = n - 1; i > 0; i--) {
		unsigned j = chance(i + 1), len = lens[i];
		char letter = order[i];

		order[i] = order[j], order[j] = letter;
		lens[i] = lens[j], lens[j] = len;
	}
	for (unsigned i = 0; i < n; i++)
		for (; total > 32 && lens[i] > 1; total--)
			lens[i]--;
	for (unsigned i = 0; i <= n; i++) {
		unsigned gap = i == n ? 32 - total : chance(32 - total + 1);

		total += gap;
		for (bool any = chance(2); gap > 0; gap--) {
			if (chance(4) == 0)
				any = !any;
			symbols[at++] = any ? '?' : "0000123456789abcdef"[chance(19)];
		}
		for (unsigned len = i < n ? lens[i] : 0; len > 0; len--)
			symbols[at++] = order[i];
	}
	assert_int_equal(at, 32);
}

/* An address that nearly always matches, so that the fields are looked at. */
static void
invent_address(const char symbols[32], uint8_t *address)
{
	bool strict = chance(10) > 0, small = chance(2);

	for (unsigned i = 0; i < 32; i++) {
		char symbol = symbols[i];
		int nibble = chance(small && strchr("XY", symbol) ? 10 : 16);

		if (symbol == 'S' && chance(16))
			nibble = i == 31 || symbols[i + 1] != 'S' ? 1 + chance(2) : 0;
		if (strict && !strchr("?XYRGBAS", symbol))
			nibble = (int)strtol((char[]){ symbol, 0 }, NULL, 16);
		set_nibble(address, i, nibble);
	}
}

/* SEED=N in the environment takes another path. */
static int
set_up(__attribute__((unused)) void **state)
{
	const char *given = getenv("SEED");

	srandom(given ? (unsigned)strtoul(given, NULL, 0) : 1);
	return 0;
}

TEST_WITH(agrees_with_the_slow_decoder, set_up, NULL)
{
	unsigned found[3] = { 0 };

	for (unsigned round = 0; round < ROUNDS; round++) {
		struct address_template template;
		char symbols[32], text[40];
		bool placed, decimal = chance(2);

		invent_template(symbols, &placed);
		write_text(symbols, chance(2), text);
		compile(&template, text, decimal);
		assert_int_equal(template.has_position, placed);
		for (unsigned i = 0; i < 16; i++) {
			struct template_pixel got = { 0 }, want = { 0 };
			enum template_match match;
			uint8_t address[16];

			invent_address(symbols, address);
			match = template_decode(&template, address, &got);
			if (match != decode_slowly(symbols, decimal, address, &want))
				fail_msg("%s: another answer", text);
			same_pixel(&got, &want);
			found[match]++;
		}
	}
	/* a property that is never put to the test holds always */
	for (size_t i = 0; i < ARRAY_LEN(found); i++)
		assert_in_range(found[i], ROUNDS / 10, 16 * ROUNDS);
}

static uint32_t
largest(const struct template_field *field, bool decimal)
{
	static const uint32_t tens[] = { 1, 10, 100, 1000, 10000, 100000, 1000000,
		10000000, 100000000 };

	if (!decimal || !field->mask)
		return field->mask;
	return tens[__builtin_popcount(field->mask) / 4] - 1;
}

TEST_WITH(encoding_and_decoding_is_the_identity, set_up, NULL)
{
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct address_template template;
		struct template_pixel in = { 0 }, out;
		char symbols[32], text[40];
		bool placed, decimal = chance(2);
		uint8_t address[16];

		invent_template(symbols, &placed);
		write_text(symbols, true, text);
		compile(&template, text, decimal);

		uint32_t right = largest(&template.fields[TEMPLATE_X], decimal);
		uint32_t bottom = largest(&template.fields[TEMPLATE_Y], decimal);
		uint32_t side = template.fields[TEMPLATE_S].mask ? 1 + chance(2) : 1;
		bool opaque = !template.fields[TEMPLATE_A].mask;

		in.x = placed ? (chance(4) ? chance(UINT32_MAX) & right : right) : 0;
		in.y = placed ? (chance(4) ? chance(UINT32_MAX) & bottom : bottom) : 0;
		in.x = MIN(in.x, right);
		in.y = MIN(in.y, bottom);
		in.side = side;
		for (unsigned i = TEMPLATE_R; i <= TEMPLATE_A; i++) {
			bool narrow = template.fields[i].mask == 0xf;
			uint32_t c = narrow ? chance(16) * 17 : chance(256);

			in.argb |= c
				   << (i == TEMPLATE_A ? 24 : 16 - 8 * (i - TEMPLATE_R));
		}
		if (opaque)
			in.argb |= 0xff000000;
		if (template_encode(&template, &in, address) != 0)
			fail_msg("%s: no room for %u,%u", text, in.x, in.y);
		if (template_decode(&template, address, &out) != TEMPLATE_PIXEL)
			fail_msg("%s: not its own address", text);
		same_pixel(&out, &in);

		if (placed && right != UINT32_MAX) {
			in.x = right + 1;
			memset(address, 0x55, sizeof(address));
			assert_int_equal(
				template_encode(&template, &in, address), -ERANGE);
			for (unsigned i = 0; i < sizeof(address); i++)
				assert_int_equal(address[i], 0x55);
		}
	}
}

/* ------------------------------------------------------------------ what is refused */

TEST(errors_point_at_the_character)
{
	static const struct {
		const char *text;
		unsigned at; /* counted from 1 */
		const char *says;
	} wrong[] = {
		{ "", 1, "its end): a group is missing" },
		{ "2a06", 5, "its end): there are 1 groups" },
		{ "2a06:a003:d040:SXXX:YYY:RR:GG", 30, "its end): there are 7 groups" },
		{ "2a06:a003:d040:SXXX:YYY:RR:GG:", 31, "its end): a group is missing" },
		{ "2a06:a003:d040:SXXX:YYY:RR:GG:BB:0", 33, "a ninth" },
		{ "2a06:a003:d040:SXXX:YYY:RR:GG:BB:", 33, "a ninth" },
		{ "2a06:a0g3:d040:SXXX:YYY:RR:GG:BB", 8,
			"('g'): is not a digit; fields" },
		{ "2a06:a0z3:d040:SXXX:YYY:RR:GG:BB", 8,
			"('z'): is not a lower-case hex" },
		{ "2a06:A003:d040:SxXX:YYY:RR:GG:BB", 17,
			"('x'): is not a digit; fields" },
		{ "2a06:a003:D040:SXXX:YYY:RR:GG:BB", 11, "('D'): is not a field" },
		{ "2a06:a003:d040:SXXX:.YYY:RR:GG:BB", 21, "('.')" },
		{ "2a06:a003:d040:SXXX:YYY:RR:GG:BB/48", 33, "('/')" },
		{ "2a06:a003:d040:SXXX:YYY:RR:GG:BB ", 33, "(byte 0x20)" },
		{ "2a06:a003:d040:SXXX:YYY:RR:GG:\xc3\xbc", 31, "(byte 0xc3)" },
		{ "2a06:a003::SXXX:YYY:RR:GG:BB", 11, ":: is not allowed" },
		{ "::SXXX:YYY:RR:GG:BB", 1, ":: is not allowed" },
		{ ":2a06:a003:SXXX:YYY:RR:GG:BB", 1, "a group is empty" },
		{ "2a06:a003:d0400:SXXX:YYY:RR:GG:BB", 15, "at most four" },
		{ "2a06a003d040SXXXYYYYRRGGBB", 5, "at most four" },
		/* two places that make no number */
		{ "2a06:a003:d040:SXXX:YYY:RR:GG:RR", 31, "('R'): R again" },
		{ "2a06:a003:d040:XX0X:YYY:RR:GG:BB", 19, "('X'): X again" },
		{ "2a06:a003:d040:XX?X:YYY:RR:GG:BB", 19, "('X'): X again" },
		{ "2a06:a003:d040:X:XYYY:RR:GG:BB", 0, NULL }, /* side by side */
		{ "2a06:a003:d040:XX:XX:YY:RRGG:BB", 19, "('X'): X again" },
		{ "2a06:a003:d040:XXSX:YYY:RR:GG:BB", 19, "('X'): X again" },
		{ "2a06:a003:SSSS:SSSS:SXXX:YYY:RRGG:BB", 21, "more than 8" },
		{ "2a06:a003:d040:SXXX:YYY:RRR:GG:BB", 27, "R has more than 2" },
		{ "2a06:XXXX:XXXX:XYYY:YYY:RR:GG:BB", 16, "X has more than 8" },
		/* what is missing */
		{ "2a06:a003:d040:SXXX:0:RR:GG:BB", 17, "('X'): there is X and no Y" },
		{ "2a06:a003:d040:1:YYY:RR:GG:BB", 18, "('Y'): there is Y and no X" },
		{ "2a06:a003:d040:SXXX:YYY:RR:GG:0", 25, "('R'): there is no B" },
		{ "2a06:a003:d040:SXXX:YYY:0:GG:BB", 27, "('G'): there is no R" },
		{ "2a06:a003:d040:SXXX:YYY:0:0:0", 30, "its end): there is no R" },
		{ "1:2:3:4:5:6:7:8", 16, "its end): there is no R" },
		{ "1:2:3:4:5:6:7:AA", 15, "('A'): there is no R" },
	};

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct address_template template = { .has_position = true },
					before = template;
		char why[TEMPLATE_WHY_MAX] = "", at[32];
		int ret = template_compile(
			&template, wrong[i].text, false, why, sizeof(why));

		if (!wrong[i].says) {
			assert_int_equal(ret, 0);
			continue;
		}
		snprintf(at, sizeof(at), "\" at character %u (", wrong[i].at);
		if (ret != -EINVAL || !strstr(why, at) || !strstr(why, wrong[i].says))
			fail_msg("%s: %d, %s", wrong[i].text, ret, why);
		assert_memory_equal(&template, &before, sizeof(template));
	}
}

TEST(never_writes_behind_its_message)
{
	char text[4096], why[TEMPLATE_WHY_MAX];
	struct address_template template;

	memset(text, 'X', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (size_t len = 1; len < sizeof(why); len++) {
		memset(why, 0x55, sizeof(why));
		assert_int_equal(
			template_compile(&template, text, false, why, len), -EINVAL);
		assert_true(strlen(why) < len);
		assert_int_equal(why[len], 0x55);
	}
}

/* ------------------------------------------------------------------ any bytes */

/* A solicitation without its checksum, so that most of what is tried is refused. */
static const uint8_t solicitation[] = { 0x33, 0x33, 0xff, 0x05, 0, 1, 0x02, 0, 0, 0, 0,
	0xaa, 0x86, 0xdd, 0x60, 0, 0, 0, 0, 24, 58, 255, 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0xaa, 0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 5, 0, 1,
	135, 0, 0, 0, 0, 0, 0, 0, 0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0,
	1 };

/* Overwrites, drops and doubles bytes, here and there. */
static size_t
mutate(uint8_t *data, size_t len, size_t room)
{
	static const char likely[] = "XYRGBAS?0f::";

	for (unsigned n = chance(6); n > 0 && len > 1; n--) {
		size_t at = chance(len);

		switch (chance(4)) {
		case 0:
			data[at] = chance(256);
			break;
		case 1:
			data[at] = likely[chance(sizeof(likely))];
			break;
		case 2:
			memmove(data + at, data + at + 1, --len - at);
			break;
		default:
			if (len < room)
				memmove(data + at + 1, data + at, len++ - at);
		}
	}
	return len;
}

TEST_WITH(survives_any_bytes, set_up, NULL)
{
	for (unsigned round = 0; round < 10 * ROUNDS; round++) {
		const char *text = layouts[chance(ARRAY_LEN(layouts))].template;
		size_t len = 1 + strlen(text) + 1;
		uint8_t data[256] = { chance(2) };

		memcpy(data + 1, text, len - 1);
		memcpy(data + len, solicitation, sizeof(solicitation));
		len = mutate(data, len + sizeof(solicitation), sizeof(data));
		LLVMFuzzerTestOneInput(data, len);
	}
}

/* What `make fuzz` found worth keeping. */
TEST(the_corpus_does_no_harm)
{
	assert_true(fuzz_replay("ipv6") > 10);
}

UNIT_TESTS(NULL, NULL)
