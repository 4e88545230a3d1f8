/* SPDX-License-Identifier: MIT */
/*
 * A worker: a thread with a loop and a read buffer that serves clients, pollers and
 * datagram sockets.
 *
 * With `server.workers = 0` the only worker is the main loop itself.  What belongs to a
 * worker is touched by its thread only; other threads reach it through jobs.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/counters.h"
#include "canvas/painters.h"
#include "limits/loudest.h"
#include "plugin/registry.h"

/* The most that one read returns. */
#define READ_BYTES (1024 * 1024)

struct client;
struct conn;
struct udp_socket;
struct unsent;
struct ratelimit;
struct connlimit;
struct poller;

/* Work for the worker's thread.  Embed it; from the call of `run` on the memory belongs
 * to that. */
struct job {
	struct job *next;
	void (*run)(struct job *job);
	bool queued; /* by worker_send_once(); lock */
};

/* In which each client has one turn: it ends when somebody has the second. */
struct round {
	uint64_t number;
	size_t turns, turns_in_last;
};

struct worker {
	_Alignas(CACHE_LINE) uv_loop_t *loop; /* its own, or the main loop */
	struct canvas *canvas;
	struct ratelimit *ratelimit; /* shared by all workers */
	uint64_t reply_timeout_ms;   /* for unsent replies to progress; 0: none */
	uint8_t *buf;       /* MURAL_REST_MAX for a client's rest, then READ_BYTES */
	uint8_t *datagrams; /* udp.c's; NULL: none arrived */
	char *replies;      /* of the client that is being fed; up to REPLY_BYTES_MAX */
	size_t replies_len, replies_size;
	const struct client *serving;            /* who may reply now; NULL: nobody */
	size_t held_bytes;                       /* unsent ones and long rests */
	size_t held_bytes_max;                   /* its part of HELD_BYTES_MAX */
	struct unsent *waitlist, **waitlist_end; /* the oldest first */
	struct conn *reading;                    /* the client read last; only compared */
	size_t read_in_a_row;                    /* bytes from that client */
	struct round round;                      /* of light clients */
	struct conn *heavy;   /* the heavy client whose turn it is; only compared */
	size_t heavy_bytes;   /* left of its turn */
	uint64_t heavy_reads; /* of heavy clients so far */
	struct round heavy_round;
	uint64_t wait_ms;    /* until a throttled client may be read; conn-throttle.c's */
	uint64_t n_assigned; /* clients given to it so far; main thread only */
	uint64_t n_closed;   /* clients closed so far; written by its thread */
	bool threaded, has_own_loop, has_queue;
	uv_loop_t own_loop;
	pthread_t thread; /* that runs its loop */
	uv_async_t async;
	pthread_mutex_t lock;
	struct job *first, **last; /* lock; not run yet */
	size_t n_jobs;             /* lock; of these */
	bool closing;              /* its thread's */
	struct job beat;           /* worker_is_alive() */
	uint64_t serving_instance; /* instance_number() of whose callback runs; 0: none */
	struct canvas_thread painting;
	struct loudest *loudest; /* counts who paints; NULL: nobody watches */
	uint64_t n_watches;      /* how often that was set */
	struct job look;         /* at new rules */
};

/* For whom a brush paints. */
struct shard_painter {
	uint64_t source; /* 0: none */
	struct canvas_painter as;
};

/* One instance on one worker: its brush, its counters, and what serves it there. */
struct shard {
	struct instance *instance;
	struct worker *worker;
	struct mural_brush brush;
	struct shard_painter painter, kept_painter; /* painter.c's */
	struct loudest_who who;     /* that is, while somebody watches; painter.c's */
	uint64_t counted;           /* of the brush's pixels, for that */
	uint64_t watch;             /* the worker's n_watches then */
	struct mural_counts counts; /* of clients, datagram sockets and a poller */
	const struct mural_counts *service_counts; /* NULL: there is no service on it */
	struct connlimit *connlimit; /* of the instance's clients; NULL: none */
	struct counters published;   /* read by other threads */
	struct conn *conns;
	struct udp_socket *udps;
	struct poller *poller; /* NULL: on another shard, or none */
};

/* Tells instances apart where they may be gone already. */
static inline uint64_t
instance_number(const struct instance *instance)
{
	return (uintptr_t)instance;
}

/* Starts a thread with a loop of its own, or with `main_loop` uses that and starts none.
 * 0 or -errno, logged. */
int worker_start(struct worker *worker, struct canvas *canvas, uv_loop_t *main_loop);

/* Ends the thread when its loop has run dry: every shard must have been closed.  Accepts
 * a zeroed worker. */
void worker_stop(struct worker *worker);

/* Queues a job for the worker's thread; jobs run in order.  The main worker runs it at
 * once.  Any thread; the main worker's: the main thread. */
void worker_send(struct worker *worker, struct job *job);

/* Queues a job that its owner may send again, unless it is queued already.  Any thread.
 */
void worker_send_once(struct worker *worker, struct job *job);

/* Takes it back: it does not run any more.  The worker's thread. */
void worker_unsend(struct worker *worker, struct job *job);

/* Whether the thread has run jobs since the last call; the main worker has.  The main
 * thread. */
bool worker_is_alive(struct worker *worker);

/* Ends the program and names the function of the plugin API, unless it was called on the
 * worker's thread.  `name` is the instance's. */
void worker_check(const struct worker *worker, const char *name, const char *function);

/* Runs fn(arg) on the worker's thread and waits for its result.  The main thread only. */
int worker_call(struct worker *worker, int (*fn)(void *arg), void *arg);

/* Publishes what the shard's brush painted, and the counters.  The worker's thread. */
void shard_publish(struct shard *shard);
