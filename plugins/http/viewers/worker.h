/* SPDX-License-Identifier: MIT */
/*
 * A thread that works for the loop: it is sent on one errand at a time, and sleeps
 * otherwise.  libuv's pool would do, if there were not others who keep it busy for
 * seconds, such as those who look into the past.
 */
#ifndef HTTP_VIEWERS_WORKER_H
#define HTTP_VIEWERS_WORKER_H

#include <stdbool.h>
#include <uv.h>

struct errand {
	/* In the thread.  What belongs to the errand is the thread's until it is back. */
	void (*run)(struct errand *errand);
	/* On the loop, when it is back. */
	void (*on_back)(struct errand *errand);
	void *data; /* the owner's */

	uv_thread_t thread;
	uv_sem_t go;
	uv_async_t back;
	bool over; /* set before `go` */
};

/* Starts the thread; run, on_back and data are set.  0 or -errno, and then there is
 * nothing to stop. */
int errand_start(struct errand *errand, uv_loop_t *loop);

/* Sends it; not before it is back. */
void errand_send(struct errand *errand);

/* Ends the thread, which must be back, and closes its handle, errand->back, with that
 * callback; errand->back.data is the owner's, too. */
void errand_stop(struct errand *errand, uv_close_cb on_closed);

#endif
