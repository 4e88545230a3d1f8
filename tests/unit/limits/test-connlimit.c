/* SPDX-License-Identifier: MIT */
/* Tests the connection limit against a simple list. */

#include "limits/connlimit.h"
#include "support/unit.h"
#include "unit/limits/peer.h"

#define MANY 3000
#define MOST 3

static void
expect_admit(struct connlimit *connlimit, const char *text, bool admitted)
{
	union peer_address peer = peer_of(text);

	assert_int_equal(connlimit_admit(connlimit, &peer.any), admitted);
}

static void
release(struct connlimit *connlimit, const char *text)
{
	union peer_address peer = peer_of(text);

	connlimit_release(connlimit, &peer.any);
}

TEST(test_addresses_of_one_source)
{
	struct connlimit connlimit;

	assert_int_equal(connlimit_init(&connlimit, 1, 64), 0);
	expect_admit(&connlimit, "192.0.2.1", true);
	expect_admit(&connlimit, "192.0.2.1", false);
	expect_admit(&connlimit, "::ffff:192.0.2.1", false);
	expect_admit(&connlimit, "192.0.2.2", true);
	expect_admit(&connlimit, "2001:db8::1", true);
	expect_admit(&connlimit, "2001:db8::ffff:ffff:ffff:ffff", false);
	expect_admit(&connlimit, "2001:db8:0:1::1", true);
	expect_admit(&connlimit, "::1", true);
	expect_admit(&connlimit, "0.0.0.0", true);
	release(&connlimit, "2001:db8::2");
	expect_admit(&connlimit, "2001:db8::3", true);
	release(&connlimit, "::ffff:192.0.2.1");
	expect_admit(&connlimit, "192.0.2.1", true);
	connlimit_finish(&connlimit);
}

/* On each link a host of its own, however many bits the others' sources have. */
TEST(test_link_local_addresses_count_as_a_whole)
{
	union peer_address first = peer_of("fe80::1"), second = peer_of("fe80::1");
	struct connlimit connlimit;

	assert_int_equal(connlimit_init(&connlimit, 1, 64), 0);
	first.in6.sin6_scope_id = 1;
	second.in6.sin6_scope_id = 2;
	assert_true(connlimit_admit(&connlimit, &first.any));
	assert_false(connlimit_admit(&connlimit, &first.any));
	assert_true(connlimit_admit(&connlimit, &second.any));
	expect_admit(&connlimit, "fe80::2", true);
	expect_admit(&connlimit, "febf::1", true);
	expect_admit(&connlimit, "febf::2", true);
	expect_admit(&connlimit, "fec0::1", true);
	expect_admit(&connlimit, "fec0::2", false);
	connlimit_release(&connlimit, &first.any);
	assert_true(connlimit_admit(&connlimit, &first.any));
	connlimit_finish(&connlimit);
}

TEST(test_local_sockets_have_no_source)
{
	union peer_address peer = { .any.sa_family = AF_UNIX };
	struct connlimit connlimit;

	assert_int_equal(connlimit_init(&connlimit, 1, 64), 0);
	for (int i = 0; i < 10; i++)
		assert_true(connlimit_admit(&connlimit, &peer.any));
	for (int i = 0; i < 10; i++)
		connlimit_release(&connlimit, &peer.any);
	assert_int_equal(connlimit.sources, 0);
	connlimit_finish(&connlimit);
}

TEST(test_many_sources_come_and_go)
{
	static unsigned counts[MANY];
	struct connlimit connlimit;
	size_t sources = 0;

	srandom(2);
	assert_int_equal(connlimit_init(&connlimit, MOST, 64), 0);
	for (int i = 0; i < 200000; i++) {
		unsigned source = random() % MANY;
		union peer_address peer = { .in4 = { .sin_family = AF_INET,
						    .sin_addr.s_addr =
							    htonl(source << 8) } };

		if (random() % 2 && counts[source] > 0) {
			connlimit_release(&connlimit, &peer.any);
			sources -= --counts[source] == 0;
		} else {
			assert_int_equal(connlimit_admit(&connlimit, &peer.any),
				counts[source] < MOST);
			sources += counts[source] == 0;
			counts[source] += counts[source] < MOST;
		}
		assert_int_equal(connlimit.sources, sources);
	}
	connlimit_finish(&connlimit);
}

UNIT_TESTS(NULL, NULL)
