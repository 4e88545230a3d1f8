/* SPDX-License-Identifier: MIT */
/* Measures murald and a baseline in turn, for the benchmarks in memory. */
#pragma once

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROUNDS 31

static inline double
clock_ns(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static inline double
now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

/* The thread's own time: what else runs counts only as far as it shares caches. */
static inline double
cpu_ns(void)
{
	return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

static inline double
now_s(void)
{
	return now_ns() * 1e-9;
}

static inline int
compare_times(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* A line for bench/run.py: NAME, then for murald and for the measure the median, least
 * and most of their times, the median of the ratios of those that were taken together,
 * and whether what was made in them is right. */
static inline void
print_times(const char *name, double times[2][ROUNDS], bool right)
{
	double ratios[ROUNDS];

	for (int i = 0; i < ROUNDS; i++)
		ratios[i] = times[0][i] / times[1][i];
	printf("%s", name);
	for (int i = 0; i < 2; i++) {
		qsort(times[i], ROUNDS, sizeof(double), compare_times);
		printf(" %.3f %.3f %.3f", times[i][ROUNDS / 2], times[i][0],
			times[i][ROUNDS - 1]);
	}
	qsort(ratios, ROUNDS, sizeof(double), compare_times);
	printf(" %.3f %s\n", ratios[ROUNDS / 2], right ? "right" : "wrong");
}
