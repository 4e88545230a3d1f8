/* SPDX-License-Identifier: MIT */
/* Makes libuv's thread pool while a failure can still be reported. */
#include "base/pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/log.h"
#include "base/util.h"
#include "lib/digits.h"
#include "lib/thread.h"

/* libuv's own numbers. */
enum { THREADS = 4, THREADS_MAX = 1024 };

static size_t
wanted_threads(void)
{
	const char *text = getenv("UV_THREADPOOL_SIZE");
	uint64_t n = THREADS;

	if (text && (!digits_read(text, THREADS_MAX, &n) || n == 0))
		n = text && *text == '0' ? 1 : THREADS_MAX;
	return n;
}

/* Lives until all the others do. */
static void *
wait_for_release(void *gate)
{
	uint64_t one;

	(void)!read(*(int *)gate, &one, sizeof(one));
	return NULL;
}

/* Whether that many can be had at a time: makes and joins them. */
static int
try_threads(pthread_t *threads, size_t n)
{
	int gate = eventfd(0, EFD_CLOEXEC | EFD_SEMAPHORE), ret = gate < 0 ? -errno : 0;
	size_t made = 0;

	while (ret == 0 && made < n) {
		ret = thread_start(&threads[made], wait_for_release, &gate);
		made += ret == 0;
	}
	if (made > 0) {
		const uint64_t all = made;

		(void)!write(gate, &all, sizeof(all));
	}
	while (made > 0)
		pthread_join(threads[--made], NULL);
	if (gate >= 0)
		close(gate);
	return ret;
}

static void
do_nothing(uv_work_t *work)
{
	(void)work;
}

static void
on_nothing_done(uv_work_t *work, int status)
{
	(void)status;
	*(bool *)work->data = true;
}

/* Makes the pool.  Waits, because whoever stops now may not leave work behind. */
static int
give_it_work(uv_loop_t *loop)
{
	bool done = false;
	uv_work_t work = { .data = &done };
	int ret = uv_queue_work(loop, &work, do_nothing, on_nothing_done);

	while (ret == 0 && !done)
		uv_run(loop, UV_RUN_ONCE);
	return ret;
}

int
pool_start(uv_loop_t *loop)
{
	size_t n = wanted_threads();
	pthread_t *threads = calloc(n, sizeof(*threads));
	int ret = threads ? try_threads(threads, n) : -ENOMEM;

	free(threads);
	if (ret == 0)
		return give_it_work(loop);
	log_error("murald: cannot start %zu threads: %s; raise TasksMax= of the service, "
		  "or ulimit -u",
		n, strerror(-ret));
	return ret;
}
