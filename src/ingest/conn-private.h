/* SPDX-License-Identifier: MIT */
/* What the parts of a client share: conn.c has what comes in, conn-write.c what goes
 * out, conn-throttle.c how fast. */
#ifndef INGEST_CONN_PRIVATE_H
#define INGEST_CONN_PRIVATE_H

#include "ingest/conn.h"

/* The end of a command is seldom longer. */
#define SHORT_REST 32

struct pending_write;
struct write_timer;
struct throttle;

/* What few clients need is allocated when they need it: of this struct there are ten
 * thousands. */
struct conn {
	struct client client;
	struct shard *shard;
	struct conn *next, **link;
	union {
		uv_stream_t stream;
		uv_tcp_t tcp;
		uv_pipe_t pipe;
	} socket;
	struct pending_write
		*pending_write; /* NULL: every answer is taken, and the client is read */
	struct write_timer *write_timer;
	struct throttle *throttle; /* NULL: it never sent more than its source may */
	uint8_t *long_rest;        /* NULL: it fits into short_rest */
	uint32_t long_len;         /* of which the last rest_len bytes are the rest */
	uint32_t rest_len;
	uint8_t short_rest[SHORT_REST];
	union peer_address peer;
	uint64_t painted, received; /* pixels, bytes */
	bool opened;                /* the plugin has it */
	bool reply_full;            /* murald asked this feed to stop */
	bool overrun;               /* there was no room for an answer */
	bool deferred;              /* the rest is what a full feed did not come to */
	bool reply_heavy;           /* asks a lot, so little is read of it at once */
	bool cpu_heavy;             /* what it says takes long, so its turns are short */
	bool eof;                   /* the client will say no more */
	bool ending;                /* what it says is thrown away */
	bool throttled;             /* nothing may be read now */
	bool denied;                /* its network may not come any more */
	bool closed;
};

/* ---- conn.c */

void conn_close(struct conn *conn);
void conn_drop_rest(struct conn *conn);

/* The answers are taken: goes on with what was deferred, and reads on. */
void conn_resume(struct conn *conn);

/* Reads, even if only to throw it away. */
void conn_read_start(struct conn *conn);

/* ---- conn-write.c */

/* Counts bytes that the worker is about to keep for a client; false: they are too many,
 * even after all others were closed who have answers to take.  Whoever frees them takes
 * them off worker->held_bytes. */
bool conn_reserve(struct conn *conn, size_t len);

/* The client's `reply`: collects an answer of this feed. */
int conn_reply(struct client *client, const void *data, size_t len);

/* Writes what was collected; what the socket does not take at once goes to the pending
 * write. 0, or -errno and the client is to be closed. */
int conn_flush(struct conn *conn);

/* Ends a client of our own accord: its answers go out first. */
void conn_end(struct conn *conn);

/* Stops its timer and gives back what the pending write holds; for conn_close(), after
 * which the loop calls back once more. */
void conn_drop_write(struct conn *conn);

/* Frees the pending write, when the socket is closed. */
void conn_free_write(struct conn *conn);

/* ---- conn-throttle.c; only while ratelimit_active(), or a little later */

/* How much of the room may be read now; 0: nothing, then conn_throttle(). */
size_t conn_allowance(struct conn *conn, size_t room);

/* Reads on when there is something again, or ends a client that may not come any more. */
void conn_throttle(struct conn *conn);

/* What it has painted and sent. */
void conn_debit(struct conn *conn, uint64_t pixels, size_t bytes);

void conn_drop_throttle(struct conn *conn);

#endif
