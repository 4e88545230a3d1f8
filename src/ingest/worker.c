/* SPDX-License-Identifier: MIT */
/* Runs a worker's thread and loop, and queues jobs for it. */
#include "ingest/worker.h"

#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/misuse.h"
#include "lib/thread.h"

/* The first of the queue; NULL: it is empty.  From now on it may be sent again. */
static struct job *
take_job(struct worker *worker)
{
	struct job *job;

	pthread_mutex_lock(&worker->lock);
	job = worker->first;
	if (job) {
		worker->first = job->next;
		if (!worker->first)
			worker->last = &worker->first;
		job->queued = false;
		worker->n_jobs--;
	}
	pthread_mutex_unlock(&worker->lock);
	return job;
}

static size_t
count_jobs(struct worker *worker)
{
	size_t n;

	pthread_mutex_lock(&worker->lock);
	n = worker->n_jobs;
	pthread_mutex_unlock(&worker->lock);
	return n;
}

/* Those that are sent meanwhile wait for the next turn, so that clients which wake each
 * other do not keep the loop from the network. */
static void
on_async(uv_async_t *async)
{
	struct worker *worker = container_of(async, struct worker, async);
	size_t n = count_jobs(worker);
	struct job *job;

	for (; n > 0 && (job = take_job(worker)); n--)
		job->run(job);
	if (worker->closing)
		uv_close((uv_handle_t *)async, NULL);
	else if (count_jobs(worker) > 0)
		uv_async_send(async);
}

static void *
run_worker(void *arg)
{
	struct worker *worker = arg;

	uv_run(worker->loop, UV_RUN_DEFAULT);
	return NULL;
}

/* The main loop's handle does not keep it running. */
static int
open_queue(struct worker *worker)
{
	int ret;

	worker->last = &worker->first;
	ret = uv_async_init(worker->loop, &worker->async, on_async);
	if (ret < 0) {
		log_error("worker: cannot create a descriptor: %s", uv_strerror(ret));
		return ret;
	}
	if (!worker->has_own_loop)
		uv_unref((uv_handle_t *)&worker->async);
	pthread_mutex_init(&worker->lock, NULL);
	worker->has_queue = true;
	return 0;
}

static int
start_thread(struct worker *worker)
{
	int ret = thread_start(&worker->thread, run_worker, worker);

	worker->threaded = ret == 0;
	if (ret < 0)
		log_error("worker: cannot start a thread: %s", uv_strerror(ret));
	return ret;
}

static int
open_loop(struct worker *worker)
{
	int ret = uv_loop_init(&worker->own_loop);

	if (ret < 0) {
		log_error("worker: cannot create an event loop: %s", uv_strerror(ret));
		return ret;
	}
	worker->loop = &worker->own_loop;
	worker->has_own_loop = true;
	return 0;
}

static void
run_look(struct job *job)
{
	canvas_thread_look(&container_of(job, struct worker, look)->painting);
}

static void
run_beat(struct job *job)
{
	(void)job;
}

static void
ring_worker(struct canvas_thread *painting)
{
	struct worker *worker = container_of(painting, struct worker, painting);

	worker_send_once(worker, &worker->look);
}

int
worker_start(struct worker *worker, struct canvas *canvas, uv_loop_t *main_loop)
{
	int ret = 0;

	*worker = (struct worker){
		.canvas = canvas,
		.loop = main_loop,
		.thread = pthread_self(),
		.round.number = 1,
	};
	worker->waitlist_end = &worker->waitlist;
	worker->buf = malloc(MURAL_REST_MAX + READ_BYTES);
	if (!worker->buf)
		return -ENOMEM;
	if (!main_loop)
		ret = open_loop(worker);
	if (ret == 0)
		ret = open_queue(worker);
	worker->look.run = run_look;
	worker->beat.run = run_beat;
	if (ret == 0)
		canvas_thread_start(
			canvas, &worker->painting, main_loop ? NULL : ring_worker);
	if (ret == 0 && !main_loop)
		ret = start_thread(worker);
	if (ret < 0)
		worker_stop(worker);
	return ret;
}

