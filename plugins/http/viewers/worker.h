/* SPDX-License-Identifier: MIT */
/*
 * A dedicated thread that runs one job at a time for the loop.  libuv's thread pool would
 * not do: others, such as reading a recording, may keep it busy for seconds.
 */
#pragma once

#include <stdbool.h>
#include <uv.h>

struct job_worker {
	/* On the thread, which owns the job's data until on_done. */
	void (*run)(struct job_worker *worker);
	/* On the loop, when the job is done. */
	void (*on_done)(struct job_worker *worker);
	void *data; /* the owner's */

	uv_thread_t thread;
	uv_sem_t go;
	uv_async_t done;
	bool quit; /* set before `go` */
};

/* Starts the thread; run, on_done and data are set.  0 or -errno, and then there is
 * nothing to stop. */
int job_worker_start(struct job_worker *worker, uv_loop_t *loop);

/* Starts a job; not before the last one is done. */
void job_worker_post(struct job_worker *worker);

/* Waits for the job, if one is running, and ends the thread.  worker->done is left for
 * the owner to close, at once: on_done is not called any more. */
void job_worker_stop(struct job_worker *worker);
