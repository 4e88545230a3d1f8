/* SPDX-License-Identifier: MIT */
/* Every option type: what it takes, what it refuses, and in which words. */
#include <stdio.h>
#include <unistd.h>

#include "base/util.h"
#include "unit/config/typed-options.h"

/* What the field is after `written`; fails when it is refused. */
static struct fields
take(const struct mural_option *option, const char *written)
{
	struct fields fields = { 0 };
	char why[256] = "";

	if (option_set(option, &fields, written, why, sizeof(why)) != 0)
		fail_msg("%s = %s: %s", option->name, written, why);
	return fields;
}

/* All of a list, which a NULL ends, for the same reason. */
static void
refuses_each(
	const struct mural_option *option, const char *const *written, const char *reason)
{
	for (; *written; written++)
		refuses(option, *written, reason);
}

TEST(reads_booleans)
{
	static const char *const yes[] = { "yes", "true", "on", "Yes", "TRUE" };
	static const char *const no[] = { "no", "false", "off", "No", "Off" };
	static const char *const wrong[] = { "", "1", "y", "yes ", " no", "yes no",
		NULL };

	for (size_t i = 0; i < ARRAY_LEN(yes); i++) {
		assert_true(take(&flag, yes[i]).flag);
		assert_false(take(&flag, no[i]).flag);
	}
	refuses_each(
		&flag, wrong, "is not yes or no; write yes, no, true, false, on or off");
}

TEST(reads_numbers)
{
	static const char *const wrong[] = { "", "-", "+1", "1 ", " 1", "0x10", "1.5",
		"1e3", "9223372036854775808", "-9223372036854775809",
		"99999999999999999999", "auto", "k", "1km", "1m", "9223372036854775807k",
		NULL };

	assert_int_equal(take(&any, "0").number, 0);
	assert_int_equal(take(&any, "007").number, 7);
	assert_int_equal(take(&any, "-12").number, -12);
	assert_int_equal(take(&any, "10k").number, 10000);
	assert_int_equal(take(&any, "2M").number, 2000000);
	assert_true(take(&any, "9223372036854775807").number == INT64_MAX);
	assert_true(take(&any, "-9223372036854775808").number == INT64_MIN);
	refuses_each(&any, wrong, "is not a number; write a number");
	assert_int_equal(take(&few, "1").number, 1);
	assert_int_equal(take(&few, "9").number, 9);
	assert_int_equal(take(&few, "auto").number, -1);
	assert_int_equal(take(&few, "never").number, -2);
	refuses_each(&few, (const char *const[]){ "0", "10", "-1", NULL },
		"is out of range; write a number from 1 to 9, or auto, never");
	refuses_each(&few, (const char *const[]){ "aut", "auto never", NULL },
		"is not a number; write a number from 1 to 9, or auto, never");
	refuses(&least, "0", "is out of range; write a number, at least 1");
}

TEST(reads_bytes)
{
	static const char *const wrong[] = { "", "K", "-1", "1.5M", "1KK", "1P", "1 2",
		"18446744073709551616", "17179869184G", NULL };
	struct mural_option some = bytes;

	assert_true(take(&bytes, "0").amount == 0);
	assert_true(take(&bytes, "1000").amount == 1000);
	assert_true(take(&bytes, "64K").amount == 65536);
	assert_true(take(&bytes, "3M").amount == 3 * 1048576);
	assert_true(take(&bytes, "1GB").amount == 1 << 30);
	assert_true(take(&bytes, "1 GiB").amount == 1 << 30);
	assert_true(take(&bytes, "5k").amount == 5 << 10);
	assert_true(take(&bytes, "7 bytes").amount == 7);
	assert_true(take(&bytes, "17179869183G").amount == UINT64_C(17179869183) << 30);
	assert_true(take(&bytes, "18446744073709551615").amount == UINT64_MAX);
	refuses_each(&bytes, wrong,
		"is not a number of bytes; write a number, or one followed by K, M or G, "
		"such as 64K");
	some.least = 10;
	some.most = 2048;
	assert_true(take(&some, "2K").amount == 2048);
	refuses(&some, "9", "is out of range; write bytes from 10 to 2048");
	refuses(&some, "3K", "is out of range; write bytes from 10 to 2048");
	refuses(&some, "18446744073709551615",
		"is out of range; write bytes from 10 to 2048");
}

