/* SPDX-License-Identifier: MIT */
/*
 * A program of unit tests.  TEST() registers a test with cmocka and begins its body,
 * TEST_WITH() one with a fixture; UNIT_TESTS() is the program's main().  Tests run in the
 * order in which they stand in the file.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#ifdef assert_uint_in_range /* so in cmocka 2, which warns of the old name */
#undef assert_in_range
#define assert_in_range assert_uint_in_range
#endif

static struct CMUnitTest unit_tests[32]; /* cmocka passes over those without a name */
static size_t unit_tests_n;

static inline void
unit_test_add(struct CMUnitTest test)
{
	if (unit_tests_n == sizeof(unit_tests) / sizeof(*unit_tests))
		abort();
	unit_tests[unit_tests_n++] = test;
}

#define TEST(test) TEST_WITH(test, NULL, NULL)
#define TEST_WITH(test, set_up, tear_down)                                               \
	static void test(void **state);                                                  \
	__attribute__((constructor)) static void test##_add(void)                        \
	{                                                                                \
		unit_test_add((struct CMUnitTest)cmocka_unit_test_setup_teardown(        \
			test, set_up, tear_down));                                       \
	}                                                                                \
	static void test(__attribute__((unused)) void **state)

/* `set_up` and `tear_down` are of the whole program; NULL: none. */
#define UNIT_TESTS(set_up, tear_down)                                                    \
	int main(void)                                                                   \
	{                                                                                \
		return cmocka_run_group_tests_name(                                      \
			"tests", unit_tests, set_up, tear_down);                         \
	}
