/* SPDX-License-Identifier: MIT */
/* Who is one source, which networks have whom, and what each may do. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include <mural/plugin.h>

#include "unit/limits/peer.h"

#include "limits/ratelimit.h"

/* ------------------------------------------------------------------ senders */

static bool
same(const char *a, const char *b, unsigned prefix)
{
	union peer one = peer_of(a), two = peer_of(b);
	struct sender first, second;

	assert_true(sender_of(&one.any, prefix, &first));
	assert_true(sender_of(&two.any, prefix, &second));
	if (sender_same(&first, &second))
		assert_true(sender_hash(&first, 7) == sender_hash(&second, 7));
	return sender_same(&first, &second);
}

static void
what_one_source_is(void **state)
{
	union peer local = { .any.sa_family = AF_UNIX };
	struct sender sender;

	(void)state;
	assert_true(same("192.0.2.1", "::ffff:192.0.2.1", 64));
	assert_false(same("192.0.2.1", "192.0.2.2", 1));
	assert_false(same("192.0.2.1", "::c000:201", 128));
	assert_true(same("2001:db8::1", "2001:db8::ffff:0:0:1", 64));
	assert_false(same("2001:db8::1", "2001:db8:0:1::1", 64));
	assert_true(same("2001:db8::1", "2001:db8:0:1::1", 63));
	assert_false(same("2001:db8::1", "2001:db8::2", 128));
	assert_true(same("2001:db8::2", "2001:db8::3", 127));
	assert_true(same("7fff::", "::1", 1));
	assert_false(same("8000::", "::1", 1));
	assert_false(sender_of(&local.any, 64, &sender));
}

static bool
has(const char *const *texts, const char *address)
{
	struct networks networks = { 0 };
	union peer peer = peer_of(address);
	struct network network;
	struct sender sender;
	bool found;

	for (; *texts; texts++) {
		assert_true(network_parse(*texts, &network));
		assert_int_equal(networks_add(&networks, &network), 0);
	}
	networks_sort(&networks);
	assert_true(sender_of(&peer.any, 128, &sender));
	found = networks_have(&networks, &sender);
	networks_finish(&networks);
	return found;
}

static void
which_networks_have_whom(void **state)
{
	static const char *const none[] = { NULL };
	static const char *const some[] = { "198.51.100.128/25", "192.0.2.7",
		"198.51.100.0/24", "10.0.0.0/8", "10.1.2.0/24", "2001:db8::/32",
		"fd00::1", "203.0.113.9/31", NULL };
	static const char *const all4[] = { "0.0.0.0/0", NULL };
	static const char *const all6[] = { "::/0", NULL };
	static const char *const mapped[] = { "::ffff:192.0.2.0/120", NULL };
	static const char *const wrong[] = { "", "/", "192.0.2", "192.0.2.1/",
		"192.0.2.1/33", "192.0.2.1/-1", "192.0.2.1/ 8", "::1/129", "::1/0x8",
		"::1/1000", "localhost", "1.2.3.4/8/8", "2001:db8::/32 " };
	struct network network;

	(void)state;
	assert_false(has(none, "192.0.2.1"));
	assert_true(has(some, "192.0.2.7"));
	assert_true(has(some, "::ffff:192.0.2.7"));
	assert_false(has(some, "192.0.2.6") || has(some, "192.0.2.8"));
	assert_true(has(some, "198.51.100.0") && has(some, "198.51.100.255"));
	assert_false(has(some, "198.51.99.255") || has(some, "198.51.101.0"));
	assert_true(has(some, "10.0.0.0") && has(some, "10.255.255.255"));
	assert_true(has(some, "203.0.113.8") && has(some, "203.0.113.9"));
	assert_false(has(some, "203.0.113.10"));
	assert_true(has(some, "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"));
	assert_false(has(some, "2001:db9::") || has(some, "fd00::2"));
	assert_true(has(some, "fd00::1"));
	assert_true(has(all4, "0.0.0.0") && has(all4, "255.255.255.255"));
	assert_false(has(all4, "::1") || has(all6, "192.0.2.1"));
	assert_true(has(all6, "::") && has(all6, "ffff::"));
	assert_true(has(mapped, "192.0.2.200"));
	assert_false(has(mapped, "192.0.3.0") || has(mapped, "::c000:201"));
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		assert_false(network_parse(wrong[i], &network));
}

/* ------------------------------------------------------------------ rations */

static void
start(struct rations *rations, struct config *config, int64_t pixels, uint64_t bytes,
	int64_t clients)
{
	*config = (struct config){ .server = {
					   .pixels_per_source = pixels,
					   .bytes_per_source = bytes,
					   .connections_per_source = clients,
					   .source_prefix = 64,
				   } };
	assert_int_equal(rations_init(rations, config), 0);
}

