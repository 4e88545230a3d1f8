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

struct webserver {
	struct MHD_Daemon *daemon; /* NULL: not running */
	uv_poll_t poll;
	uv_timer_t timer;
	unsigned handles; /* of it that the loop still has */
	bool woken;       /* since the turn at hand began */
	void (*on_stopped)(struct webserver *server);
	void *data; /* the owner's */
};

/* Starts with the memory that a request's head may take, the seconds of silence after
 * which a connection is closed, and `more` of libmicrohttpd's options, ended by
 * MHD_OPTION_END; NULL: none.  0 or -errno. */
int webserver_start(struct webserver *server, uv_loop_t *loop, size_t memory,
	unsigned timeout, MHD_AccessHandlerCallback answer, void *arg,
	const struct MHD_OptionItem *more);

/* Takes a connected, non-blocking socket over. */
void webserver_accept(struct webserver *server, int fd);

/* Has libmicrohttpd look again, soon: after resuming a connection, and after giving an
 * upgraded one back. */
void webserver_wake(struct webserver *server);

/* No connection may be upgraded or suspended any more.  on_stopped is called once the
 * loop is done with it.  Accepts one that is not running, and then says nothing. */
void webserver_stop(
	struct webserver *server, void (*on_stopped)(struct webserver *server));

#endif
