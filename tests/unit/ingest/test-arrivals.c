/* SPDX-License-Identifier: MIT */
/* Who is served first, and who gives way when all places are taken. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "ingest/arrivals.h"
#include "support/unit.h"

enum { PLACES = 8 };

/* A descriptor that tells whether it was closed. */
static int
arrive(struct arrivals *arrivals, const char *source)
{
	union peer_address peer = { .in6.sin6_family = AF_INET6 };
	int fd = eventfd(0, EFD_CLOEXEC);

	assert_int_equal(inet_pton(AF_INET6, source, &peer.in6.sin6_addr), 1);
	arrivals_add(arrivals, fd, &peer);
	return fd;
}

static bool
is_closed(int fd)
{
	return fcntl(fd, F_GETFD) < 0 && errno == EBADF;
}

static void
expect_next(struct arrivals *arrivals, int fd)
{
	union peer_address peer;

	assert_int_equal(arrivals_next(arrivals, &peer), fd);
	if (fd >= 0)
		close(fd);
}

TEST(sources_take_turns)
{
	struct arrivals arrivals;
	int first[3], second[2], third;

	assert_int_equal(arrivals_init(&arrivals, PLACES, 64), 0);
	for (int i = 0; i < 3; i++)
		first[i] = arrive(&arrivals, "2001:db8::1");
	for (int i = 0; i < 2; i++) /* an address of the same prefix is the same source */
		second[i] = arrive(&arrivals, i ? "2001:db8:1::1" : "2001:db8:1::2");
	expect_next(&arrivals, first[0]);
	expect_next(&arrivals, second[0]);
	third = arrive(&arrivals, "2001:db8:2::1");
	expect_next(&arrivals, first[1]);
	expect_next(&arrivals, second[1]);
	expect_next(&arrivals, third);
	expect_next(&arrivals, first[2]);
	expect_next(&arrivals, -1);
	arrivals_finish(&arrivals);
}

/* Others come back again and again as soon as they were served. */
TEST(a_second_client_has_its_turn)
{
	static const char *const others[] = { "2001:db8:1::1", "2001:db8:2::1" };
	struct arrivals arrivals;
	union peer_address peer;
	int second, next = -1;

	assert_int_equal(arrivals_init(&arrivals, PLACES, 64), 0);
	(void)arrive(&arrivals, "2001:db8::1");
	second = arrive(&arrivals, "2001:db8::1");
	for (int i = 0; i < 4 * PLACES && next != second; i++) {
		(void)arrive(&arrivals, others[i % 2]);
		next = arrivals_next(&arrivals, &peer);
		close(next);
	}
	assert_int_equal(next, second);
	arrivals_finish(&arrivals);
}

TEST(who_has_most_waiting_gives_way)
{
	struct arrivals arrivals;
	int flood[PLACES], another, late;

	assert_int_equal(arrivals_init(&arrivals, PLACES, 64), 0);
	for (int i = 0; i < PLACES; i++) {
		assert_true(arrivals_take(&arrivals, 0));
		flood[i] = arrive(&arrivals, "2001:db8::1");
	}
	another = arrive(&arrivals, "2001:db8:1::1");
	assert_true(is_closed(flood[PLACES - 1]));
	late = arrive(&arrivals, "2001:db8::1");
	assert_true(is_closed(late));
	expect_next(&arrivals, flood[0]);
	expect_next(&arrivals, another);
	arrivals_finish(&arrivals);
	for (int i = 0; i < PLACES; i++)
		assert_true(is_closed(flood[i]));
}

TEST(a_burst_waits_in_the_kernel)
{
	struct arrivals arrivals;

	assert_int_equal(arrivals_init(&arrivals, PLACES, 64), 0);
	for (int i = 0; i < PLACES; i++)
		(void)arrive(&arrivals, "2001:db8::1");
	assert_false(arrivals_take(&arrivals, 1000));
	assert_false(arrivals_take(&arrivals, 1009));
	assert_true(arrivals_take(&arrivals, 1010));
	arrivals_have_all(&arrivals);
	assert_false(arrivals_take(&arrivals, 1010));
	assert_false(arrivals_take(&arrivals, 1019));
	arrivals_finish(&arrivals);
}

TEST(many_sources_have_more_patience)
{
	struct arrivals arrivals;
	char source[20];

	assert_int_equal(arrivals_init(&arrivals, PLACES, 64), 0);
	for (int i = 0; i < PLACES; i++) {
		snprintf(source, sizeof(source), "2001:db8:%d::1", i % (PLACES / 2));
		(void)arrive(&arrivals, source);
	}
	assert_false(arrivals_take(&arrivals, 1000));
	assert_false(arrivals_take(&arrivals, 1049));
	assert_true(arrivals_take(&arrivals, 1050));
	arrivals_finish(&arrivals);
}

/* One connects as fast as he is served, and fills the places and the kernel's queue: that
 * nobody waits for long among the places says nothing of who stands there. */
TEST(who_comes_behind_a_flood_is_soon_here)
{
	enum { QUEUE = 400, PER_TURN = 2 };
	union peer_address peer;
	struct arrivals arrivals;
	unsigned queued = QUEUE, turns = 0;

	assert_int_equal(arrivals_init(&arrivals, PLACES, 64), 0);
	for (; queued > 0; turns++) { /* of a millisecond, the others' are behind him */
		for (; queued > 0 && arrivals_take(&arrivals, 1 + turns); queued--)
			(void)arrive(&arrivals, "2001:db8::1");
		for (int i = 0; i < PER_TURN; i++)
			close(arrivals_next(&arrivals, &peer));
	}
	assert_true(turns < 20);
	assert_true(arrivals.n_closed > QUEUE / 2);
	arrivals_finish(&arrivals);
}

TEST(who_waits_alone_gives_way_to_nobody)
{
	union peer_address peer;
	struct arrivals arrivals;
	char source[20];

	assert_int_equal(arrivals_init(&arrivals, PLACES, 64), 0);
	for (int i = 0; i < PLACES; i++) {
		snprintf(source, sizeof(source), "2001:db8:%d::1", i);
		(void)arrive(&arrivals, source);
	}
	assert_false(arrivals_take(&arrivals, 1000));
	assert_false(arrivals_take(&arrivals, 5000));
	(void)arrive(&arrivals, "2001:db8:ff::1");
	for (int i = 0; i < PLACES; i++)
		close(arrivals_next(&arrivals, &peer));
	expect_next(&arrivals, -1);
	arrivals_finish(&arrivals);
}

UNIT_TESTS(NULL, NULL)