static int
take(struct rations *rations, const char *text, uint64_t pixels, uint64_t bytes)
{
	union peer peer = peer_of(text);

	return rations_take(rations, &peer.any, pixels, bytes);
}

static void
pause_ms(long ms)
{
	const struct timespec time = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&time, NULL);
}

static void
a_source_has_a_seconds_worth_and_then_its_rate(void **state)
{
	struct rations rations;
	struct config config;
	unsigned got = 0;

	(void)state;
	start(&rations, &config, 1000, 0, 0);
	assert_true(rations_active(&rations));
	for (int i = 0; i < 3000; i++)
		got += take(&rations, "192.0.2.1", 1, 1 << 30) == 0;
	assert_in_range(got, 1000, 1200);
	assert_int_equal(take(&rations, "192.0.2.1", 100, 0), -EDQUOT);
	assert_int_equal(take(&rations, "192.0.2.2", 1000, 0), 0);
	pause_ms(300);
	for (got = 0; take(&rations, "192.0.2.1", 1, 0) == 0;)
		got++;
	assert_in_range(got, 250, 500);
	rations_finish(&rations);
}

static void
what_was_spent_is_paid_first(void **state)
{
	union peer peer = peer_of("2001:db8::1");
	struct rations rations;
	struct config config;
	uint64_t wait_ms;

	(void)state;
	start(&rations, &config, 0, 1000, 0);
	/* more than there ever is: on credit, to whom has saved it all */
	assert_int_equal(take(&rations, "2001:db8::2", 0, 3000), 0);
	assert_int_equal(take(&rations, "2001:db8::3", 0, 0), -EDQUOT);
	assert_int_equal(rations_grant(&rations, &peer.any, 65536, &wait_ms), 0);
	assert_in_range(wait_ms, 1900, 2300);
	rations_spend(&rations, &peer.any, 5, -2500);
	assert_in_range(rations_grant(&rations, &peer.any, 65536, &wait_ms), 100, 126);
	assert_int_equal(rations_grant(&rations, &peer.any, 7, &wait_ms), 7);
	rations_finish(&rations);
}

static void
a_stream_gets_no_more_than_its_pixels_can_fill(void **state)
{
	union peer peer = peer_of("192.0.2.1"), local = { .any.sa_family = AF_UNIX };
	struct rations rations;
	struct config config;
	uint64_t wait_ms;

	(void)state;
	start(&rations, &config, 800, 0, 0);
	assert_int_equal(rations_grant(&rations, &peer.any, 65536, &wait_ms), 4 * 101);
	rations_spend(&rations, &peer.any, 790, 0);
	assert_in_range(rations_grant(&rations, &peer.any, 65536, &wait_ms), 40, 80);
	assert_int_equal(rations_grant(&rations, &local.any, 65536, &wait_ms), 65536);
	assert_int_equal(rations_take(&rations, &local.any, 100000, 0), 0);
	rations_finish(&rations);

	start(&rations, &config, 1, 0, 0);
	assert_true(rations_grant(&rations, &peer.any, 65536, &wait_ms) >= 4);
	rations_spend(&rations, &peer.any, 1, 0);
	assert_int_equal(rations_grant(&rations, &peer.any, 65536, &wait_ms), 0);
	assert_in_range(wait_ms, 900, 1100);
	rations_finish(&rations);
}

static void
lists_and_clients(void **state)
{
	union peer one = peer_of("192.0.2.1"), two = peer_of("192.0.2.2");
	struct network network;
	struct rations rations;
	struct config config;
	uint64_t wait_ms;

	(void)state;
	start(&rations, &config, 0, 0, 2);
	assert_false(rations_active(&rations));
	assert_int_equal(rations_enter(&rations, &one.any), 0);
	assert_int_equal(rations_enter(&rations, &one.any), 0);
	assert_int_equal(rations_enter(&rations, &one.any), -EDQUOT);
	rations_leave(&rations, &one.any);
	assert_int_equal(rations_enter(&rations, &one.any), 0);

	assert_true(network_parse("192.0.2.0/24", &network));
	assert_int_equal(networks_add(&config.allow, &network), 0);
	assert_true(network_parse("192.0.2.1", &network));
	assert_int_equal(networks_add(&config.deny, &network), 0);
	config.server.connections_per_source = 0;
	assert_int_equal(rations_configure(&rations, &config), 0);
	assert_true(rations_active(&rations));
	assert_int_equal(rations_enter(&rations, &one.any), -EACCES);
	assert_int_equal(rations_grant(&rations, &one.any, 100, &wait_ms), -EACCES);
	assert_int_equal(take(&rations, "192.0.2.1", 1, 1), -EACCES);
	assert_int_equal(take(&rations, "198.51.100.1", 1, 1), -EACCES);
	assert_int_equal(take(&rations, "192.0.2.2", 1, 1), 0);
	for (int i = 0; i < 100; i++)
		assert_int_equal(rations_enter(&rations, &two.any), 0);
	networks_finish(&config.allow);
	networks_finish(&config.deny);
	assert_int_equal(rations_configure(&rations, &config), 0);
	assert_false(rations_active(&rations));
	rations_finish(&rations);
}

