/* SPDX-License-Identifier: MIT */
/* Time that only goes forward, the pace of painting, and the signal that ends a wait. */
#ifndef CLOCK_H
#define CLOCK_H

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

/* Sleeps; returns early when somebody asked to stop. */
void clock_sleep_until(int64_t when);

/* SIGINT and SIGTERM ask to stop: once, then they kill as ever. */
void stop_catch_signals(void);
bool stop_requested(void);

/* So many a second, in bursts of at most 10 ms' worth: what a stall held up is not made
 * up for, because the other side would drop it. */
struct pace {
	uint64_t rate; /* 0: no limit */
	int64_t due;   /* when the next may go */
};

/* When the next one may go, 0 for now; and counts it. */
int64_t pace_next(struct pace *pace);

#endif
