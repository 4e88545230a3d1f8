/* SPDX-License-Identifier: MIT */
/*
 * A datagram socket of a plugin: each datagram is one feed().  It has one mural_conn for
 * its whole life, in which `peer` is the sender of the present datagram and gets the
 * replies.
 *
 * The worker's thread.
 */
#pragma once

#include "ingest/worker.h"

/* The largest datagram: IP has no larger one.  Longer ones of a Unix socket are
 * malformed. */
#define DATAGRAM_BYTES (64 * 1024)

/* Takes over a bound, non-blocking UDP or Unix socket.  If that fails, the socket is
 * closed and a Unix socket's file removed. */
int udp_open(struct shard *shard, int fd);

/* Does the same at once with all of the shard's. */
void udp_close(struct shard *shard);
