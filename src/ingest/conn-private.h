/* SPDX-License-Identifier: MIT */
/* What the parts of a client share: conn.c has what comes in, conn-write.c what goes
 * out, conn-throttle.c how fast. */
#ifndef INGEST_CONN_PRIVATE_H
#define INGEST_CONN_PRIVATE_H

#include "ingest/conn.h"

/* The end of a command is seldom longer. */
#define SHORT_REST 32

struct outbox;
struct patience;
struct pause;

/* What few clients need is allocated when they need it: of this struct there are ten
 * thousands. */
struct conn {
	struct client client;
	struct lane *lane;
	struct conn *next, **link;
	union {
		uv_stream_t stream;
		uv_tcp_t tcp;
		uv_pipe_t pipe;
	} socket;
	struct outbox *outbox; /* NULL: every answer is taken, and the client is read */
	struct patience *patience;
	struct pause *pause; /* NULL: it never sent more than its source may */
	uint8_t *long_rest;  /* NULL: it fits into short_rest */
	uint32_t long_len;   /* of which the last rest_len bytes are the rest */
	uint32_t rest_len;
	uint8_t short_rest[SHORT_REST];
	union peer peer;
	uint64_t painted, received; /* pixels, bytes */
	bool opened;                /* the plugin has it */
	bool full;                  /* murald asked this feed to stop */
	bool overrun;               /* there was no room for an answer */
	bool parked;                /* the rest is what a full feed did not come to */
	bool curious;               /* asks a lot, so little is read of it at once */
	bool slow;                  /* what it says takes long, so its turns are short */
	bool ended;                 /* the client will say no more */
	bool ending;                /* what it says is thrown away */
	bool held_up;               /* nothing may be read now */
	bool unwelcome;             /* its network may not come any more */
	bool closed;
};

/* ---- conn.c */

void conn_close(struct conn *conn);
void conn_drop_rest(struct conn *conn);

/* The answers are taken: goes on with what was parked, and reads on. */
void conn_go_on(struct conn *conn);

/* Reads, even if only to throw it away. */
void conn_read_on(struct conn *conn);

/* ---- conn-write.c */

/* Counts bytes that the worker is about to keep for a client; false: they are too many,
 * even after all others were closed who have answers to take.  Whoever frees them takes
 * them off worker->held. */
bool conn_hold(struct conn *conn, size_t len);

/* The client's `reply`: collects an answer of this feed. */
int conn_answer(struct client *client, const void *data, size_t len);

/* Writes what was collected; what the socket does not take at once goes to the outbox.
 * 0, or -errno and the client is to be closed. */
int conn_flush(struct conn *conn);

/* Ends a client of our own accord: its answers go out first. */
void conn_end(struct conn *conn);

/* Stops its timer and gives back what the outbox holds; for conn_close(), after which
 * the loop calls back once more. */
void conn_drop_answers(struct conn *conn);

/* Frees the outbox, when the socket is closed. */
void conn_free_answers(struct conn *conn);

/* ---- conn-throttle.c; only while rations_active(), or a little later */

/* How much of the room may be read now; 0: nothing, then conn_not_now(). */
size_t conn_pace(struct conn *conn, size_t room);

/* Reads on when there is something again, or ends a client that may not come any more. */
void conn_not_now(struct conn *conn);

/* What it has painted and sent. */
void conn_spend(struct conn *conn, uint64_t pixels, size_t bytes);

void conn_drop_pause(struct conn *conn);

#endif
