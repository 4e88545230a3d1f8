/* SPDX-License-Identifier: MIT */
/* Who takes an answer too slowly, on a clock of the test's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "progress.h"

#define LOOK_MS 5000

/* How long somebody stays who takes so many bytes in each `every_ms`, at most an hour. */
static uint64_t
stays(uint64_t bytes, uint64_t every_ms)
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

static void
test_a_phone_on_a_bad_network_gets_its_film(void **state)
{
	(void)state;
	assert_int_equal(stays(6 * 1024, 1000), 3600 * 1000);
	/* in the lift nothing comes */
	assert_int_equal(stays(PROGRESS_BYTES, 25000), 3600 * 1000);
}

static void
test_who_only_keeps_it_does_not(void **state)
{
	(void)state;
	assert_int_equal(stays(0, 1000), PROGRESS_MS);
	assert_int_equal(stays(3 * 1024, 1000), PROGRESS_MS);
	assert_int_equal(stays(PROGRESS_BYTES - 1, 60000), PROGRESS_MS);
}

static void
test_nobody_is_slow_while_nothing_waits(void **state)
{
	struct progress progress = { 0 };

	(void)state;
	for (uint64_t now = 1; now < 3600 * 1000; now += LOOK_MS)
		assert_false(progress_is_slow(&progress, 0, false, now));
	assert_false(progress_is_slow(&progress, 0, true, 3600 * 1000));
	assert_true(progress_is_slow(&progress, 0, true, 3600 * 1000 + PROGRESS_MS));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_phone_on_a_bad_network_gets_its_film),
		cmocka_unit_test(test_who_only_keeps_it_does_not),
		cmocka_unit_test(test_nobody_is_slow_while_nothing_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
