/* SPDX-License-Identifier: MIT */
/* Finds the host's address and watches it change, in a network namespace. */

#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/host-address.h"
#include "support/unit.h"

static void
set_loopback(bool up)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = up ? IFF_UP : 0 };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	assert_true(fd >= 0);
	assert_int_equal(ioctl(fd, SIOCSIFFLAGS, &request), 0);
	close(fd);
}

TEST(takes_what_there_is)
{
	char text[ADDRESS_TEXT_MAX] = "as it was";

	set_loopback(false);
	assert_int_equal(host_address_get(AF_INET, text), -ENOENT);
	assert_int_equal(host_address_get(AF_INET6, text), -ENOENT);
	assert_string_equal(text, "as it was");
	set_loopback(true);
	assert_int_equal(host_address_get(AF_INET, text), 0);
	assert_string_equal(text, "127.0.0.1");
	assert_true(host_address_is_loopback(text));
	assert_true(host_address_is_loopback("::1"));
	assert_false(host_address_is_loopback("192.0.2.1"));
	assert_false(host_address_is_loopback("2001:db8::1"));
}

static int changes;

static void
on_change(struct host_address_watch *watch)
{
	(void)watch;
	changes++;
}

/* Changes within a moment are reported once. */
TEST(tells_changes_once)
{
	struct host_address_watch watch;
	uv_loop_t loop;

	changes = 0;
	assert_int_equal(uv_loop_init(&loop), 0);
	assert_int_equal(host_address_watch_start(&watch, &loop, on_change), 0);
	for (int i = 0; i < 3; i++) {
		set_loopback(false);
		set_loopback(true);
	}
	while (changes == 0)
		uv_run(&loop, UV_RUN_ONCE);
	assert_int_equal(changes, 1);
	set_loopback(false);
	while (changes == 1)
		uv_run(&loop, UV_RUN_ONCE);
	assert_int_equal(changes, 2);
	host_address_watch_stop(&watch);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
}

int
main(void)
{
	if (unshare(CLONE_NEWNET) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0) {
		puts("SKIP: tests/unit/base/test-host-address: no network of its own: "
		     "run it as root");
		return 77;
	}
	return cmocka_run_group_tests_name("tests", unit_tests, NULL, NULL);
}
