/* SPDX-License-Identifier: MIT */
/*
 * A poller: a descriptor that a plugin opened itself, drained on one worker.
 *
 * A poller that breaks (its interface went away, say) is detached and attached again
 * every second until that succeeds; the wall goes on meanwhile, and the log tells each
 * reason once.  All of it on the worker's thread.
 */
#ifndef INGEST_POLLER_H
#define INGEST_POLLER_H

#include "ingest/worker.h"

/* Attaches the shard's instance.  0 or -errno; the plugin has logged why. */
int poller_open(struct shard *shard);

/* Detaches it.  Accepts a shard without one. */
void poller_close(struct shard *shard);

#endif
