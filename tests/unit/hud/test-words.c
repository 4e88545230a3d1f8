/* SPDX-License-Identifier: MIT */
/* What the HUD says: counts, figures, addresses, and in which language. */
#include "hud/words.h"

#include <stdlib.h>

#include "base/util.h"
#include "support/unit.h"

static void
counts_as(uint64_t count, const char *wanted)
{
	char text[WORDS_MAX];

	words_count(HUD_ENGLISH, count, text);
	assert_string_equal(text, wanted);
}

TEST(counts_have_three_digits)
{
	counts_as(0, "0");
	counts_as(999, "999");
	counts_as(1234, "1,234");
	counts_as(9999, "9,999");
	counts_as(10000, "10.0 k");
	counts_as(45678, "45.7 k");
	counts_as(999499, "999 k");
	counts_as(999500, "1.00 M");
	counts_as(12345678, "12.3 M");
	counts_as(48200000000, "48.2 G");
	counts_as(UINT64_MAX, "18.4 E");
}

static void
figures_are(const struct hud_text *said, const char *rate, const char *people)
{
	char text[WORDS_MAX];

	words_rate(HUD_ENGLISH, said, text);
	assert_string_equal(text, rate);
	words_people(HUD_ENGLISH, said, true, text);
	assert_string_equal(text, people);
}

TEST(figures_are_words)
{
	struct hud_text said = { 0 };

	figures_are(&said, "be the first", "nobody is painting");
	/* somebody is, whose pixels are not counted yet */
	said.painting = 1;
	figures_are(&said, "be the first", "nobody is painting");
	said.painting = 0;
	said.total = 48200000000;
	said.watching = 5;
	figures_are(&said, "48.2 G pixels so far", "nobody is painting · 5 watching");
	said.rate = 1;
	said.painting = 17;
	said.watching = 1234;
	figures_are(&said, "1 pixel/s", "17 painting · 1,234 watching");
	said.rate = 1234;
	said.watching = 0;
	figures_are(&said, "1,234 pixels/s", "17 painting");
}

/* What the variables say, NULL: not set. */
static enum hud_language
spoken(const char *all, const char *messages, const char *lang)
{
	const char *const values[] = { all, messages, lang };
	static const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };

	for (size_t i = 0; i < 3; i++)
		if (values[i])
			setenv(names[i], values[i], 1);
		else
			unsetenv(names[i]);
	return words_language_of_locale();
}

TEST(the_locale_decides_on_the_language)
{
	assert_int_equal(spoken(NULL, NULL, NULL), HUD_ENGLISH);
	assert_int_equal(spoken(NULL, NULL, "C.UTF-8"), HUD_ENGLISH);
	assert_int_equal(spoken(NULL, NULL, "de_DE.UTF-8"), HUD_GERMAN);
	assert_int_equal(spoken("", "", "de"), HUD_GERMAN);
	assert_int_equal(spoken(NULL, "de_AT@euro", "fr_FR.UTF-8"), HUD_GERMAN);
	assert_int_equal(
		spoken("en_US.UTF-8", "de_DE.UTF-8", "de_DE.UTF-8"), HUD_ENGLISH);
	assert_int_equal(spoken(NULL, NULL, "dev_XX"), HUD_ENGLISH);
	assert_int_equal(spoken(NULL, NULL, "d"), HUD_ENGLISH);
}

static void
address_is(const char *url, const char *typed, const char *scanned)
{
	char text[128];

	words_address(url, text, sizeof(text));
	assert_string_equal(text, typed);
	words_scanned(url, text, sizeof(text));
	assert_string_equal(text, scanned);
}

TEST(addresses_are_short)
{
	address_is(
		"http://192.0.2.10:8080/", "192.0.2.10:8080", "HTTP://192.0.2.10:8080");
	address_is("http://wall.example.org:80/", "wall.example.org",
		"HTTP://WALL.EXAMPLE.ORG");
	address_is("https://wall.example.org:443/Paint/", "wall.example.org/Paint",
		"HTTPS://WALL.EXAMPLE.ORG/Paint/");
	address_is("https://wall.example.org:80", "wall.example.org:80",
		"HTTPS://WALL.EXAMPLE.ORG:80");
	address_is("http://[2001:db8::80]/", "[2001:db8::80]", "HTTP://[2001:DB8::80]");
	address_is("", "", "");
}

UNIT_TESTS(NULL, NULL)
