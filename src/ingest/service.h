/* SPDX-License-Identifier: MIT */
/*
 * Services: plugins that run a server of their own on the main loop, and what murald
 * offers them: mural_publish(), mural_stopped(), mural_watch(), mural_listen().
 *
 * The main thread's.
 */
#pragma once

#include <stdbool.h>
#include <uv.h>

#include "plugin/registry.h"

/* How long a service may take to stop. */
#define SERVICE_STOP_TIMEOUT_MS 5000

/* How often to check whether one has stopped without saying so. */
#define SERVICE_STOP_POLL_MS 50

/* Starts the instance on the loop.  0 or -errno; the plugin has logged why, and may have
 * to be waited for as if it was stopping. */
int service_start(struct instance *instance, uv_loop_t *loop);

/* Asks it to stop.  Accepts one that never started or is stopping already. */
void service_stop(struct instance *instance);

/* Tells those that run that an operator has painted over a part of the canvas. */
void services_painted_over(
	struct instance *instances, const struct mural_rect *rects, size_t n);

/* Tells those that run that what mural_current_notice() says has changed. */
void services_notice(struct instance *instances);

/* Tells those that run what an operator has done. */
void services_acted(struct instance *instances, const struct mural_act *act);

/* Whether it was asked to stop, or its start() failed, and something of it is left. */
bool service_is_stopping(struct instance *instance);

/* The first of the list that was asked to stop and has not yet; NULL: none. */
struct instance *service_find_stopping(struct instance *instances);

/* Logs that it did not stop in time. */
void service_log_timeout(const struct instance *instance);

/* Turns the loop until all of them have stopped and every handle that murald closed is
 * gone.  False when one did not stop in time, which is logged. */
bool services_wait(struct instance *instances, uv_loop_t *loop);
