/* SPDX-License-Identifier: MIT */
/* Tests which clients count as slow readers, on a simulated clock. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/web/progress.h"
#include "support/unit.h"

#define LOOK_MS 5000

/* How long a client that reads `bytes` every `every_ms` stays connected, at most an hour.
 */
static uint64_t
stays_ms(uint64_t bytes, uint64_t every_ms)
{
	struct progress progress = { 0 };
	uint64_t now = 12345, end = now + 3600 * 1000, start = now;

	while (now < end) {
		uint64_t taken = 99 + (now - start) / every_ms * bytes;

		if (progress_is_slow(&progress, taken, true, now))
			break;
		now += LOOK_MS;
	}
	return now - start;
}

TEST(test_a_phone_on_a_bad_network_gets_its_gif)
{
	assert_int_equal(stays_ms(6 * 1024, 1000), 3600 * 1000);
	/* with gaps, as in a lift */
	assert_int_equal(stays_ms(PROGRESS_BYTES, 25000), 3600 * 1000);
}

TEST(test_a_client_that_does_not_read_is_slow)
{
	assert_int_equal(stays_ms(0, 1000), PROGRESS_MS);
	assert_int_equal(stays_ms(3 * 1024, 1000), PROGRESS_MS);
	assert_int_equal(stays_ms(PROGRESS_BYTES - 1, 60000), PROGRESS_MS);
}

TEST(test_no_client_is_slow_while_nothing_waits)
{
	struct progress progress = { 0 };

	for (uint64_t now = 1; now < 3600 * 1000; now += LOOK_MS)
		assert_false(progress_is_slow(&progress, 0, false, now));
	assert_false(progress_is_slow(&progress, 0, true, 3600 * 1000));
	assert_true(progress_is_slow(&progress, 0, true, 3600 * 1000 + PROGRESS_MS));
}

/* Both ends of a TCP connection; the second one has a small receive buffer. */
static void
connect_ends(int ends[2])
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	int listener = socket(AF_INET, SOCK_STREAM, 0), little = 4096;

	assert_int_equal(bind(listener, (struct sockaddr *)&at, len), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &len), 0);
	ends[1] = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(ends[1], SOL_SOCKET, SO_RCVBUF, &little, sizeof(little));
	assert_int_equal(connect(ends[1], (struct sockaddr *)&at, len), 0);
	ends[0] = accept(listener, NULL, NULL);
	assert_true(ends[0] >= 0);
	close(listener);
}

TEST(test_the_kernel_reports_what_was_read)
{
	static char bytes[1 << 16];
	uint64_t sent = 0, first, taken;
	bool waits;
	int ends[2], ret;
	ssize_t n;

	connect_ends(ends);
	while ((n = send(ends[0], bytes, sizeof(bytes), MSG_DONTWAIT)) > 0)
		sent += n;
	ret = progress_query(ends[0], &first, &waits);
	if (ret == -EOPNOTSUPP) {
		puts("SKIP: test_the_kernel_reports_what_was_read: an emulator "
		     "does not");
		skip();
	}
	assert_int_equal(ret, 0);
	assert_true(waits);
	assert_in_range(first, 1, sent - 1);
	for (uint64_t read = 0; read < sent; read += n)
		assert_true((n = recv(ends[1], bytes, sizeof(bytes), 0)) > 0);
	do {
		assert_int_equal(progress_query(ends[0], &taken, &waits), 0);
	} while (waits && poll(NULL, 0, 1) == 0); /* acknowledged soon */
	assert_in_range(taken, sent, sent + 1);   /* the SYN counts as a byte */
	close(ends[0]);
	close(ends[1]);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	assert_true(progress_query(ends[0], &taken, &waits) < 0);
	close(ends[0]);
	close(ends[1]);
}

UNIT_TESTS(NULL, NULL)
