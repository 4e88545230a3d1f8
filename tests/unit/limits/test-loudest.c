/* SPDX-License-Identifier: MIT */
/* The loudest sources are named, however many others there are. */
#include "limits/loudest.h"

#include <string.h>

#include "support/unit.h"

static uint64_t
random_key(void)
{
	return UINT64_C(1) << 50 | (uint64_t)random() << 19 | (uint64_t)random() >> 12;
}

static const struct loudest_entry *
find(const struct loudest_entry *entries, size_t n, uint64_t key)
{
	for (size_t i = 0; i < n; i++)
		if (entries[i].key == key)
			return &entries[i];
	return NULL;
}

TEST(a_few_are_counted_exactly)
{
	struct loudest *loudest = loudest_new();
	struct loudest_entry *entries = calloc(LOUDEST_MAX, sizeof(*entries));
	const struct loudest_who who = { .name = "anna", .instance = "p2" };
	const struct loudest_entry *anna;

	for (uint64_t i = 0; i < 1000; i++)
		loudest_count(loudest, 1 + i % 20, &who, i % 20, 100);
	assert_int_equal(loudest_take(loudest, entries), 20);
	anna = find(entries, 20, 8);
	assert_non_null(anna);
	assert_int_equal(anna->pixels, 50 * 7);
	assert_int_equal(anna->bytes, 5000);
	assert_int_equal(anna->over, 0);
	assert_string_equal(anna->who.name, "anna");
	assert_int_equal(loudest_take(loudest, entries), 0);
	free(entries);
	loudest_free(loudest);
}

/* Ten at one percent each among forged ones: what is said of them is never too much. */
TEST(the_loud_are_named_among_forgers)
{
	struct loudest *loudest = loudest_new();
	struct loudest_entry *entries = calloc(LOUDEST_MAX, sizeof(*entries));
	const struct loudest_who nobody = { 0 };
	uint64_t truth[11] = { 0 };
	size_t n;

	srandom(1);
	for (int i = 0; i < 400000; i++) {
		uint64_t key = random_key();

		if (i % 10 == 0) {
			key = 1 + key % 10;
			truth[key]++;
		}
		loudest_count(loudest, key, &nobody, 1, 60);
	}
	n = loudest_take(loudest, entries);
	assert_in_range(n, 1, LOUDEST_MAX);
	for (uint64_t key = 1; key <= 10; key++) {
		const struct loudest_entry *entry = find(entries, n, key);

		assert_non_null(entry);
		assert_true(entry->pixels - entry->over <= truth[key]);
		assert_true(entry->pixels >= truth[key]);
		assert_true(entry->pixels - entry->over > truth[key] / 2);
	}
	free(entries);
	loudest_free(loudest);
}

UNIT_TESTS(NULL, NULL)
