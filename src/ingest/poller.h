/* SPDX-License-Identifier: MIT */
/*
 * A source: a descriptor that a plugin opened itself, drained on one worker.
 *
 * A source that breaks (its interface went away, say) is detached and attached again
 * every second until that succeeds; the wall goes on meanwhile, and the log tells each
 * reason once.  All of it on the worker's thread.
 */
#ifndef INGEST_POLLER_H
#define INGEST_POLLER_H

#include "ingest/worker.h"

/* Attaches the lane's instance.  0 or -errno; the plugin has logged why. */
int source_open(struct lane *lane);

/* Detaches it.  Accepts a lane without one. */
void source_close(struct lane *lane);

#endif
