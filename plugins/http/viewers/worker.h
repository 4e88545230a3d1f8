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

struct job_worker {
	/* In the thread.  What belongs to the errand is the thread's until it is back. */
	void (*run)(struct job_worker *worker);
	/* On the loop, when it is back. */
	void (*on_done)(struct job_worker *worker);
	void *data; /* the owner's */

	uv_thread_t thread;
	uv_sem_t go;
	uv_async_t done;
	bool quit; /* set before `go` */
};

/* Starts the thread; run, on_back and data are set.  0 or -errno, and then there is
 * nothing to stop. */
int job_worker_start(struct job_worker *worker, uv_loop_t *loop);

/* Sends it; not before it is back. */
void job_worker_post(struct job_worker *worker);

/* Ends the thread, which must be back, and closes its handle, errand->back, with that
 * callback; errand->back.data is the owner's, too. */
void job_worker_stop(struct job_worker *worker, uv_close_cb on_closed);

#endif
