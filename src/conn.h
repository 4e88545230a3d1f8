/* SPDX-License-Identifier: MIT */
/*
 * A client of a stream plugin: bytes in, what is left over, answers out.
 *
 * The worker owns the read buffer, the client owns its rest: what feed() left is copied
 * in front of what arrives next, so that a parser always sees contiguous memory and ten
 * thousand idle clients cost ten thousand small structs.  The answers of one feed are
 * written at once; while some are not taken, nothing is read from that client.
 *
 * All of it on the worker's thread.
 */
#ifndef CONN_H
#define CONN_H

#include "worker.h"

/* The answers that may wait for one client; more close it. */
#define REPLY_BYTES_MAX (1024 * 1024)

/* What a plugin's mural_conn is inside: a stream's client, or a datagram socket. */
struct client {
	struct mural_conn pub;
	int (*reply)(struct client *client, const void *data, size_t len);
};

/* Fills pub, with state of the plugin's size; the caller frees that.  0 or -ENOMEM. */
int client_init(
	struct client *client, const struct lane *lane, const struct sockaddr *peer);

/* Takes a connected, non-blocking TCP or Unix socket over; it is closed if that fails. */
void conn_accept(struct lane *lane, int fd);

/* Begins to close every client of the lane; they are gone when the loop has run dry. */
void conns_close(struct lane *lane);

#endif
