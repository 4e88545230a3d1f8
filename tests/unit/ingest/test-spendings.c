/* SPDX-License-Identifier: MIT */
/* What walls tell each other of spent budgets, where they know sources differently. */
#include <errno.h>

#include "ingest/spendings.h"
#include "support/unit.h"
#include "unit/limits/peer.h"

#define RATE 1000

struct wall {
	struct config config;
	struct ratelimit ratelimit;
	size_t stripe;
};

static void
wall_start(struct wall *wall, unsigned prefix)
{
	*wall = (struct wall){ .config.server = { .pixels_per_source = RATE,
				       .source_prefix = prefix } };
	assert_int_equal(ratelimit_init(&wall->ratelimit, &wall->config), 0);
	assert_int_equal(ratelimit_count_spent(&wall->ratelimit), 0);
}

static int
spend(struct wall *wall, const char *source)
{
	union peer_address peer = peer_of(source);

	return ratelimit_consume(
		&wall->ratelimit, RATELIMIT_CONNECTED, &peer.any, RATE, 0);
}

/* A source spends all that it has on one wall, and then as much on another: what that
 * one says of it, and of the prefix. */
static int
spend_on_both(unsigned prefix, unsigned other_prefix, const char *source,
	const char *there, unsigned *told)
{
	uint8_t bytes[SPENDINGS_BYTES];
	struct wall here, other;
	size_t len;
	int ret;

	wall_start(&here, prefix);
	wall_start(&other, other_prefix);
	assert_int_equal(spend(&here, source), 0);
	len = spendings_take(&here.ratelimit, &here.stripe, bytes);
	assert_int_equal(len, 1 + SPENDING_BYTES);
	for (int i = 0; i < 3; i++) /* so much that it takes long to be paid off */
		assert_true(spendings_debit(&other.ratelimit, bytes, len, told));
	ret = spend(&other, there);
	assert_int_equal(spendings_take(&here.ratelimit, &here.stripe, bytes), 0);
	ratelimit_finish(&here.ratelimit);
	ratelimit_finish(&other.ratelimit);
	return ret;
}

TEST(a_budget_that_was_spent_on_another_wall)
{
	unsigned told;

	assert_int_equal(spend_on_both(64, 64, "192.0.2.1", "192.0.2.1", &told), -EDQUOT);
	assert_int_equal(spend_on_both(64, 64, "192.0.2.1", "192.0.2.2", &told), 0);
	assert_int_equal(told, 0);
	assert_int_equal(
		spend_on_both(64, 64, "2001:db8::1", "2001:db8::2", &told), -EDQUOT);
	assert_int_equal(
		spend_on_both(64, 64, "2001:db8::1", "2001:db8:0:1::1", &told), 0);
	assert_int_equal(told, 0);
}

TEST(prefixes_matter_to_ipv6_alone)
{
	unsigned told;

	assert_int_equal(
		spend_on_both(128, 64, "192.0.2.1", "192.0.2.1", &told), -EDQUOT);
	assert_int_equal(told, 0);
}

TEST(several_sources_of_a_longer_prefix_are_one_here)
{
	unsigned told;

	assert_int_equal(
		spend_on_both(128, 64, "2001:db8::1", "2001:db8::2", &told), -EDQUOT);
	assert_int_equal(told, 128);
	assert_int_equal(
		spend_on_both(64, 48, "2001:db8::1", "2001:db8:0:7::1", &told), -EDQUOT);
	assert_int_equal(told, 64);
}

TEST(one_of_a_shorter_prefix_is_nobody_here)
{
	unsigned told;

	assert_int_equal(spend_on_both(48, 64, "2001:db8::1", "2001:db8::1", &told), 0);
	assert_int_equal(told, 48);
}

TEST(bytes_that_make_no_sense)
{
	uint8_t bytes[1 + SPENDING_BYTES] = { 1, 0, 64 };
	struct wall wall;
	unsigned told;

	wall_start(&wall, 64);
	assert_true(spendings_debit(&wall.ratelimit, bytes, sizeof(bytes), &told));
	for (unsigned prefix = 0; prefix < 256; prefix++) {
		bytes[2] = (uint8_t)prefix;
		assert_int_equal(
			spendings_debit(&wall.ratelimit, bytes, sizeof(bytes), &told),
			prefix >= 1 && prefix <= 128);
	}
	bytes[1] = 1; /* IPv4, which has none */
	assert_false(spendings_debit(&wall.ratelimit, bytes, sizeof(bytes), &told));
	ratelimit_finish(&wall.ratelimit);
}

UNIT_TESTS(NULL, NULL)
