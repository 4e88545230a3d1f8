/* SPDX-License-Identifier: MIT */
/* The hours of display.blank, with a local clock that changes to summer time. */

#include <string.h>

#include "base/util.h"
#include "display/blank.h"
#include "support/unit.h"

static time_t
at(int day, int hour, int minute, int second)
{
	struct tm local = {
		.tm_year = 126,
		.tm_mon = 2,
		.tm_mday = day,
		.tm_hour = hour,
		.tm_min = minute,
		.tm_sec = second,
		.tm_isdst = -1,
	};

	return mktime(&local);
}

static struct config_blank
hours(uint32_t from, uint32_t to)
{
	return (struct config_blank){ true, from * 60, to * 60, 0 };
}

TEST(holds_from_the_first_minute_to_the_last)
{
	const struct config_blank night = hours(22, 8), noon = hours(12, 13);
	const struct config_blank none = { 0 };

	assert_false(blank_hours_hold(&night, at(10, 21, 59, 59)));
	assert_true(blank_hours_hold(&night, at(10, 22, 0, 0)));
	assert_true(blank_hours_hold(&night, at(10, 0, 0, 0)));
	assert_true(blank_hours_hold(&night, at(10, 7, 59, 59)));
	assert_false(blank_hours_hold(&night, at(10, 8, 0, 0)));
	assert_false(blank_hours_hold(&noon, at(10, 11, 59, 59)));
	assert_true(blank_hours_hold(&noon, at(10, 12, 0, 0)));
	assert_false(blank_hours_hold(&noon, at(10, 13, 0, 0)));
	assert_false(blank_hours_hold(&none, at(10, 0, 0, 0)));
}

TEST(looks_again_when_they_begin_or_end)
{
	const struct config_blank night = hours(22, 8);

	assert_true(blank_hours_change(&night, at(10, 21, 30, 10)) == at(10, 22, 0, 0));
	assert_true(blank_hours_change(&night, at(10, 7, 59, 59)) == at(10, 8, 0, 0));
	assert_true(blank_hours_change(&night, at(10, 15, 0, 7)) == at(10, 16, 0, 7));
	assert_true(blank_hours_change(&night, at(10, 22, 0, 0)) == at(10, 23, 0, 0));
}

/* Waking up when blank_hours_change() says notices every change within a minute, also in
 * the nights in which the clock jumps (29 March 2026, from 02:00 to 03:00, and 25
 * October). */
TEST(follows_the_clock_through_summer_time)
{
	const uint32_t ends[][2] = { { 22, 8 }, { 2, 3 }, { 1, 2 }, { 3, 4 }, { 0, 2 } };

	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		const struct config_blank blank = hours(ends[i][0], ends[i][1]);
		time_t now = at(28, 12, 0, 0), wake = now;
		bool held = blank_hours_hold(&blank, now);

		for (; now < at(28, 12, 0, 0) + 250 * 86400; now += 60) {
			if (now >= wake) {
				held = blank_hours_hold(&blank, now);
				wake = blank_hours_change(&blank, now);
				assert_true(wake > now && wake <= now + 3600);
			}
			assert_int_equal(held, blank_hours_hold(&blank, now));
		}
	}
}

int
main(void)
{
	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	return cmocka_run_group_tests_name("tests", unit_tests, NULL, NULL);
}
