/* SPDX-License-Identifier: MIT */
/* Tests token buckets, and tables of them with more keys than room. */

#include <mural/ratelimit.h>

#include "support/unit.h"

TEST(buckets_refill_with_time)
{
	const struct mural_rate slow = { .per_1000s = 100, .burst = 5 };
	const struct mural_rate fast = { .per_1000s = 1000000000000,
		.burst = 1000000000 };
	struct mural_bucket bucket = { 0 };

	mural_bucket_refill(&bucket, &slow, 1000);
	for (int i = 0; i < 5; i++)
		assert_true(mural_bucket_consume(&bucket, &slow, 1));
	/* one in ten seconds, also when somebody looks all the time */
	for (uint64_t now = 1000; now < 11000; now++) {
		mural_bucket_refill(&bucket, &slow, now);
		assert_false(mural_bucket_consume(&bucket, &slow, 1));
	}
	mural_bucket_refill(&bucket, &slow, 11000);
	assert_true(mural_bucket_consume(&bucket, &slow, 1));
	mural_bucket_refill(&bucket, &slow, UINT64_MAX / 2);
	assert_int_equal(mural_bucket_level(&bucket, &slow), 5 * MURAL_TOKEN);
	mural_bucket_refill(&bucket, &fast, UINT64_MAX);
	assert_int_equal(mural_bucket_level(&bucket, &fast), fast.burst * MURAL_TOKEN);
}

TEST(debt_is_paid_first)
{
	const struct mural_rate rate = { .per_1000s = 1000, .burst = 10 }, none = { 0 };
	struct mural_bucket bucket = { 0 };

	assert_true(mural_bucket_consume(&bucket, &rate, 30));
	assert_int_equal(mural_bucket_level(&bucket, &rate), -20 * MURAL_TOKEN);
	assert_int_equal(mural_bucket_wait_ms(&bucket, &rate, 0), 20000);
	assert_int_equal(mural_bucket_wait_ms(&bucket, &rate, 1), 21000);
	assert_int_equal(mural_bucket_wait_ms(&bucket, &rate, 1000), 30000);
	mural_bucket_debit(&bucket, &rate, -25);
	assert_false(mural_bucket_consume(&bucket, &rate, 6));
	assert_true(mural_bucket_consume(&bucket, &rate, 5));
	assert_true(mural_bucket_consume(&bucket, &none, 1000));
}

TEST(keys_have_a_bucket_each)
{
	const struct mural_rate rate = { .per_1000s = 100, .burst = 3 }, none = { 0 };
	struct mural_ratelimit *table = mural_ratelimit_new(&rate, 100);
	struct mural_ratelimit *unlimited = mural_ratelimit_new(&none, 1);

	for (int i = 0; i < 3; i++)
		assert_int_equal(mural_ratelimit_consume(table, 77, 5000), 0);
	assert_int_equal(mural_ratelimit_consume(table, 77, 5000), 10000);
	assert_int_equal(mural_ratelimit_consume(table, 77, 14000), 1000);
	assert_int_equal(mural_ratelimit_consume(table, 78, 14000), 0);
	assert_int_equal(mural_ratelimit_consume(table, 77, 15000), 0);
	assert_int_equal(mural_ratelimit_consume(table, 77, 15000), 10000);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(mural_ratelimit_consume(unlimited, 77, 5000), 0);
	mural_ratelimit_free(table);
	mural_ratelimit_free(unlimited);
}

/* A flood of forged keys displaces those nearest to full, its own. */
TEST(a_full_table_forgets_the_fullest)
{
	const struct mural_rate rate = { .per_1000s = 1, .burst = 3 };
	struct mural_ratelimit *table = mural_ratelimit_new(&rate, 1024);

	for (int i = 0; i < 3; i++)
		assert_int_equal(mural_ratelimit_consume(table, 0, 1000), 0);
	for (uint64_t i = 1; i < 200000; i++)
		assert_int_equal(mural_ratelimit_consume(table, i, 1000 + i), 0);
	assert_int_not_equal(mural_ratelimit_consume(table, 0, 201000), 0);
	mural_ratelimit_free(table);
}

/* Looking makes no place for a key, and finds the one that is there. */
TEST(finding_replaces_nobody)
{
	const struct mural_rate rate = { .per_1000s = 1000, .burst = 3 };
	struct mural_ratelimit *table = mural_ratelimit_new(&rate, 1);
	const struct mural_bucket *bucket;

	for (uint64_t i = 1; i <= 8; i++) /* all the places */
		assert_int_equal(mural_ratelimit_consume(table, i, 1000), 0);
	for (uint64_t i = 9; i < 1000; i++)
		assert_null(mural_ratelimit_find(table, i, 1000));
	for (uint64_t i = 1; i <= 8; i++) {
		bucket = mural_ratelimit_find(table, i, 1000);
		assert_non_null(bucket);
		assert_int_equal(bucket->debt, MURAL_TOKEN);
	}
	assert_int_equal(mural_ratelimit_find(table, 1, 1500)->debt, MURAL_TOKEN / 2);
	mural_ratelimit_free(table);
}

UNIT_TESTS(NULL, NULL)
