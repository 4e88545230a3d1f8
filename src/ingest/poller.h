/* SPDX-License-Identifier: MIT */
/*
 * Pollers: plugins that open a descriptor themselves (a raw socket, a packet ring), which
 * one worker polls and drains.
 *
 * A poller that fails (its interface went away, say) is detached, and attached again
 * every second until that succeeds; each reason is logged once.  The worker's thread.
 */
#pragma once

#include "ingest/worker.h"

/* Attaches the instance of a struct shard; for worker_call().  0 or -errno; the plugin
 * has logged why. */
int poller_open(void *shard);

/* Detaches it.  Accepts a shard without a poller. */
void poller_close(struct shard *shard);
