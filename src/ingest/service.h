/* SPDX-License-Identifier: MIT */
/*
 * Residents: plugins that bring a server of their own onto the main loop, and what murald
 * offers them: mural_publish(), mural_stopped(), mural_watch(), mural_listen().
 *
 * The main thread's.
 */
#ifndef INGEST_SERVICE_H
#define INGEST_SERVICE_H

#include <stdbool.h>
#include <uv.h>

#include "plugin/registry.h"

/* How long one may take to stop. */
#define SERVICE_STOP_TIMEOUT_MS 5000

/* Starts the instance on the loop.  0 or -errno; the plugin has logged why. */
int service_start(struct instance *instance, uv_loop_t *loop);

/* Asks it to go.  Accepts one that never started, and one that is going. */
void service_stop(struct instance *instance);

/* Turns the loop until all of them, and all that murald itself closed there, are gone;
 * one that does not go in time is named in the log and left, and the answer
 * is false. */
bool services_wait(struct instance *instances, uv_loop_t *loop);

#endif
