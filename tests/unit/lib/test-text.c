/* SPDX-License-Identifier: MIT */
/* Digits, hexadecimal ones too, UTF-8, the parts of addresses and how lines are broken.
 */
#include <errno.h>
#include <locale.h>
#include <string.h>

#include "lib/address.h"
#include "lib/base64.h"
#include "lib/digits.h"
#include "lib/hex.h"
#include "lib/utf8.h"
#include "lib/wrap.h"
#include "support/unit.h"

TEST(reads_digits_up_to_a_limit)
{
	const char *text = "0255x";
	uint64_t value = 0;

	assert_ptr_equal(digits_read(text, 255, &value), text + 4);
	assert_int_equal(value, 255);
	assert_null(digits_read(text, 254, &value));
	assert_null(digits_read("", 9, &value));
	assert_null(digits_read("-1", 9, &value));
	assert_non_null(digits_read("0", 0, &value));
	assert_null(digits_read("1", 0, &value));
	assert_non_null(digits_read("18446744073709551615", UINT64_MAX, &value));
	assert_true(value == UINT64_MAX);
	assert_null(digits_read("18446744073709551616", UINT64_MAX, &value));
	assert_null(digits_read("99999999999999999999", UINT64_MAX, &value));
}

TEST(bytes_as_hexadecimal_digits)
{
	static const uint8_t bytes[] = { 0x00, 0x9f, 0xa0, 0xff };
	char text[2 * sizeof(bytes) + 1];

	hex_write(text, bytes, 0);
	assert_string_equal(text, "");
	hex_write(text, bytes, sizeof(bytes));
	assert_string_equal(text, "009fa0ff");
	for (size_t i = 0; i < sizeof(bytes); i++)
		assert_int_equal(hex_byte(text + 2 * i), bytes[i]);
	assert_int_equal(hex_byte("Fa"), 0xfa);
	assert_int_equal(hex_byte("g0"), -1);
	assert_int_equal(hex_byte("0g"), -1);
	assert_int_equal(hex_byte(""), -1);
	assert_int_equal(hex_byte("0"), -1);
}

