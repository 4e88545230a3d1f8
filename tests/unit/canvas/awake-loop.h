/* SPDX-License-Identifier: MIT */
/* A loop for tests of the reins, which do not keep one running: a timer does, and ends a
 * test that waits for more than a minute. */
#pragma once

#include <stdlib.h>

#include <uv.h>

#include "support/unit.h"

struct awake_loop {
	uv_loop_t uv;
	uv_timer_t awake;
};

static inline void
on_late(uv_timer_t *timer)
{
	(void)timer;
	abort();
}

static inline void
awake_loop_start(struct awake_loop *loop)
{
	assert_int_equal(uv_loop_init(&loop->uv), 0);
	uv_timer_init(&loop->uv, &loop->awake);
	uv_timer_start(&loop->awake, on_late, 60000, 0);
}

/* Only the reins are left in it: once they are freed, uv_loop_close() succeeds. */
static inline void
awake_loop_release(struct awake_loop *loop)
{
	uv_close((uv_handle_t *)&loop->awake, NULL);
	uv_run(&loop->uv, UV_RUN_NOWAIT);
}
