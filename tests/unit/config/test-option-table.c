/* SPDX-License-Identifier: MIT */
/* Tables of options: their keys, defaults and fields, how types are described, and which
 * word was meant. */
#include "base/util.h"
#include "unit/config/typed-options.h"

TEST(describes_the_types_with_their_ranges)
{
	static const struct mural_option some =
		MURAL_DURATION_FROM(struct fields, amount, "1s", 10, INT64_MAX, "");
	static const struct mural_option more =
		MURAL_BYTES_FROM(struct fields, amount, "64", 1, 4096, "");
	char said[256];

	assert_string_equal(option_describe_type(&some, said, sizeof(said)),
		"duration, at least 10ms");
	refuses(&some, "9ms", "is out of range; write a duration, at least 10ms");
	assert_string_equal(
		option_describe_type(&more, said, sizeof(said)), "bytes from 1 to 4096");
	assert_string_equal(
		option_describe_type(&duration, said, sizeof(said)), "duration");
	assert_string_equal(
		option_describe_type(&secret, said, sizeof(said)), "secret, or @FILE");
	assert_string_equal(option_describe_type(&list, said, sizeof(said)), "words");
	assert_string_equal(option_describe_type(&some_words, said, sizeof(said)),
		"words of: red, green, blue");
	assert_string_equal(option_describe_type(&path, said, sizeof(said)), "path");
}

TEST(names_the_option_whose_default_is_wrong)
{
	static const struct mural_option options[] = {
		MURAL_TEXT(struct fields, text, "good", ""),
		MURAL_COLOUR(struct fields, index, "black", ""),
		{ 0 },
	};
	struct fields fields = { 0 };
	char why[256];

	assert_int_equal(options_init(options, &fields, why, sizeof(why)), -EINVAL);
	assert_string_equal(why, "option index: default \"black\" is not a colour; write "
				 "#rrggbb, such as #ff8000");
	options_finish(options, &fields);
}

TEST(knows_where_a_field_fits)
{
	struct mural_option option = any; /* eight bytes, aligned to eight */

	option.offset = 8;
	assert_true(option_fits(&option, 16));
	assert_false(option_fits(&option, 15));
	assert_false(option_fits(&option, 7));
	assert_false(option_fits(&option, 0));
	option.offset = 4;
	assert_false(option_fits(&option, 64));
	option.offset = UINT32_MAX - 7;
	assert_false(option_fits(&option, 64));
	option = (struct mural_option){ .name = "x", .type = 0 };
	assert_false(option_fits(&option, 64));
	option.type = MURAL_TYPE_ADDRESSES + 1;
	assert_false(option_fits(&option, 64));
}

TEST(finds_keys_in_either_spelling)
{
	static const struct mural_option options[] = {
		{ .name = "listen" },
		{ .name = "listen_udp" },
		{ 0 },
	};
	char key[64];

	assert_ptr_equal(option_find(options, "listen-udp"), &options[1]);
	assert_ptr_equal(option_find(options, "listen_udp"), &options[1]);
	assert_ptr_equal(option_find(options, "listen"), &options[0]);
	assert_null(option_find(options, "listen-"));
	assert_null(option_find(options, "Listen"));
	assert_null(option_find(NULL, "listen"));
	assert_string_equal(option_key(&options[1], key, sizeof(key)), "listen-udp");
}

TEST(describes_types)
{
	const struct {
		const struct mural_option *option;
		const char *type;
	} cases[] = {
		{ &flag, "yes or no" },
		{ &any, "number" },
		{ &few, "number from 1 to 9, or auto, never" },
		{ &least, "number, at least 1" },
		{ &bytes, "bytes" },
		{ &duration, "duration" },
		{ &colour, "#rrggbb" },
		{ &choice, "one of: keep, suppress" },
		{ &text, "text" },
		{ &address, "address" },
		{ &addresses, "addresses" },
		{ &point, "X,Y" },
		{ &size, "WxH or auto" },
		{ &plain_size, "WxH" },
		{ &(struct mural_option){ .type = 99 }, "unknown type 99" },
	};
	char type[256];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_string_equal(
			option_describe_type(cases[i].option, type, sizeof(type)),
			cases[i].type);
}

static const char *
next_word(void *arg)
{
	const char ***words = arg;

	return **words ? *(*words)++ : NULL;
}

TEST(guesses_the_word_that_was_meant)
{
	static const char *known[] = { "size", "background", "snapshot",
		"snapshot-interval", "icmp", "ipv6", NULL };
	static const struct {
		const char *written, *meant;
	} cases[] = {
		{ "sizee", "size" },
		{ "sizes", "size" },
		{ "bakcgroundd", "background" },
		{ "backgroud-colour", NULL },
		{ "snapshot_interval", "snapshot-interval" },
		{ "snaphot-intervall", "snapshot-interval" },
		{ "icpm", "icmp" },
		{ "ipv4", "ipv6" },
		{ "zzzz", NULL },
		{ "", NULL },
		{ "a-word-so-long-that-nobody-can-have-meant-any-of-the-known-ones",
			NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char **words = known;
		const char *nearest = suggest_word(cases[i].written, next_word, &words);

		if (!cases[i].meant != !nearest ||
			(nearest && strcmp(nearest, cases[i].meant) != 0))
			fail_msg("%s: %s", cases[i].written,
				nearest ? nearest : "nothing");
	}
}

UNIT_TESTS(NULL, NULL)
