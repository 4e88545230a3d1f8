/* SPDX-License-Identifier: MIT */
/*
 * A client of a stream plugin, from accept to close.
 *
 * The worker owns the read buffer, the client owns only its rest: what feed() left is
 * copied in front of what arrives next, so that a parser always sees contiguous memory
 * and ten thousand idle clients cost ten thousand small structs.  The replies of one feed
 * are written at once; while some are pending, nothing is read from that client.
 *
 * The worker's thread.
 */
#pragma once

#include "ingest/client.h"
#include "limits/connlimit.h"

/* Replies that one feed() may queue; beyond that the client is closed. */
#define REPLY_BYTES_MAX (1024 * 1024)

/* From here on mural_reply() asks feed() to pause. */
#define REPLY_BYTES_ENOUGH (64 * 1024)

/* The same where the socket takes replies at once, so that none wait: fewer and larger
 * writes take less time. */
#define REPLY_BYTES_DRAINED (256 * 1024)

/* What all workers hold for their clients: pending writes and rests.  A worker whose part
 * is full closes the client with the oldest pending write. */
#define HELD_BYTES_MAX (64 * 1024 * 1024)

/* The least part of a worker, where there are many. */
#define HELD_BYTES_LEAST (8 * 1024 * 1024)

/* Releases a client of the shard that the limits had admitted. */
void conn_release_peer(const struct shard *shard, const union peer_address *peer);

/* Takes over a connected, non-blocking TCP or Unix socket, which is closed on failure.
 * The limits have admitted the peer; it is released when the client is closed. */
void conn_accept(struct shard *shard, int fd, const union peer_address *peer);

/* Ends those clients whose networks may not connect any more, however quiet they are. */
void conns_end_denied(struct shard *shard);

/* Sends a text to every client whose earlier replies do not wait, as its last word: what
 * the client has sent meanwhile is thrown away, or it might never see it. */
void conns_tell(struct shard *shard, const char *text, size_t len);

/* Begins to close every client of the shard; they are freed when the loop has run dry. */
void conns_close(struct shard *shard);
