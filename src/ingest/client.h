/* SPDX-License-Identifier: MIT */
/*
 * A client: what murald keeps behind a plugin's struct mural_conn, be it one connection
 * of a stream (conn.h) or a datagram socket (udp.h).
 *
 * The worker's thread, except for mural_wake().
 */
#pragma once

#include "ingest/painter.h"
#include "ingest/worker.h"

struct event;

struct client {
	struct mural_conn pub;
	struct shard *shard;
	uint64_t source; /* mural_source() of a stream's client */
	struct painter_verdict verdict;
	uint16_t owner; /* its id on the canvas, to be released */
	int (*reply)(struct client *client, const void *data, size_t len);
	void (*ready)(struct client *client); /* has the plugin's ready() called */
	struct job wake;                      /* mural_wake() */
	struct event *events;                 /* its timers, descriptors and readers */
};

/* Fills all but reply and ready, and allocates the plugin's state.  0 or -ENOMEM. */
int client_init(struct client *client, struct shard *shard, const struct sockaddr *peer);

/* After the plugin's close(): nothing calls it any more. */
void client_close(struct client *client);

/* Frees its state, when the loop has turned since. */
void client_finish(struct client *client);

/* Ends the program and names the function, unless the plugin was called to serve this
 * client, on its thread. */
void client_check_serving(const struct client *client, const char *function);
