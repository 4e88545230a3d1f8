/* SPDX-License-Identifier: MIT */
/* Sources counted in and out, and compared with a simple list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "unit/limits/peer.h"

#include "limits/connlimit.h"

#define MANY 3000
#define MOST 3

static void
expect(struct quota *quota, const char *text, bool entered)
{
	union peer peer = peer_of(text);

	assert_int_equal(quota_enter(quota, &peer.any), entered);
}

static void
leave(struct quota *quota, const char *text)
{
	union peer peer = peer_of(text);

	quota_leave(quota, &peer.any);
}

static void
test_what_one_source_is(void **state)
{
	struct quota quota;

	(void)state;
	assert_int_equal(quota_init(&quota, 1, 64), 0);
	expect(&quota, "192.0.2.1", true);
	expect(&quota, "192.0.2.1", false);
	expect(&quota, "::ffff:192.0.2.1", false);
	expect(&quota, "192.0.2.2", true);
	expect(&quota, "2001:db8::1", true);
	expect(&quota, "2001:db8::ffff:ffff:ffff:ffff", false);
	expect(&quota, "2001:db8:0:1::1", true);
	expect(&quota, "::1", true);
	expect(&quota, "0.0.0.0", true);
	leave(&quota, "2001:db8::2");
	expect(&quota, "2001:db8::3", true);
	leave(&quota, "::ffff:192.0.2.1");
	expect(&quota, "192.0.2.1", true);
	quota_finish(&quota);
}

static void
test_local_sockets_have_no_source(void **state)
{
	union peer peer = { .any.sa_family = AF_UNIX };
	struct quota quota;

	(void)state;
	assert_int_equal(quota_init(&quota, 1, 64), 0);
	for (int i = 0; i < 10; i++)
		assert_true(quota_enter(&quota, &peer.any));
	for (int i = 0; i < 10; i++)
		quota_leave(&quota, &peer.any);
	assert_int_equal(quota.sources, 0);
	quota_finish(&quota);
}

static void
test_many_sources_come_and_go(void **state)
{
	static unsigned counts[MANY];
	struct quota quota;
	size_t sources = 0;

	(void)state;
	srandom(2);
	assert_int_equal(quota_init(&quota, MOST, 64), 0);
	for (int i = 0; i < 200000; i++) {
		unsigned who = random() % MANY;
		union peer peer = { .in4 = { .sin_family = AF_INET,
					    .sin_addr.s_addr = htonl(who << 8) } };

		if (random() % 2 && counts[who] > 0) {
			quota_leave(&quota, &peer.any);
			sources -= --counts[who] == 0;
		} else {
			assert_int_equal(
				quota_enter(&quota, &peer.any), counts[who] < MOST);
			sources += counts[who] == 0;
			counts[who] += counts[who] < MOST;
		}
		assert_int_equal(quota.sources, sources);
	}
	quota_finish(&quota);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_one_source_is),
		cmocka_unit_test(test_local_sockets_have_no_source),
		cmocka_unit_test(test_many_sources_come_and_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
