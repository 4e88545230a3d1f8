/* SPDX-License-Identifier: MIT */
/* Tests sources, networks, and the limits of each source. */
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <time.h>

#include <mural/plugin.h>

#include "limits/ratelimit.h"
#include "support/unit.h"
#include "unit/limits/peer.h"

/* ------------------------------------------------------------------ sources */

static bool
is_same_source(const char *a, const char *b, unsigned prefix)
{
	union peer_address one = peer_of(a), two = peer_of(b);
	struct ip_key first, second;

	assert_true(ip_key_of(&one.any, prefix, &first));
	assert_true(ip_key_of(&two.any, prefix, &second));
	if (ip_key_equal(&first, &second))
		assert_true(ip_key_hash(&first, 7) == ip_key_hash(&second, 7));
	return ip_key_equal(&first, &second);
}

TEST(addresses_of_one_source)
{
	union peer_address local = { .any.sa_family = AF_UNIX };
	struct ip_key key;

	assert_true(is_same_source("192.0.2.1", "::ffff:192.0.2.1", 64));
	assert_false(is_same_source("192.0.2.1", "192.0.2.2", 1));
	assert_false(is_same_source("192.0.2.1", "::c000:201", 128));
	assert_true(is_same_source("2001:db8::1", "2001:db8::ffff:0:0:1", 64));
	assert_false(is_same_source("2001:db8::1", "2001:db8:0:1::1", 64));
	assert_true(is_same_source("2001:db8::1", "2001:db8:0:1::1", 63));
	assert_false(is_same_source("2001:db8::1", "2001:db8::2", 128));
	assert_true(is_same_source("2001:db8::2", "2001:db8::3", 127));
	assert_true(is_same_source("7fff::", "::1", 1));
	assert_false(is_same_source("8000::", "::1", 1));
	assert_false(ip_key_of(&local.any, 64, &key));
}

static bool
list_contains(const char *const *texts, const char *address)
{
	struct cidr_list list = { 0 };
	union peer_address peer = peer_of(address);
	struct cidr cidr;
	struct ip_key key;
	bool found;

	for (; *texts; texts++) {
		assert_true(cidr_parse(*texts, &cidr));
		assert_int_equal(cidr_list_add(&list, &cidr), 0);
	}
	cidr_list_sort(&list);
	assert_true(ip_key_of(&peer.any, 128, &key));
	found = cidr_list_contains(&list, &key);
	cidr_list_finish(&list);
	return found;
}

TEST(networks_contain_addresses)
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
	struct cidr cidr;

	assert_false(list_contains(none, "192.0.2.1"));
	assert_true(list_contains(some, "192.0.2.7"));
	assert_true(list_contains(some, "::ffff:192.0.2.7"));
	assert_false(
		list_contains(some, "192.0.2.6") || list_contains(some, "192.0.2.8"));
	assert_true(list_contains(some, "198.51.100.0") &&
		    list_contains(some, "198.51.100.255"));
	assert_false(list_contains(some, "198.51.99.255") ||
		     list_contains(some, "198.51.101.0"));
	assert_true(
		list_contains(some, "10.0.0.0") && list_contains(some, "10.255.255.255"));
	assert_true(
		list_contains(some, "203.0.113.8") && list_contains(some, "203.0.113.9"));
	assert_false(list_contains(some, "203.0.113.10"));
	assert_true(list_contains(some, "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"));
	assert_false(list_contains(some, "2001:db9::") || list_contains(some, "fd00::2"));
	assert_true(list_contains(some, "fd00::1"));
	assert_true(
		list_contains(all4, "0.0.0.0") && list_contains(all4, "255.255.255.255"));
	assert_false(list_contains(all4, "::1") || list_contains(all6, "192.0.2.1"));
	assert_true(list_contains(all6, "::") && list_contains(all6, "ffff::"));
	assert_true(list_contains(mapped, "192.0.2.200"));
	assert_false(list_contains(mapped, "192.0.3.0") ||
		     list_contains(mapped, "::c000:201"));
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		assert_false(cidr_parse(wrong[i], &cidr));
}

