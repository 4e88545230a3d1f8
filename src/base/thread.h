/* SPDX-License-Identifier: MIT */
/* Threads that no signal interrupts. */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include <pthread.h>

/* Runs run(context) on a thread of its own, with every signal blocked: they are the main
 * loop's.  0, and the caller joins *thread; or -errno. */
int thread_start(pthread_t *thread, void *(*run)(void *), void *context);

#endif
