/* SPDX-License-Identifier: MIT */
/* Runs a worker's thread and loop, and queues jobs for it. */
#include "ingest/worker.h"

#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "lib/thread.h"

static struct job *
take_jobs(struct worker *worker)
{
	struct job *jobs;

	pthread_mutex_lock(&worker->lock);
	jobs = worker->first;
	worker->first = NULL;
	worker->last = &worker->first;
	pthread_mutex_unlock(&worker->lock);
	return jobs;
}

static void
on_async(uv_async_t *async)
{
	struct worker *worker = container_of(async, struct worker, async);
	struct job *job = take_jobs(worker), *next;

	for (; job; job = next) {
		next = job->next;
		job->run(job);
	}
	if (worker->closing)
		uv_close((uv_handle_t *)async, NULL);
}

static void *
run_worker(void *arg)
{
	struct worker *worker = arg;

	uv_run(worker->loop, UV_RUN_DEFAULT);
	return NULL;
}

static int
start_thread(struct worker *worker)
{
	int ret = uv_loop_init(&worker->own_loop);

	if (ret < 0) {
		log_error("worker: cannot create an event loop: %s", uv_strerror(ret));
		return ret;
	}
	worker->loop = &worker->own_loop;
	pthread_mutex_init(&worker->lock, NULL);
	uv_async_init(worker->loop, &worker->async, on_async);
	ret = thread_start(&worker->thread, run_worker, worker);
	worker->threaded = ret == 0;
	if (ret < 0) {
		log_error("worker: cannot start a thread: %s", uv_strerror(ret));
		uv_close((uv_handle_t *)&worker->async, NULL);
		uv_run(worker->loop, UV_RUN_DEFAULT);
		uv_loop_close(&worker->own_loop);
		pthread_mutex_destroy(&worker->lock);
	}
	return ret;
}

int
worker_start(struct worker *worker, struct canvas *canvas, uv_loop_t *main_loop)
{
	int ret = 0;

	*worker = (struct worker){ .canvas = canvas, .loop = main_loop };
	worker->last = &worker->first;
	worker->waitlist_end = &worker->waitlist;
	worker->buf = malloc(MURAL_REST_MAX + READ_BYTES);
	if (!worker->buf)
		return -ENOMEM;
	if (!main_loop)
		ret = start_thread(worker);
	if (ret < 0)
		worker_stop(worker);
	return ret;
}

void
worker_send(struct worker *worker, struct job *job)
{
	if (!worker->threaded) {
		job->run(job);
		return;
	}
	job->next = NULL;
	pthread_mutex_lock(&worker->lock);
	*worker->last = job;
	worker->last = &job->next;
	pthread_mutex_unlock(&worker->lock);
	uv_async_send(&worker->async);
}

/* A job whose sender waits for the result. */
struct call {
	struct job job;
	int (*fn)(void *arg);
	void *arg;
	int ret;
	uv_sem_t done;
};

static void
run_call(struct job *job)
{
	struct call *call = container_of(job, struct call, job);

	call->ret = call->fn(call->arg);
	uv_sem_post(&call->done);
}

int
worker_call(struct worker *worker, int (*fn)(void *arg), void *arg)
{
	struct call call = { .job.run = run_call, .fn = fn, .arg = arg };

	if (!worker->threaded)
		return fn(arg);
	uv_sem_init(&call.done, 0);
	worker_send(worker, &call.job);
	uv_sem_wait(&call.done);
	uv_sem_destroy(&call.done);
	return call.ret;
}

static int
begin_closing(void *arg)
{
	struct worker *worker = arg;

	worker->closing = true;
	return 0;
}

void
worker_stop(struct worker *worker)
{
	if (!worker->buf)
		return;
	if (worker->threaded) {
		worker_call(worker, begin_closing, worker);
		pthread_join(worker->thread, NULL);
		uv_loop_close(&worker->own_loop);
		pthread_mutex_destroy(&worker->lock);
	}
	free(worker->buf);
	free(worker->replies);
	*worker = (struct worker){ 0 };
}

void
shard_publish(struct shard *shard, const struct mural_counts *counts)
{
	canvas_publish(shard->worker->canvas, &shard->brush);
	counters_publish(&shard->published, &shard->brush, counts);
}