/* ------------------------------------------------------------------ ratelimit */

static void
ratelimit_start(struct ratelimit *ratelimit, struct config *config, int64_t pixels,
	uint64_t bytes, int64_t clients)
{
	*config = (struct config){ .server = {
					   .pixels_per_source = pixels,
					   .bytes_per_source = bytes,
					   .connections_per_source = clients,
					   .source_prefix = 64,
				   } };
	assert_int_equal(ratelimit_init(ratelimit, config), 0);
}

static int
consume(struct ratelimit *ratelimit, const char *text, uint64_t pixels, uint64_t bytes)
{
	union peer_address peer = peer_of(text);

	return ratelimit_consume(
		ratelimit, RATELIMIT_CONNECTED, &peer.any, pixels, bytes);
}

static void
pause_ms(long ms)
{
	const struct timespec time = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&time, NULL);
}

/* Bounds of what time brings are held against the time that it was. */
TEST(a_source_has_a_burst_and_then_its_rate)
{
	const uint64_t begin_ms = mural_now_ms();
	struct ratelimit ratelimit;
	struct config config;
	unsigned got = 0;

	ratelimit_start(&ratelimit, &config, 1000, 0, 0);
	assert_true(ratelimit_active(&ratelimit));
	for (int i = 0; i < 3000; i++)
		got += consume(&ratelimit, "192.0.2.1", 1, 1 << 30) == 0;
	assert_in_range(got, 1000, 1001 + (mural_now_ms() - begin_ms));
	assert_int_equal(consume(&ratelimit, "192.0.2.1", 1000, 0), -EDQUOT);
	assert_int_equal(consume(&ratelimit, "192.0.2.2", 1000, 0), 0);
	pause_ms(300);
	while (consume(&ratelimit, "192.0.2.1", 1, 0) == 0)
		got++;
	assert_in_range(got, 1250, 1001 + (mural_now_ms() - begin_ms));
	ratelimit_finish(&ratelimit);
}

TEST(debt_is_paid_first)
{
	union peer_address peer = peer_of("2001:db8::1");
	struct ratelimit ratelimit;
	struct config config;
	uint64_t wait_ms;
	const uint64_t begin_ms = mural_now_ms();

	ratelimit_start(&ratelimit, &config, 0, 1000, 0);
	/* more than the bucket ever holds: on credit, because it is full */
	assert_int_equal(consume(&ratelimit, "2001:db8::2", 0, 3000), 0);
	assert_int_equal(consume(&ratelimit, "2001:db8::3", 0, 0), -EDQUOT);
	assert_int_equal(ratelimit_allowance(&ratelimit, &peer.any, 65536, &wait_ms), 0);
	assert_in_range(wait_ms + (mural_now_ms() - begin_ms), 1900, 60000);
	assert_in_range(wait_ms, 1, 2300);
	ratelimit_debit(&ratelimit, RATELIMIT_CONNECTED, &peer.any, 5, -2500);
	assert_in_range(
		ratelimit_allowance(&ratelimit, &peer.any, 65536, &wait_ms), 100, 126);
	assert_int_equal(ratelimit_allowance(&ratelimit, &peer.any, 7, &wait_ms), 7);
	ratelimit_finish(&ratelimit);
}

/* Both senders of a source have the whole rate, and neither spends the other's. */
TEST(what_can_be_forged_is_counted_apart)
{
	union peer_address peer = peer_of("192.0.2.1");
	struct ratelimit ratelimit;
	struct config config;

	ratelimit_start(&ratelimit, &config, 100, 0, 0);
	for (int sender = 0; sender < RATELIMIT_SENDERS; sender++)
		assert_int_equal(
			ratelimit_consume(&ratelimit, sender, &peer.any, 100, 0), 0);
	for (int sender = 0; sender < RATELIMIT_SENDERS; sender++)
		assert_int_equal(
			ratelimit_consume(&ratelimit, sender, &peer.any, 50, 0), -EDQUOT);
	ratelimit_finish(&ratelimit);
}

