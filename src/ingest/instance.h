/* SPDX-License-Identifier: MIT */
/*
 * Opens and closes one plugin instance: its region of the canvas, its poller, service,
 * sockets and clients.  ingest.c and app/reload.c decide which and when.
 *
 * The main thread's.
 */
#pragma once

#include "ingest/ingest.h"

/* 0 and is_open; or -errno, logged, and the caller still has to close it. */
int instance_open(struct ingest *ingest, struct instance *instance);

/* Closes an instance, even a half-opened one.  When this returns, its addresses are free
 * and its poller and sockets closed; a service, also one whose start() failed, has
 * stopped when service_state says so. */
void instance_close(struct ingest *ingest, struct instance *instance);

/* Calls the plugin's finish() if that is still due, as it is for a service that has
 * stopped since. */
void instance_finish(struct instance *instance);

/* Ends the clients of all in the list whose networks may not connect any more. */
void instances_end_denied(struct ingest *ingest, struct instance *instances);

/* Calls the plugin's reload() on the instance's thread. */
void instance_reload(struct ingest *ingest, struct instance *instance);

/* Frees what instance_open() allocated.  Only after it was closed, its service has
 * stopped and the main loop has turned since, so that no loop holds a handle of it. */
void instance_clear(struct ingest *ingest, struct instance *instance);
