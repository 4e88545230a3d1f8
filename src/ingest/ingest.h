/* SPDX-License-Identifier: MIT */
/*
 * Ingest: brings bytes from the network to the plugins, and their paint onto the canvas.
 *
 * This folder owns workers, listeners, clients, datagram sockets, pollers and services.
 * It uses the canvas, the limits and the plugin registry; it must never know what reads
 * the canvas, nor how a config is replaced: a reload calls instance.h.
 *
 * The main thread's.
 */
#pragma once

#include <uv.h>

#include "base/counters.h"
#include "canvas/canvas.h"
#include "config/config.h"
#include "ingest/share.h"
#include "ingest/worker.h"
#include "limits/ratelimit.h"
#include "plugin/registry.h"

struct ingest {
	struct canvas *canvas;
	struct plugins *plugins;
	const struct config_server *server; /* of the config in force */
	const struct config_display *display;
	uv_loop_t *loop;
	struct worker *workers; /* [0] runs on the main loop, the others are threads */
	size_t n_workers;
	size_t next_worker; /* for the next poller or datagram socket */
	struct ratelimit ratelimit;
	struct share share;
	uv_timer_t retry; /* retry.c's */
	bool retry_paused;
	struct top *top; /* who paints most; NULL: nobody watches */
	bool stuck;      /* logged that a worker does not run */
	uv_async_t said; /* an instance's state changed; any thread sends it */
	void (*on_said)(struct ingest *ingest); /* set after the start; may be NULL */
};

/* Starts the workers and opens every instance; one that cannot be opened has logged why,
 * and is tried again later if its config says `required = no`.  0, or -errno and nothing
 * runs. */
int ingest_start(struct ingest *ingest, const struct config *config,
	struct canvas *canvas, struct plugins *plugins, uv_loop_t *loop);

/* Warns if no instance is enabled. */
void ingest_warn_if_empty(const struct ingest *ingest);

/* Closes clients and sockets, turns the loop until services have stopped, joins the
 * threads.  Afterwards nothing paints, except a service that did not stop.  Accepts what
 * never started. */
void ingest_stop(struct ingest *ingest);

/* Whether every worker's thread has run since the last call; logs when one does not, as
 * when a plugin does not return. */
bool ingest_is_alive(struct ingest *ingest);

/* The instance's counters, summed over all threads. */
void ingest_counters(const struct ingest *ingest, const struct instance *instance,
	struct counters *sum);

/* Logs for each open instance how to paint. */
void ingest_log_hints(const struct ingest *ingest);

/* Logs for each open instance what it painted and discarded. */
void ingest_log_counters(const struct ingest *ingest);
