/* SPDX-License-Identifier: MIT */
/* Starts threads. */
#include "base/thread.h"

#include <signal.h>

/* libuv's handler may run on any thread, but an interrupted system call there is noise.
 */
int
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
