/* SPDX-License-Identifier: MIT */
/* Starts threads that no signal interrupts, has some give way to others, and tells what
 * they took. */
#pragma once

#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/resource.h>
#include <time.h>

/* Runs run(context) on a new thread with every signal blocked: signals are for the main
 * loop, and elsewhere they only interrupt system calls.  0, and the caller joins *thread;
 * or -errno. */
static inline int
thread_start(pthread_t *thread, void *(*run)(void *), void *context)
{
	sigset_t all, before;
	int ret;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	ret = pthread_create(thread, NULL, run, context);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -ret;
}

/* For a thread that nobody waits for: others go before it from now on, where that is
 * allowed. */
static inline void
thread_give_way(void)
{
	const id_t this_thread = 0; /* as Linux has it, of which each has its own */

	(void)setpriority(
		PRIO_PROCESS, this_thread, getpriority(PRIO_PROCESS, this_thread) + 10);
}

/* This thread's own CPU time: it does not grow because the machine is busy with something
 * else. */
static inline uint64_t
thread_worked_ns(void)
{
	struct timespec worked;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &worked);
	return (uint64_t)worked.tv_sec * 1000000000 + (uint64_t)worked.tv_nsec;
}
