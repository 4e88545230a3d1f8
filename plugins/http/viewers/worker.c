/* SPDX-License-Identifier: MIT */
/* Runs one job at a time on a thread of its own. */
#include "http/viewers/worker.h"

#include <stddef.h>

#include "lib/macros.h"

static void
job_worker_run(void *arg)
{
	struct job_worker *worker = arg;

	for (uv_sem_wait(&worker->go); !worker->quit; uv_sem_wait(&worker->go)) {
		worker->run(worker);
		uv_async_send(&worker->done);
	}
}

static void
on_async(uv_async_t *async)
{
	struct job_worker *worker = container_of(async, struct job_worker, done);

	worker->on_done(worker);
}

int
job_worker_start(struct job_worker *worker, uv_loop_t *loop)
{
	int ret = uv_sem_init(&worker->go, 0);

	if (ret < 0)
		return ret;
	ret = uv_thread_create(&worker->thread, job_worker_run, worker);
	if (ret < 0) {
		uv_sem_destroy(&worker->go);
		return ret;
	}
	uv_async_init(loop, &worker->done, on_async);
	return 0;
}

void
job_worker_post(struct job_worker *worker)
{
	uv_sem_post(&worker->go);
}

void
job_worker_stop(struct job_worker *worker)
{
	worker->quit = true;
	uv_sem_post(&worker->go);
	uv_thread_join(&worker->thread);
	uv_sem_destroy(&worker->go);
}
