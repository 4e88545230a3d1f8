/* SPDX-License-Identifier: MIT */
/*
 * Runs libmicrohttpd on a libuv loop, without threads and without a listening socket: it
 * is given connected sockets, and runs when its descriptor or its time-out asks for it.
 *
 * All of it on the loop's thread.
 */
#pragma once

#include <microhttpd.h>
#include <stdbool.h>
#include <uv.h>

#include "common/fair-queue.h"
#include "common/sendbuf.h"

struct websocket_decoder;

struct mhd_uv {
	struct MHD_Daemon *daemon; /* NULL: not running */
	uv_poll_t poll;
	uv_timer_t timer; /* for its time-outs */
	uv_idle_t idle;   /* active: the next iteration of the loop has a turn for it */
	unsigned handles; /* open on the loop */
	struct sendbuf_pool unsent;             /* websocket.c's, as the next one */
	struct fair_queue readers;              /* clients that have sent something */
	struct websocket_decoder *decoder;      /* for the next one; NULL: none yet */
	bool wake_pending;                      /* since the present turn began */
	void (*on_turn)(struct mhd_uv *server); /* before each turn; NULL: nothing */
	void (*on_stopped)(struct mhd_uv *server);
	void *data; /* the owner's */
};

/* `memory`: bytes for the head of a request; `timeout`: seconds after which an idle
 * connection is closed; `options`: of libmicrohttpd, ended by MHD_OPTION_END; NULL: none.
 * 0 or -errno. */
int mhd_uv_start(struct mhd_uv *server, uv_loop_t *loop, size_t memory, unsigned timeout,
	MHD_AccessHandlerCallback handler, void *arg,
	const struct MHD_OptionItem *options);

/* Takes a connected, non-blocking socket over. */
void mhd_uv_accept(struct mhd_uv *server, int fd);

/* Runs it again soon: after resuming a connection, and after closing an upgraded one. */
void mhd_uv_wake(struct mhd_uv *server);

/* There must be no upgraded or suspended connection.  on_stopped is called once the loop
 * is done with it; not for a server that is not running. */
void mhd_uv_stop(struct mhd_uv *server, void (*on_stopped)(struct mhd_uv *server));
