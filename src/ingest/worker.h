/* SPDX-License-Identifier: MIT */
/*
 * A worker: one thread with a loop and a read buffer, on which clients live and die.
 *
 * With `server.workers = 0` the only worker is the main loop itself.  What belongs to a
 * worker is touched by its thread alone; the one way in from outside is a job.
 */
#ifndef INGEST_WORKER_H
#define INGEST_WORKER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/counters.h"
#include "canvas/canvas.h"
#include "plugin/registry.h"

/* What one read may bring, and before it room for what a client left over. */
#define READ_BYTES (256 * 1024)

struct conn;
struct udp_socket;
struct pending_write;
struct ratelimit;
struct connlimit;
struct poller;

/* Something to do on the worker's thread.  Embed it; the memory is its own after `run`
 * was called. */
struct job {
	struct job *next;
	void (*run)(struct job *job);
};

struct worker {
	_Alignas(CACHE_LINE) uv_loop_t *loop; /* its own, or the main loop */
	struct canvas *canvas;
	struct ratelimit *ratelimit; /* everybody's */
	uint64_t reply_timeout_ms; /* with clients that do not take their answers; 0: any
				    */
	uint8_t *buf;              /* MURAL_REST_MAX + READ_BYTES */
	char *replies; /* of the client that is being fed; grows up to a limit */
	size_t replies_len, replies_size;
	size_t held_bytes; /* bytes that wait for clients to take their answers */
	struct pending_write *waitlist,
		**waitlist_end; /* of it, answers; the oldest first */
	struct conn *reading;   /* who was read last; only ever compared */
	size_t read_in_a_row;   /* bytes, from that one */
	uint64_t wait_ms;    /* before more of a client may be read; conn-throttle.c's */
	uint64_t n_assigned; /* clients it was given so far; main thread only */
	uint64_t n_closed; /* of them, closed again; its thread writes, counter_load() */
	bool threaded;
	uv_loop_t own_loop;
	pthread_t thread;
	uv_async_t async;
	pthread_mutex_t lock;
	struct job *first, **last; /* lock; sent, not run yet */
	bool closing;              /* its thread */
};

/* One instance on one worker: a brush, its counters, and whatever serves it there. */
struct shard {
	struct instance *instance;
	struct worker *worker;
	struct mural_brush brush;
	struct mural_counts counts;  /* of clients and datagram sockets */
	struct connlimit *connlimit; /* of the instance's clients; NULL: none */
	struct counters published;   /* for other threads */
	struct conn *conns;
	struct udp_socket *udp; /* NULL: none on this shard */
	struct poller *poller;  /* NULL: none on this shard */
};

/* Starts a thread with a loop; with `main_loop` it serves on that loop instead and starts
 * nothing.  0 or -errno, logged. */
int worker_start(struct worker *worker, struct canvas *canvas, uv_loop_t *main_loop);

/* Runs dry and ends: every shard must have been closed.  Accepts a zeroed worker. */
void worker_stop(struct worker *worker);

/* Has `job` run on the worker's thread, soon, after all jobs sent before.  Any thread. */
void worker_send(struct worker *worker, struct job *job);

/* Runs fn(arg) on the worker's thread and waits for its answer.  The main thread only. */
int worker_call(struct worker *worker, int (*fn)(void *arg), void *arg);

/* Shows what the shard's brush painted and what the shard counted.  The worker's thread.
 */
void shard_publish(struct shard *shard, const struct mural_counts *counts);

#endif
