/* SPDX-License-Identifier: MIT */
/* Monotonic time, the pace of painting, and the request to stop. */
#include "clock.h"

#include <signal.h>
#include <stdatomic.h>
#include <time.h>

#define BURST (10 * CLOCK_MS)
#define TICK (100 * CLOCK_MS)

/* Lock-free, so that a signal may set it while any thread looks. */
static atomic_bool stop_flag;

int64_t
clock_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * CLOCK_SECOND + now.tv_nsec;
}

void
clock_sleep_until(int64_t when)
{
	struct timespec at = {
		.tv_sec = when / CLOCK_SECOND,
		.tv_nsec = when % CLOCK_SECOND,
	};

	if (!stop_flag)
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

void
clock_wait_until(int64_t when)
{
	int64_t now;

	while (!stop_flag && (now = clock_now()) < when)
		clock_sleep_until(when < now + TICK ? when : now + TICK);
}

static void
on_signal(int number)
{
	(void)number;
	stop_flag = true;
}

void
stop_catch_signals(void)
{
	/* without SA_RESTART, so that waits end */
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESETHAND };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

bool
stop_requested(void)
{
	return stop_flag;
}

int64_t
pace_next(struct pace *pace)
{
	int64_t now, due;

	if (pace->rate == 0)
		return 0;
	now = clock_now();
	if (pace->due < now - BURST)
		pace->due = now - BURST;
	due = pace->due;
	pace->due += CLOCK_SECOND / (int64_t)pace->rate;
	return due > now ? due : 0;
}