TEST(reads_durations)
{
	static const char *const wrong[] = { "", "5", "00", "s", "-1s", "0.5s", "1h30min",
		"1 month", "18446744073709551615s", "5124095576031h", NULL };
	struct mural_option some = duration;

	assert_true(take(&duration, "0").amount == 0);
	assert_true(take(&duration, "0s").amount == 0);
	assert_true(take(&duration, "250ms").amount == 250);
	assert_true(take(&duration, "30s").amount == 30000);
	assert_true(take(&duration, "2min").amount == 120000);
	assert_true(take(&duration, "1h").amount == 3600000);
	assert_true(take(&duration, "10m").amount == 600000);
	assert_true(take(&duration, "2 hours").amount == 7200000);
	assert_true(take(&duration, "1d").amount == 86400000);
	refuses_each(&duration, wrong,
		"is not a duration; write a number followed by ms, s, min, h or d, such "
		"as 30s");
	some.least = 100;
	some.most = 5000;
	refuses(&some, "0", "is out of range; write a duration from 100ms to 5000ms");
	refuses(&some, "6s", "is out of range; write a duration from 100ms to 5000ms");
}

TEST(reads_colours)
{
	static const char *const wrong[] = { "", "#", "##ff800", "#ff800", "#ff80000",
		"#ff80g0", "#FF 000", "red", "#-10000", NULL };

	assert_int_equal(take(&colour, "#ff8000").index, 0xffff8000);
	assert_int_equal(take(&colour, "#aBcDeF").index, 0xffabcdef);
	assert_int_equal(take(&colour, "ff8000").index, 0xffff8000);
	refuses_each(&colour, wrong, "is not a colour; write #rrggbb, such as #ff8000");
}

TEST(reads_choices)
{
	static const char *const wrong[] = { "", "kee", "keeps", "keep suppress", " ",
		"yes", "no", NULL };
	struct mural_option some = choice;

	assert_int_equal(take(&choice, "keep").index, 0);
	assert_int_equal(take(&choice, "Suppress").index, 1);
	refuses_each(&choice, wrong, "is not one of: keep, suppress");
	some.choices = "no x";
	assert_int_equal(take(&some, "yes").index, 1);
	assert_int_equal(take(&some, "false").index, 0);
	some.choices = "off auto xdp";
	assert_int_equal(take(&some, "no").index, 0);
	refuses(&some, "yes", "is not one of: off, auto, xdp");
	some.choices = "off black"; /* whose off is one of two ways */
	refuses(&some, "yes", "is not one of: off, black");
}

TEST(reads_several_addresses)
{
	static const char *const right[] = { "", "[::]:1234", "[::]:1 10.0.0.1:2 unix:/x",
		"239.1.2.3%eth0:6454 [ff05::1%eth0]:6454" };

	for (size_t i = 0; i < ARRAY_LEN(right); i++) {
		struct fields fields = take(&addresses, right[i]);

		assert_string_equal(fields.text, right[i]);
		options_finish(
			(const struct mural_option[]){ addresses, { 0 } }, &fields);
	}
	refuses(&addresses, "[::]:1 wall",
		"is not an address; write HOST:PORT, [V6]:PORT or unix:PATH, such as "
		"[::]:1234");
	refuses(&addresses, "10.0.0.1%eth0:1 [::]:1",
		"has no host name or address before the port");
}