TEST(a_stream_reads_no_more_than_its_pixels_allow)
{
	union peer_address peer = peer_of("192.0.2.1"),
			   local = { .any.sa_family = AF_UNIX };
	struct ratelimit ratelimit;
	struct config config;
	uint64_t wait_ms, begin_ms = mural_now_ms();
	ssize_t room;

	ratelimit_start(&ratelimit, &config, 800, 0, 0);
	assert_int_equal(
		ratelimit_allowance(&ratelimit, &peer.any, 65536, &wait_ms), 4 * 101);
	ratelimit_debit(&ratelimit, RATELIMIT_CONNECTED, &peer.any, 790, 0);
	room = ratelimit_allowance(&ratelimit, &peer.any, 65536, &wait_ms);
	assert_in_range(room, 40, 44 + 4 * (mural_now_ms() - begin_ms));
	assert_int_equal(
		ratelimit_allowance(&ratelimit, &local.any, 65536, &wait_ms), 65536);
	assert_int_equal(
		ratelimit_consume(&ratelimit, RATELIMIT_CONNECTED, &local.any, 100000, 0),
		0);
	ratelimit_finish(&ratelimit);

	begin_ms = mural_now_ms();
	ratelimit_start(&ratelimit, &config, 1, 0, 0);
	assert_true(ratelimit_allowance(&ratelimit, &peer.any, 65536, &wait_ms) >= 4);
	ratelimit_debit(&ratelimit, RATELIMIT_CONNECTED, &peer.any, 1, 0);
	assert_int_equal(ratelimit_allowance(&ratelimit, &peer.any, 65536, &wait_ms), 0);
	assert_in_range(wait_ms + (mural_now_ms() - begin_ms), 900, 60000);
	assert_in_range(wait_ms, 1, 1100);
	ratelimit_finish(&ratelimit);
}

TEST(lists_and_connection_limits)
{
	union peer_address one = peer_of("192.0.2.1"), two = peer_of("192.0.2.2");
	struct cidr cidr;
	struct ratelimit ratelimit;
	struct config config;
	uint64_t wait_ms;

	ratelimit_start(&ratelimit, &config, 0, 0, 2);
	assert_false(ratelimit_active(&ratelimit));
	assert_int_equal(ratelimit_admit(&ratelimit, &one.any), 0);
	assert_int_equal(ratelimit_admit(&ratelimit, &one.any), 0);
	assert_int_equal(ratelimit_admit(&ratelimit, &one.any), -EDQUOT);
	ratelimit_release(&ratelimit, &one.any);
	assert_int_equal(ratelimit_admit(&ratelimit, &one.any), 0);

	assert_true(cidr_parse("192.0.2.0/24", &cidr));
	assert_int_equal(cidr_list_add(&config.allow, &cidr), 0);
	assert_true(cidr_parse("192.0.2.1", &cidr));
	assert_int_equal(cidr_list_add(&config.deny, &cidr), 0);
	config.server.connections_per_source = 0;
	assert_int_equal(ratelimit_configure(&ratelimit, &config), 0);
	assert_true(ratelimit_active(&ratelimit));
	assert_int_equal(ratelimit_admit(&ratelimit, &one.any), -EACCES);
	assert_int_equal(
		ratelimit_allowance(&ratelimit, &one.any, 100, &wait_ms), -EACCES);
	assert_int_equal(consume(&ratelimit, "192.0.2.1", 1, 1), -EACCES);
	assert_int_equal(consume(&ratelimit, "198.51.100.1", 1, 1), -EACCES);
	assert_int_equal(consume(&ratelimit, "192.0.2.2", 1, 1), 0);
	for (int i = 0; i < 100; i++)
		assert_int_equal(ratelimit_admit(&ratelimit, &two.any), 0);
	cidr_list_finish(&config.allow);
	cidr_list_finish(&config.deny);
	assert_int_equal(ratelimit_configure(&ratelimit, &config), 0);
	assert_false(ratelimit_active(&ratelimit));
	ratelimit_finish(&ratelimit);
}

/* A million forged addresses, and a legitimate one all the while: it is given its rate
 * for the time that this takes and no more, and nothing is allocated. */
