/* SPDX-License-Identifier: MIT */
/* Tests how long wrong admin tokens make a source wait, on a simulated clock. */
#include "http/web/web.h"
#include "support/unit.h"

#define SOURCE 7
#define OTHER 8

static struct web web;
static uint64_t now = 12345;

/* A wrong token as soon as it is looked at; returns the wait after it. */
static unsigned
next_wait(void)
{
	now += 1000 * guesses_token_wait(&web, SOURCE, now);
	assert_int_equal(guesses_token_wait(&web, SOURCE, now), 0);
	guesses_token_wrong(&web, SOURCE, now);
	return guesses_token_wait(&web, SOURCE, now);
}

TEST(the_wait_doubles_up_to_a_minute)
{
	static const unsigned waits[] = { 1, 2, 4, 8, 16, 32, 60, 60, 60, 60 };

	assert_int_equal(guesses_start(&web), 0);
	for (size_t i = 0; i < sizeof(waits) / sizeof(*waits); i++)
		assert_int_equal(next_wait(), waits[i]);
	assert_int_equal(guesses_token_wait(&web, OTHER, now), 0);
	guesses_stop(&web);
}

TEST(the_right_one_ends_that)
{
	assert_int_equal(guesses_start(&web), 0);
	guesses_token_right(&web, SOURCE, now);
	for (int i = 0; i < 5; i++)
		next_wait();
	now += 1000 * guesses_token_wait(&web, SOURCE, now);
	guesses_token_right(&web, SOURCE, now);
	assert_int_equal(next_wait(), 1);
	assert_int_equal(next_wait(), 2);
	guesses_stop(&web);
}

TEST(a_source_that_stops_is_forgiven)
{
	assert_int_equal(guesses_start(&web), 0);
	for (int i = 0; i < 8; i++)
		next_wait();
	now += 20 * 60 * 1000;
	assert_int_equal(next_wait(), 1);
	guesses_stop(&web);
}

UNIT_TESTS(NULL, NULL)