TEST(reads_addresses)
{
	static const char *const right[] = { "", "localhost:80", "0.0.0.0:65535",
		"127.0.0.1:0", "[::]:1234", "[::1]:1", "[fe80::1%eth0]:7",
		"[::ffff:10.0.0.1]:5", "wall_1.example-net.org:99", "unix:/run/wall.sock",
		"unix:a:b" };
	static const struct {
		const char *written, *why;
	} wrong[] = {
		{ "1234", "is not an address; write HOST:PORT, [V6]:PORT or unix:PATH, "
			  "such as [::]:1234" },
		{ ":1234", "is not an address; write HOST:PORT, [V6]:PORT or unix:PATH, "
			   "such as [::]:1234" },
		{ "host:", "must end in : and a port, a number from 0 to 65535" },
		{ "host:65536", "must end in : and a port, a number from 0 to 65535" },
		{ "host:99999999999999999999999",
			"must end in : and a port, a number from 0 to 65535" },
		{ "host:12x", "must end in : and a port, a number from 0 to 65535" },
		{ "host:http", "must end in : and a port, a number from 0 to 65535" },
		{ "::1:80", "is ambiguous; write the IPv6 address in brackets, such as "
			    "[::1]:80" },
		{ "[::g]:80", "has no IPv6 address in its brackets; write one, such as "
			      "[::1]:80" },
		{ "[]:80", "has no IPv6 address in its brackets; write one, such as "
			   "[::1]:80" },
		{ "[::1%]:80", "has no IPv6 address in its brackets; write one, such as "
			       "[::1]:80" },
		{ "a b:80", "has no host name or address before the port" },
		{ "[::1:80", "is ambiguous; write the IPv6 address in brackets, such as "
			     "[::1]:80" },
		{ "unix:",
			"is not an address; write a path of 1 to 107 bytes after unix:" },
	};
	char unix_path[128] = "unix:";

	for (size_t i = 0; i < ARRAY_LEN(right); i++) {
		struct fields fields = take(&address, right[i]);

		assert_string_equal(fields.text, right[i]);
		options_finish((const struct mural_option[]){ address, { 0 } }, &fields);
	}
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		refuses(&address, wrong[i].written, wrong[i].why);
	memset(unix_path + 5, 'p', 108);
	refuses(&address, unix_path,
		"is not an address; write a path of 1 to 107 bytes after unix:");
}

TEST(reads_points_and_sizes)
{
	static const char *const no_points[] = { "", "1", "1,", ",1", "1,2,3", "1, 2",
		"1x2", "a,b", NULL };
	static const char *const no_sizes[] = { "", "1", "1x", "x1", "1x2x3", "-1x1",
		NULL };
	static const char *const wrong_sizes[] = { "0x1", "1x0", "8193x1", "1x8193",
		"4294967297x1", NULL };

	assert_int_equal(take(&point, "-3,40").point.x, -3);
	assert_int_equal(take(&point, "-3,40").point.y, 40);
	refuses_each(&point, no_points, "is not a point; write X,Y, such as 640,360");
	refuses(&point, "0,2147483648", "is out of range; write coordinates of 32 bits");
	assert_int_equal(take(&size, "8192x1").size.width, 8192);
	assert_int_equal(take(&size, "8192x1").size.height, 1);
	assert_int_equal(take(&size, "12 X 34").size.height, 34);
	assert_int_equal(take(&size, "auto").size.width, 0);
	refuses_each(
		&size, no_sizes, "is not a size; write WxH or auto, such as 1280x720");
	refuses_each(&size, wrong_sizes,
		"is out of range; write a size from 1x1 to 8192x8192");
	refuses(&plain_size, "auto", "is not a size; write WxH, such as 1280x720");
}

TEST(copies_and_replaces_text)
{
	static const struct mural_option options[] = {
		MURAL_TEXT(struct fields, text, "first", ""),
		{ 0 },
	};
	struct fields fields = { 0 };
	char why[256], word[] = "second";

	options_finish(options, &fields); /* a zeroed config is fine */
	assert_int_equal(options_init(options, &fields, why, sizeof(why)), 0);
	assert_string_equal(fields.text, "first");
	assert_int_equal(option_set(&text, &fields, word, why, sizeof(why)), 0);
	word[0] = 'S';
	assert_string_equal(fields.text, "second");
	options_finish(options, &fields);
	assert_null(fields.text);
}

static void
takes(const struct mural_option *option, const char *written, const char *expected)
{
	struct fields fields = take(option, written);

	assert_string_equal(fields.text, expected);
	free((char *)fields.text);
}

static void
write_text(const char *name, const char *written)
{
	FILE *file = fopen(name, "w");

	assert_non_null(file);
	fputs(written, file);
	fclose(file);
}