/* A million forged addresses, and one who is honest all the while. */
static void
millions_of_sources_cost_nothing_more(void **state)
{
	struct rations rations;
	struct config config;
	unsigned got = 0, others = 0;

	(void)state;
	start(&rations, &config, 100, 0, 0);
	for (uint32_t i = 0; i < 1000000; i++) {
		union peer forged = { .in4 = { .sin_family = AF_INET,
					      .sin_addr.s_addr = htonl(i) } };

		others += rations_take(&rations, &forged.any, 1, 0) == 0;
		if (i % 50 == 0)
			got += take(&rations, "2001:db8::1", 1, 0) == 0;
	}
	assert_int_equal(others, 1000000);
	assert_in_range(got, 100, 1000);
	rations_finish(&rations);
}

/* Several threads of one source while the rates change: for ThreadSanitizer. */
static void *
take_many(void *arg)
{
	struct rations *rations = arg;
	uint64_t wait_ms;

	for (int i = 0; i < 20000; i++) {
		union peer peer = { .in4 = { .sin_family = AF_INET,
					    .sin_addr.s_addr = htonl(i % 1000) } };

		if (!rations_active(rations))
			continue;
		(void)rations_take(rations, &peer.any, 1, 1);
		(void)rations_grant(rations, &peer.any, 100, &wait_ms);
		if (rations_enter(rations, &peer.any) == 0)
			rations_leave(rations, &peer.any);
	}
	return NULL;
}

static void
threads_ask_while_it_changes(void **state)
{
	struct rations rations;
	struct config config;
	struct network network;
	pthread_t threads[3];

	(void)state;
	start(&rations, &config, 100, 100, 5);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, take_many, &rations), 0);
	assert_true(network_parse("0.0.0.7", &network));
	for (int i = 0; i < 200; i++) {
		struct config other = config;

		other.deny = (struct networks){ 0 };
		if (i % 2)
			assert_int_equal(networks_add(&other.deny, &network), 0);
		other.server.pixels_per_source = i % 3 * 10;
		assert_int_equal(rations_configure(&rations, &other), 0);
		networks_finish(&config.deny);
		config = other;
	}
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		pthread_join(threads[i], NULL);
	rations_finish(&rations);
	networks_finish(&config.deny);
}

static void
a_source_has_a_number(void **state)
{
	union peer one = peer_of("192.0.2.1"), same = peer_of("::ffff:192.0.2.1");
	union peer near = peer_of("2001:db8::1"), far = peer_of("2001:db8:0:1::1");
	union peer near_too = peer_of("2001:db8::9"), local = { 0 };
	struct mural_host host = { 0 };
	struct rations rations;
	struct config config;

	(void)state;
	local.any.sa_family = AF_UNIX;
	assert_int_equal(mural_source(&host, &one.any), 0);
	start(&rations, &config, 0, 0, 0);
	host.limits = (struct mural_limits *)&rations;
	assert_int_not_equal(mural_source(&host, &one.any), 0);
	assert_int_equal(mural_source(&host, &one.any), mural_source(&host, &same.any));
	assert_int_equal(
		mural_source(&host, &near.any), mural_source(&host, &near_too.any));
	assert_int_not_equal(
		mural_source(&host, &near.any), mural_source(&host, &far.any));
	assert_int_equal(mural_source(&host, &local.any), 0);
	rations_finish(&rations);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_one_source_is),
		cmocka_unit_test(which_networks_have_whom),
		cmocka_unit_test(a_source_has_a_seconds_worth_and_then_its_rate),
		cmocka_unit_test(what_was_spent_is_paid_first),
		cmocka_unit_test(a_stream_gets_no_more_than_its_pixels_can_fill),
		cmocka_unit_test(lists_and_clients),
		cmocka_unit_test(a_source_has_a_number),
		cmocka_unit_test(millions_of_sources_cost_nothing_more),
		cmocka_unit_test(threads_ask_while_it_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
