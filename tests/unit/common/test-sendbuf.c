/* SPDX-License-Identifier: MIT */
/* Tests the send buffer: pending bytes stay whole and in order; a closed peer is an
 * error. */

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/sendbuf.h"
#include "support/unit.h"

#define MESSAGES 3000
#define HEAD 3
#define BODY 997

static struct sendbuf_pool pool = { .waiting = TAILQ_HEAD_INITIALIZER(pool.waiting) };

static void
make_pair(int pair[2])
{
	const int little = 4096;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(
		setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &little, sizeof(little)), 0);
}

/* Reads what arrived, and checks that each byte is the successor of the last. */
static size_t
read_all(int fd, size_t at)
{
	uint8_t bytes[4096];
	ssize_t len;

	while ((len = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0)
		for (ssize_t i = 0; i < len; i++, at++)
			assert_int_equal(bytes[i], at % 251);
	return at;
}

TEST(keeps_what_a_slow_client_does_not_take)
{
	struct sendbuf sendbuf = { .pool = &pool };
	uint8_t bytes[HEAD + BODY];
	size_t sent = 0, came = 0;
	int pair[2];

	make_pair(pair);
	for (int i = 0; i < MESSAGES; i++) {
		for (size_t k = 0; k < sizeof(bytes); k++)
			bytes[k] = sent++ % 251;
		assert_int_equal(
			sendbuf_send(&sendbuf, pair[0], bytes, HEAD, bytes + HEAD, BODY),
			0);
	}
	assert_in_range(sendbuf_pending(&sendbuf), 1, sent - 1);
	while (sendbuf_pending(&sendbuf) > 0) {
		came = read_all(pair[1], came);
		assert_int_equal(sendbuf_flush(&sendbuf, pair[0]), 0);
	}
	assert_int_equal(read_all(pair[1], came), sent);
	close(pair[0]);
	close(pair[1]);
}

TEST(tells_who_is_gone)
{
	struct sendbuf sendbuf = { .pool = &pool };
	uint8_t *much = calloc(1, 1 << 20);
	int pair[2];

	assert_non_null(much);
	make_pair(pair);
	assert_int_equal(sendbuf_send(&sendbuf, pair[0], NULL, 0, much, 1 << 20), 0);
	assert_true(sendbuf_pending(&sendbuf) > 0);
	close(pair[1]);
	assert_int_equal(sendbuf_flush(&sendbuf, pair[0]), -EPIPE);
	sendbuf_finish(&sendbuf);
	assert_int_equal(sendbuf_pending(&sendbuf), 0);
	assert_int_equal(sendbuf_send(&sendbuf, pair[0], NULL, 0, much, 1), -EPIPE);
	close(pair[0]);
	free(much);
}

#define CROWD 200
#define EACH (512 * 1024) /* together thrice what a pool holds */

static bool dropped[CROWD];

struct reader {
	struct sendbuf sendbuf; /* first, for the cast back */
	size_t number;
	int pair[2];
};

static void
drop(struct sendbuf *sendbuf)
{
	dropped[((struct reader *)sendbuf)->number] = true;
}

/* Two sources: one has all but the first and the last of the readers. */
TEST(who_holds_most_of_a_pool_gives_way)
{
	static struct reader readers[CROWD];
	uint8_t *much = calloc(1, EACH);

	assert_non_null(much);
	for (size_t i = 0; i < CROWD; i++) {
		struct reader *reader = &readers[i];

		*reader = (struct reader){ .sendbuf = { .pool = &pool,
						   .source = i % (CROWD - 1) ? 1 : 2,
						   .drop = drop },
			.number = i };
		make_pair(reader->pair);
		assert_int_equal(sendbuf_send(&reader->sendbuf, reader->pair[0], NULL, 0,
					 much, EACH),
			0);
		assert_in_range(pool.bytes, 0, SENDBUFS_BYTES_MAX);
	}
	assert_false(dropped[0]);
	assert_true(dropped[1]);
	assert_false(dropped[CROWD - 2]);
	assert_false(dropped[CROWD - 1]);
	for (size_t i = 0; i < CROWD; i++) {
		assert_int_equal(sendbuf_pending(&readers[i].sendbuf) == 0, dropped[i]);
		sendbuf_finish(&readers[i].sendbuf);
		close(readers[i].pair[0]);
		close(readers[i].pair[1]);
	}
	assert_int_equal(pool.bytes, 0);
	free(much);
}

UNIT_TESTS(NULL, NULL)