TEST(reads_secrets_and_their_files)
{
	char folder[] = "/tmp/murald-secret-XXXXXX", name[100], at[100];
	char long_line[5000];

	takes(&secret, "", "");
	takes(&secret, "open sesame", "open sesame");
	refuses(&secret, "****",
		"is what --print-config shows in place of a secret; write the secret "
		"itself, or @FILE");
	assert_non_null(mkdtemp(folder));
	snprintf(name, sizeof(name), "%s/token", folder);
	snprintf(at, sizeof(at), "@%s/token", folder);
	refuses(&secret, at,
		"names a file that cannot be read: No such file or directory");
	write_text(name, "from a file \r\nand no more\n");
	takes(&secret, at, "from a file ");
	setenv("CREDENTIALS_DIRECTORY", folder, 1);
	takes(&secret, "@token", "from a file ");
	unsetenv("CREDENTIALS_DIRECTORY");
	refuses(&secret, "@token",
		"names a file that cannot be read: No such file or directory");
	write_text(name, "\nsecond");
	refuses(&secret, at,
		"names a file whose first line is empty; write the secret there");
	memset(long_line, 'x', sizeof(long_line) - 1);
	long_line[sizeof(long_line) - 1] = '\0';
	write_text(name, long_line);
	refuses(&secret, at, "names a file whose first line has more than 4096 bytes");
	long_line[4096] = '\0';
	write_text(name, long_line);
	takes(&secret, at, long_line);
	unlink(name);
	rmdir(folder);
}

TEST(shows_no_secret)
{
	assert_string_equal(option_shown(&secret, "open sesame"), "****");
	assert_string_equal(option_shown(&secret, ""), "");
	assert_string_equal(option_shown(&secret, "@token"), "@token");
	assert_string_equal(option_shown(&text, "open sesame"), "open sesame");
}

TEST(reads_lists)
{
	static const struct mural_option options[] = {
		MURAL_LIST(struct fields, words, "one two", NULL, ""),
		{ 0 },
	};
	struct fields fields = { 0 }, other = { 0 };
	char why[256];

	assert_int_equal(options_init(options, &fields, why, sizeof(why)), 0);
	assert_string_equal(fields.words[0], "one");
	assert_string_equal(fields.words[1], "two");
	assert_null(fields.words[2]);
	assert_int_equal(option_set(&list, &other, "\tone   two ", why, sizeof(why)), 0);
	assert_true(options_same(options, &fields, &other));
	assert_int_equal(option_set(&list, &other, "one", why, sizeof(why)), 0);
	assert_false(options_same(options, &fields, &other));
	assert_false(options_same(options, &other, &fields));
	assert_int_equal(option_set(&list, &other, " ", why, sizeof(why)), 0);
	assert_non_null(other.words);
	assert_null(other.words[0]);
	assert_int_equal(
		option_set(&some_words, &other, "blue red", why, sizeof(why)), 0);
	assert_string_equal(other.words[1], "red");
	options_finish(options, &fields);
	options_finish(options, &other);
	assert_null(fields.words);
	refuses(&some_words, "red gree",
		"has gree, which is not one of: red, green, blue");
}

TEST(reads_paths)
{
	char folder[] = "/tmp/murald-path-XXXXXX", name[100], expected[5000];
	char here[4096], too_long[4097];

	takes(&path, "", "");
	takes(&path, "/etc/../x y", "/etc/../x y");
	assert_non_null(getcwd(here, sizeof(here)));
	snprintf(expected, sizeof(expected), "%s/some/file", here);
	takes(&path, "some/file", expected);
	assert_non_null(mkdtemp(folder));
	setenv("CREDENTIALS_DIRECTORY", folder, 1);
	takes(&path, "some/file", expected);
	snprintf(name, sizeof(name), "%s/file", folder);
	write_text(name, "");
	takes(&path, "file", name);
	unsetenv("CREDENTIALS_DIRECTORY");
	unlink(name);
	rmdir(folder);
	memset(too_long, 'x', sizeof(too_long) - 1);
	too_long[0] = '/';
	too_long[4096] = '\0';
	refuses(&path, too_long, "is not a path; write at most 4095 bytes, from / on");
	too_long[4095] = '\0';
	takes(&path, too_long, too_long);
}

UNIT_TESTS(NULL, NULL)
