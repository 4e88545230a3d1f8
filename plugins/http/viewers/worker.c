/* SPDX-License-Identifier: MIT */
/* One thread, one errand at a time. */
#include "http/viewers/worker.h"

#include <stddef.h>

static void
run(void *arg)
{
	struct errand *errand = arg;

	for (uv_sem_wait(&errand->go); !errand->over; uv_sem_wait(&errand->go)) {
		errand->run(errand);
		uv_async_send(&errand->back);
	}
}

static void
on_async(uv_async_t *async)
{
	struct errand *errand =
		(struct errand *)((char *)async - offsetof(struct errand, back));

	errand->on_back(errand);
}

int
errand_start(struct errand *errand, uv_loop_t *loop)
{
	int ret = uv_sem_init(&errand->go, 0);

	if (ret < 0)
		return ret;
	ret = uv_thread_create(&errand->thread, run, errand);
	if (ret < 0) {
		uv_sem_destroy(&errand->go);
		return ret;
	}
	uv_async_init(loop, &errand->back, on_async);
	errand->back.data = errand->data;
	return 0;
}

void
errand_send(struct errand *errand)
{
	uv_sem_post(&errand->go);
}

void
errand_stop(struct errand *errand, uv_close_cb on_closed)
{
	errand->over = true;
	uv_sem_post(&errand->go);
	uv_thread_join(&errand->thread);
	uv_sem_destroy(&errand->go);
	uv_close((uv_handle_t *)&errand->back, on_closed);
}
