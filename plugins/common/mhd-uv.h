/* SPDX-License-Identifier: MIT */
/*
 * libmicrohttpd on a uv loop, without threads and without a socket of its own: it is
 * given connected clients and turned whenever its descriptors or its clock ask for it.
 *
 * All of it on the loop's thread.
 */
#ifndef COMMON_MHD_UV_H
#define COMMON_MHD_UV_H

#include <microhttpd.h>
#include <stdbool.h>
#include <uv.h>

struct mhd_uv {
	struct MHD_Daemon *daemon; /* NULL: not running */
	uv_poll_t poll;
	uv_timer_t timer;
	unsigned handles;  /* of it that the loop still has */
	bool wake_pending; /* since the turn at hand began */
	void (*on_stopped)(struct mhd_uv *server);
	void *data; /* the owner's */
};

/* Starts with the memory that a request's head may take, the seconds of silence after
 * which a connection is closed, and `options` of libmicrohttpd's options, ended by
 * MHD_OPTION_END; NULL: none.  0 or -errno. */
int mhd_uv_start(struct mhd_uv *server, uv_loop_t *loop, size_t memory, unsigned timeout,
	MHD_AccessHandlerCallback handler, void *arg,
	const struct MHD_OptionItem *options);

/* Takes a connected, non-blocking socket over. */
void mhd_uv_accept(struct mhd_uv *server, int fd);

/* Has libmicrohttpd look again, soon: after resuming a connection, and after giving an
 * upgraded one back. */
void mhd_uv_wake(struct mhd_uv *server);

/* No connection may be upgraded or suspended any more.  on_stopped is called once the
 * loop is done with it.  Accepts one that is not running, and then says nothing. */
void mhd_uv_stop(struct mhd_uv *server, void (*on_stopped)(struct mhd_uv *server));

#endif
