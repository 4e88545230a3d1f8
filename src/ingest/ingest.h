/* SPDX-License-Identifier: MIT */
/*
 * Ingest: starts the workers, gives every plugin instance its place on the canvas and its
 * listeners, sockets and threads, and takes all of it down again.
 *
 * The main thread's.
 */
#ifndef INGEST_INGEST_H
#define INGEST_INGEST_H

#include <uv.h>

#include "base/counters.h"
#include "canvas/canvas.h"
#include "config/config.h"
#include "ingest/worker.h"
#include "limits/ratelimit.h"
#include "plugin/registry.h"

struct display;

struct ingest {
	const struct display *display;
	const char *record_file; /* borrowed; may be empty */
	struct canvas *canvas;
	struct plugins *plugins;
	uv_loop_t *loop;
	struct worker *workers; /* [0] serves on the main loop, the others are threads */
	size_t n_workers;
	size_t next_worker; /* for what lives on one of them: sources, datagram sockets */
	struct ratelimit ratelimit;
};

/* Opens every instance.  One that cannot open has said why; with `required = no` the
 * others go on.  0, or -errno with everything taken down again. */
int ingest_start(struct ingest *ingest, const struct config *config,
	const struct display *display, struct canvas *canvas, struct plugins *plugins,
	uv_loop_t *loop);

/* Says so when there is no instance. */
void ingest_warn_if_empty(const struct ingest *ingest);

/* Closes clients and sockets, turns the loop until residents are gone, joins the threads:
 * after it nobody paints, but a resident that did not go.  Accepts what never started. */
void ingest_stop(struct ingest *ingest);

/* The instance's figures at the moment, over all threads. */
void ingest_counters(const struct ingest *ingest, const struct instance *instance,
	struct counters *sum);

/* One line for each instance that runs: how to paint, with this machine's address. */
void ingest_log_hints(const struct ingest *ingest);

/* One line for each instance: what it painted and what it discarded. */
void ingest_log_counters(const struct ingest *ingest);

#endif