TEST(millions_of_sources_cost_nothing_more)
{
	const uint64_t begin_ms = mural_now_ms();
	struct ratelimit ratelimit;
	struct config config;
	unsigned got = 0, others = 0;
	size_t used;

	ratelimit_start(&ratelimit, &config, 100, 0, 0);
	used = mallinfo2().uordblks;
	for (uint32_t i = 0; i < 1000000; i++) {
		union peer_address forged = { .in4 = { .sin_family = AF_INET,
						      .sin_addr.s_addr = htonl(i) } };

		others += ratelimit_consume(&ratelimit, RATELIMIT_CONNECTED, &forged.any,
				  1, 0) == 0;
		if (i % 50 == 0)
			got += consume(&ratelimit, "2001:db8::1", 1, 0) == 0;
	}
	assert_int_equal(others, 1000000);
	assert_in_range(got, 100, 101 + (mural_now_ms() - begin_ms) / 10);
	assert_int_equal(mallinfo2().uordblks, used);
	ratelimit_finish(&ratelimit);
}

/* Several threads of one source while the rates change: for ThreadSanitizer. */
static void *
consume_many(void *arg)
{
	struct ratelimit *ratelimit = arg;
	uint64_t wait_ms;

	for (int i = 0; i < 20000; i++) {
		union peer_address peer = { .in4 = { .sin_family = AF_INET,
						    .sin_addr.s_addr =
							    htonl(i % 1000) } };

		if (!ratelimit_active(ratelimit))
			continue;
		(void)ratelimit_consume(ratelimit, RATELIMIT_CONNECTED, &peer.any, 1, 1);
		(void)ratelimit_allowance(ratelimit, &peer.any, 100, &wait_ms);
		if (ratelimit_admit(ratelimit, &peer.any) == 0)
			ratelimit_release(ratelimit, &peer.any);
	}
	return NULL;
}

TEST(threads_consume_while_limits_change)
{
	struct ratelimit ratelimit;
	struct config config;
	struct cidr cidr;
	pthread_t threads[3];

	ratelimit_start(&ratelimit, &config, 100, 100, 5);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, consume_many, &ratelimit), 0);
	assert_true(cidr_parse("0.0.0.7", &cidr));
	for (int i = 0; i < 200; i++) {
		struct config other = config;

		other.deny = (struct cidr_list){ 0 };
		if (i % 2)
			assert_int_equal(cidr_list_add(&other.deny, &cidr), 0);
		other.server.pixels_per_source = i % 3 * 10;
		assert_int_equal(ratelimit_configure(&ratelimit, &other), 0);
		cidr_list_finish(&config.deny);
		config = other;
	}
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		pthread_join(threads[i], NULL);
	ratelimit_finish(&ratelimit);
	cidr_list_finish(&config.deny);
}

TEST(a_source_has_a_number)
{
	union peer_address one = peer_of("192.0.2.1"), same = peer_of("::ffff:192.0.2.1");
	union peer_address near = peer_of("2001:db8::1"),
			   far = peer_of("2001:db8:0:1::1");
	union peer_address near_too = peer_of("2001:db8::9"), local = { 0 };
	struct mural_host host = { 0 };
	struct ratelimit ratelimit;
	struct config config;

	local.any.sa_family = AF_UNIX;
	assert_int_equal(mural_source(&host, &one.any), 0);
	ratelimit_start(&ratelimit, &config, 0, 0, 0);
	host.limits = (struct mural_limits *)&ratelimit;
	assert_int_not_equal(mural_source(&host, &one.any), 0);
	assert_int_equal(mural_source(&host, &one.any), mural_source(&host, &same.any));
	assert_int_equal(
		mural_source(&host, &near.any), mural_source(&host, &near_too.any));
	assert_int_not_equal(
		mural_source(&host, &near.any), mural_source(&host, &far.any));
	assert_int_equal(mural_source(&host, &local.any), 0);
	ratelimit_finish(&ratelimit);
}

UNIT_TESTS(NULL, NULL)
