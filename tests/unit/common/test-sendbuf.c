/* SPDX-License-Identifier: MIT */
/* Tests the send buffer: pending bytes stay whole and in order; a closed peer is an
 * error. */

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/sendbuf.h"
#include "support/unit.h"

#define MESSAGES 3000
#define HEAD 3
#define BODY 997

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
	struct sendbuf sendbuf = { 0 };
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
	struct sendbuf sendbuf = { 0 };
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

UNIT_TESTS(NULL, NULL)
