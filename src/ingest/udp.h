/* SPDX-License-Identifier: MIT */
/*
 * A datagram socket of a plugin: each datagram is one feed.  It has one mural_conn for
 * its whole life; `peer` is the sender of the datagram at hand and mural_reply() answers
 * that.
 *
 * All of it on the worker's thread.
 */
#ifndef INGEST_UDP_H
#define INGEST_UDP_H

#include "ingest/worker.h"

/* Takes a bound, non-blocking UDP or Unix socket over; it is closed, and a Unix socket's
 * file removed, if that fails. */
int udp_open(struct shard *shard, int fd);

/* Closes it likewise, at once.  Accepts a shard without one. */
void udp_close(struct shard *shard);

#endif