/* Jobs queued.  Lock held. */
static void
append_job(struct worker *worker, struct job *job)
{
	job->next = NULL;
	*worker->last = job;
	worker->last = &job->next;
	worker->n_jobs++;
}

void
worker_send(struct worker *worker, struct job *job)
{
	if (!worker->threaded) {
		job->run(job);
		return;
	}
	pthread_mutex_lock(&worker->lock);
	append_job(worker, job);
	pthread_mutex_unlock(&worker->lock);
	uv_async_send(&worker->async);
}

void
worker_send_once(struct worker *worker, struct job *job)
{
	bool queued;

	pthread_mutex_lock(&worker->lock);
	queued = job->queued;
	if (!queued) {
		append_job(worker, job);
		job->queued = true;
	}
	pthread_mutex_unlock(&worker->lock);
	if (!queued)
		uv_async_send(&worker->async);
}

void
worker_unsend(struct worker *worker, struct job *job)
{
	pthread_mutex_lock(&worker->lock);
	if (job->queued) {
		struct job **link = &worker->first;

		while (*link != job)
			link = &(*link)->next;
		*link = job->next;
		if (!*link)
			worker->last = link;
		job->queued = false;
		worker->n_jobs--;
	}
	pthread_mutex_unlock(&worker->lock);
}

bool
worker_is_alive(struct worker *worker)
{
	bool answered;

	if (!worker->threaded)
		return true;
	pthread_mutex_lock(&worker->lock);
	answered = !worker->beat.queued;
	pthread_mutex_unlock(&worker->lock);
	worker_send_once(worker, &worker->beat);
	return answered;
}

void
worker_check(const struct worker *worker, const char *name, const char *function)
{
	if (pthread_equal(worker->thread, pthread_self()))
		return;
	misuse_end(name, "called %s() on the wrong thread", function);
}

/* A job whose sender waits for the result. */
struct call {
	struct job job;
	int (*fn)(void *arg);
	void *arg;
	struct log_dedup *dedup; /* the sender's */
	int ret;
	uv_sem_t done;
};

static void
run_call(struct job *job)
{
	struct call *call = container_of(job, struct call, job);

	log_set_dedup(call->dedup);
	call->ret = call->fn(call->arg);
	log_set_dedup(NULL);
	uv_sem_post(&call->done);
}

int
worker_call(struct worker *worker, int (*fn)(void *arg), void *arg)
{
	struct call call = { .job.run = run_call, .fn = fn, .arg = arg };

	if (!worker->threaded)
		return fn(arg);
	call.dedup = log_set_dedup(NULL);
	log_set_dedup(call.dedup);
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

static void
close_loop(struct worker *worker)
{
	if (worker->threaded) {
		worker_call(worker, begin_closing, worker);
		pthread_join(worker->thread, NULL);
	} else if (worker->has_queue) {
		uv_close((uv_handle_t *)&worker->async, NULL);
		/* a closed handle is released at the end of a turn */
		uv_run(worker->loop, UV_RUN_NOWAIT);
	}
	if (worker->has_queue)
		pthread_mutex_destroy(&worker->lock);
	if (worker->has_own_loop)
		uv_loop_close(&worker->own_loop);
}

void
worker_stop(struct worker *worker)
{
	if (!worker->buf)
		return;
	close_loop(worker);
	canvas_thread_stop(&worker->painting);
	free(worker->buf);
	free(worker->datagrams);
	free(worker->replies);
	*worker = (struct worker){ 0 };
}

/* A service counts its own clients; those that murald serves for it are added. */
void
shard_publish(struct shard *shard)
{
	const struct mural_counts *service = shard->service_counts;
	struct mural_counts sum = shard->counts;

	if (service) {
		sum.received_bytes += service->received_bytes;
		sum.kernel_drops += service->kernel_drops;
		sum.connections += service->connections;
		sum.viewers += service->viewers;
	}
	/* a reader that sees the paint may ask whose it is */
	counters_publish(&shard->published, &shard->brush, &sum);
	canvas_publish(shard->worker->canvas, &shard->brush);
	counter_store(&shard->worker->serving_instance, 0);
}
