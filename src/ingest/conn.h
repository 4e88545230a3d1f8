/* SPDX-License-Identifier: MIT */
/*
 * A client of a stream plugin: bytes in, what is left over, answers out.
 *
 * The worker owns the buffers, the client owns its rest: what feed() left is copied in
 * front of what arrives next, so that a parser always sees contiguous memory and ten
 * thousand idle clients cost ten thousand small structs.  The answers of one feed are
 * written at once; while some are not taken, nothing is read from that client, and what
 * was read already waits with them.
 *
 * All of it on the worker's thread.
 */
#ifndef INGEST_CONN_H
#define INGEST_CONN_H

#include "ingest/worker.h"
#include "limits/connlimit.h"

/* The answers that one feed may give; more close the client. */
#define REPLY_BYTES_MAX (1024 * 1024)

/* From here on mural_reply() says that it is enough. */
#define REPLY_BYTES_ENOUGH (64 * 1024)

/* What a worker keeps for clients that do not take their answers: the answers, and what
 * they had sent already.  When one needs more, whoever has waited longest is closed. */
#define HELD_BYTES_MAX (64 * 1024 * 1024)

/* What a plugin's mural_conn is inside: a stream's client, or a datagram socket. */
struct client {
	struct mural_conn pub;
	int (*reply)(struct client *client, const void *data, size_t len);
};

/* Fills pub, with state of the plugin's size; the caller frees that.  0 or -ENOMEM. */
int client_init(
	struct client *client, const struct shard *shard, const struct sockaddr *peer);

/* Takes a connected, non-blocking TCP or Unix socket over; it is closed if that fails.
 * The peer was counted in, by the limits and by the shard's connlimit, and is counted out
 * when it is gone. */
void conn_accept(struct shard *shard, int fd, const union peer_address *peer);

/* Begins to close every client of the shard; they are gone when the loop has run dry. */
void conns_close(struct shard *shard);

#endif