TEST(tells_utf8)
{
	static const char *const bad[] = { "\x80", "\xc0\xaf", "\xc3", "\xe0\x9f\xbf",
		"\xed\xa0\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80",
		"\xf5\x80\x80\x80", "a\xff" };

	assert_true(utf8_is_valid("", 0));
	assert_true(utf8_is_valid("a\xc3\xa4\xe2\x82\xac\xf0\x9f\x8e\xa8", 10));
	assert_int_equal(utf8_char_len("\xf0\x9f\x8e\xa8", 4), 4);
	assert_int_equal(utf8_char_len("\xf0\x9f\x8e\xa8", 3), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(utf8_is_valid(bad[i], strlen(bad[i])));
}

TEST(masks_controls)
{
	static const struct {
		const char *text, *masked;
	} all[] = {
		{ "", NULL },
		{ "caf\xc3\xa9 \xf0\x9f\x8e\xa8 \xd7\xa9\xd7\x9c", NULL },
		{ "\xe2\x80\xa7\xe2\x80\xaf\xe2\x81\xa5\xc2\xa0\xd8\x9b", NULL },
		{ "a\x1b[31mb\x7f\n", "a?[31mb??" },
		{ "\xc2\x80\xc2\x9b", "??" },
		{ "\x9b"
		  "31m\x80\x9f",
			"?31m??" },
		{ "\xc4\x9b \xe2\x9b\xb5 \xf0\x9f\x92\x9b caf\xe9", NULL },
		{ "\xd8\x9c", "?" },
		{ "\xe2\x80\xa8\xe2\x80\xae", "??" },
		{ "\xe2\x81\xa6|\xe2\x81\xa9", "?|?" },
		{ "cut \xe2\x80", "cut \xe2?" },
		{ "cut \xc2", NULL },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		const char *masked = all[i].masked ? all[i].masked : all[i].text;
		char text[40];

		assert_int_equal(utf8_has_control(all[i].text), all[i].masked != NULL);
		strcpy(text, all[i].text);
		utf8_mask_controls(text);
		assert_string_equal(text, masked);
	}
}

TEST(splits_addresses)
{
	static const struct {
		const char *text, *host, *port;
		bool bracketed;
	} all[] = {
		{ "wall:80", "wall", "80", false },
		{ "wall", "wall", NULL, false },
		{ ":80", "", "80", false },
		{ "", "", NULL, false },
		{ "[::1]:80", "::1", "80", true },
		{ "[::1]", "::1", NULL, true },
		{ "[]:", "", "", true },
		{ "::1:80", "::1", "80", false },
		{ "[::1", "[:", "1", false },
		{ "[::1]x:80", "[::1]x", "80", false },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct address_parts parts;

		address_split(all[i].text, strlen(all[i].text), &parts);
		assert_int_equal(parts.host_len, strlen(all[i].host));
		assert_memory_equal(parts.host, all[i].host, parts.host_len);
		assert_int_equal(parts.bracketed, all[i].bracketed);
		if (all[i].port)
			assert_string_equal(parts.port, all[i].port);
		else
			assert_null(parts.port);
	}
	assert_int_equal(address_port("[::]:1234"), 1234);
	assert_int_equal(address_port("unix:/run/x:80"), 0);
	assert_int_equal(address_port("wall:99999"), 0);
	assert_true(address_is_v6("fe80::1%eth0", 12));
	assert_false(address_is_v6("fe80::1%", 8));
	assert_false(address_is_v6("10.0.0.1", 8));
}

TEST(takes_a_list_of_addresses_apart)
{
	const char *rest = "  [::]:1 unix:/run/x\t10.0.0.1:80 ";
	char word[ADDRESS_WORD_MAX], little[4];

	rest = address_next(rest, word, sizeof(word));
	assert_string_equal(word, "[::]:1");
	rest = address_next(rest, word, sizeof(word));
	assert_string_equal(word, "unix:/run/x");
	assert_string_equal(address_next(rest, little, sizeof(little)), " ");
	assert_string_equal(little, "10.");
	rest = address_next(rest, word, sizeof(word));
	assert_string_equal(word, "10.0.0.1:80");
	assert_null(address_next(rest, word, sizeof(word)));
	assert_null(address_next("", word, sizeof(word)));
}

TEST(base64_there_and_back)
{
	static const char *const texts[] = { "", "Zg==", "Zm8=", "Zm9v",
		"Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy" };
	uint8_t bytes[256], back[258];
	char text[BASE64_SIZE(sizeof(bytes))];

	for (size_t n = 0; n < sizeof(texts) / sizeof(*texts); n++) {
		base64_encode((const uint8_t *)"foobar", n, text);
		assert_string_equal(text, texts[n]);
		assert_int_equal(base64_decode(text, strlen(text), back), n);
		assert_memory_equal(back, "foobar", n);
	}
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)i;
	base64_encode(bytes, sizeof(bytes), text);
	assert_int_equal(base64_decode(text, strlen(text), back), sizeof(bytes));
	assert_memory_equal(back, bytes, sizeof(bytes));
}

TEST(what_is_no_base64)
{
	static const char *const texts[] = { "Zg",
		"Zg=", "Z===", "====", "Zg==Zg==", "Zm9\n", "Zm-_", "Zm9v Zg=" };
	uint8_t bytes[12];

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		assert_int_equal(
			base64_decode(texts[i], strlen(texts[i]), bytes), -EINVAL);
}

static void
assert_wrapped(const char *text, unsigned at, unsigned columns, const char *right)
{
	char printed[200] = "";
	FILE *out = fmemopen(printed, sizeof(printed), "w");
	const char *last = strrchr(right, '\n');

	assert_int_equal(wrap_print(out, text, at, 2, columns),
		last ? strlen(last + 1) : at + strlen(right));
	fclose(out);
	assert_string_equal(printed, right);
}

TEST(breaks_lines_at_spaces)
{
	assert_wrapped("", 3, 10, "");
	assert_wrapped("one two three", 0, 0, "one two three");
	assert_wrapped("one two three", 0, 13, "one two three");
	assert_wrapped("one two three", 0, 12, "one two\n  three");
	assert_wrapped("one two three", 8, 12, "one\n  two three");
	assert_wrapped("one  two", 0, 7, "one\n  two");
	assert_wrapped("unbreakable word", 0, 5, "unbreakable\n  word");
	assert_wrapped("unbreakable word", 4, 5, "\n  unbreakable\n  word");
}

TEST(knows_the_width_of_text)
{
	assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
	assert_int_equal(wrap_width("St\xc3\xb6rung", 8), 7);
	assert_int_equal(wrap_width("\xe6\x97\xa5\xe6\x9c\xac", 6), 4);
	assert_int_equal(wrap_width("e\xcc\x81", 3), 1);
	assert_int_equal(wrap_width("a\xff", 2), 2);
}

UNIT_TESTS(NULL, NULL)
