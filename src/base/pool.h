/* SPDX-License-Identifier: MIT */
/* libuv's thread pool, which is made by its first work: without enough threads libuv
 * aborts. */
#pragma once

#include <uv.h>

/* Makes the pool now, if that many threads can be had.  0; or -errno, logged. */
int pool_start(uv_loop_t *loop);
