/* SPDX-License-Identifier: MIT */
/* Starts threads that no signal interrupts. */
#pragma once

#include <pthread.h>
#include <signal.h>

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
