/* SPDX-License-Identifier: MIT */
/* How answers are divided between the stations that ask, by simulated seconds. */
#include "ping/answer-share.h"

#include <string.h>

#include "base/util.h"
#include "support/unit.h"

enum { EACH = 10000, TOTAL = 100000, FLOOD = 190 /* in a millisecond */ };

/* A few stations that ask each second, at different moments of it. */
enum { SEEN_AS = 0xa000000, HONEST = 50 };

static bool
take(struct answer_share *share, uint32_t station, uint64_t now_ms)
{
	uint8_t mac[6] = { 2 };

	memcpy(mac + 2, &station, sizeof(station));
	return answer_share_take(share, mac, now_ms);
}

/* The flood and the few share a second; how many of the few were answered.  *others:
 * how many of the flood. */
static unsigned
one_second(struct answer_share *share, uint32_t stations, uint64_t begin_ms,
	unsigned *others)
{
	static uint32_t next;
	unsigned answered = 0;

	*others = 0;
	for (uint64_t ms = 0; ms < 1000; ms++) {
		for (int i = 0; i < FLOOD; i++)
			*others += take(share, next++ % stations, begin_ms + ms);
		if (ms % (1000 / HONEST) == 10)
			answered += take(share, SEEN_AS + ms, begin_ms + ms);
	}
	return answered;
}

/* The last of a few seconds. */
static unsigned
some_seconds(uint32_t stations, unsigned *others)
{
	struct answer_share *share = answer_share_new(EACH, TOTAL);
	unsigned answered = 0;

	assert_non_null(share);
	for (int second = 1; second <= 4; second++) {
		answered = one_second(share, stations, second * 1000, others);
		assert_true(answered + *others <= TOTAL);
	}
	answer_share_free(share);
	return answered;
}

TEST(answers_those_who_ask_seldom_beside_any_flood)
{
	static const uint32_t stations[] = { 1, 15, 300, 30000 };
	unsigned others;

	for (size_t i = 0; i < ARRAY_LEN(stations); i++) {
		unsigned answered = some_seconds(stations[i], &others);

		print_message("%u stations: %u, and %u of %d\n", stations[i], others,
			answered, HONEST);
		assert_in_range(answered, HONEST - 5, HONEST);
		assert_in_range(others, MIN(stations[i] * EACH, TOTAL * 2 / 5), TOTAL);
	}
}

/* Whichever numbers the hash draws. */
TEST(tells_addresses_in_a_row_apart_in_each_of_many_seconds)
{
	struct answer_share *share = answer_share_new(EACH, TOTAL);
	unsigned others;

	assert_non_null(share);
	(void)one_second(share, 30000, 1000, &others);
	for (int second = 2; second <= 100; second++)
		assert_in_range(one_second(share, 30000, second * 1000, &others),
			HONEST - 5, HONEST);
	answer_share_free(share);
}

/* More stations than answers: nobody can tell them apart, and all have the same odds. */
TEST(answers_as_many_as_it_may_when_all_ask_once)
{
	unsigned others;

	(void)some_seconds(UINT32_MAX, &others);
	assert_in_range(others, TOTAL / 2, TOTAL);
}

TEST(limits_nobody_while_all_fits)
{
	struct answer_share *share = answer_share_new(EACH, TOTAL);

	assert_non_null(share);
	for (uint64_t ms = 5000; ms < 8000; ms++)
		for (uint32_t n = 0; n < 99; n++)
			assert_true(take(share, n % 11, ms));
	answer_share_free(share);
}

TEST(forgets_a_flood_in_a_second)
{
	struct answer_share *share = answer_share_new(EACH, TOTAL);
	unsigned others;

	assert_non_null(share);
	for (int second = 1; second <= 3; second++)
		(void)one_second(share, 30000, second * 1000, &others);
	for (int pause = 1; pause <= 2; pause++) {
		uint64_t now_ms = 4000 + pause * 5000;

		for (int i = 0; i < EACH; i++)
			assert_true(take(share, 1, now_ms));
		assert_false(take(share, 1, now_ms));
		assert_true(take(share, 2, now_ms));
	}
	answer_share_free(share);
}

UNIT_TESTS(NULL, NULL)
