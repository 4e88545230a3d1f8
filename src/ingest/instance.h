/* SPDX-License-Identifier: MIT */
/*
 * One plugin instance on the workers: its place on the canvas, its source, resident,
 * sockets and clients.  ingest.c says which and when.
 *
 * The main thread's.
 */
#ifndef INGEST_INSTANCE_H
#define INGEST_INSTANCE_H

#include "ingest/ingest.h"

/* 0 and is_open; or -errno, logged, and what was opened of it is still to be closed. */
int instance_open(struct ingest *ingest, struct instance *instance);

/* Begins to close, also what only half opened.  Its addresses are free when this returns,
 * its clients, source and datagram sockets gone; a resident is gone when its
 * service_state says so. */
void instance_close(struct ingest *ingest, struct instance *instance);

/* Has an open one read once more what its options name. */
void instance_reload(struct ingest *ingest, struct instance *instance);

/* Frees what opening made.  Only when no loop holds anything of it any more: it was
 * closed, its resident is gone, and the main loop has turned since. */
void instance_clear(struct ingest *ingest, struct instance *instance);

#endif
