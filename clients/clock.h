/* SPDX-License-Identifier: MIT */
/* Monotonic time, the pace of painting, and the request to stop. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* All times are nanoseconds. */
#define CLOCK_SECOND INT64_C(1000000000)
#define CLOCK_MS INT64_C(1000000)

int64_t clock_now(void);

static inline double
clock_seconds(int64_t ns)
{
	return (double)ns / (double)CLOCK_SECOND;
}

/* Returns early once stop_requested(). */
void clock_sleep_until(int64_t when);

/* The same in any thread: a signal wakes only one of them at once. */
void clock_wait_until(int64_t when);

/* SIGINT and SIGTERM request to stop; the second one kills. */
void stop_catch_signals(void);
bool stop_requested(void);

/* `rate` a second, in bursts of at most 10 ms' worth: after a stall there is no catching
 * up, because the server would drop it. */
struct pace {
	uint64_t rate; /* 0: no limit */
	int64_t due;   /* when the next may go */
};

/* When the next one may go, 0 for now; counts it. */
int64_t pace_next(struct pace *pace);
