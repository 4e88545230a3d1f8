/* SPDX-License-Identifier: MIT */
/* The connection as its files share it: conn-life.c begins and ends it, conn.c reads
 * and feeds, conn-write.c writes replies, conn-throttle.c holds it to its rate limit. */
#pragma once

#include "ingest/conn.h"

/* An incomplete command is seldom longer. */
#define SHORT_REST 32

struct unsent;

/* A client's timer, allocated when it is first started. */
struct conn_timer {
	uv_timer_t timer;
	struct conn *conn;
	size_t unsent; /* conn-write.c's: bytes, when it looked last */
};

/* There may be tens of thousands of these, so what few of them need is allocated on
 * demand. */
struct conn {
	struct client client;
	struct conn *next, **link;
	union {
		uv_stream_t stream;
		uv_tcp_t tcp;
		uv_pipe_t pipe;
	} socket;
	struct unsent *unsent, **unsent_end; /* what the socket did not take */
	struct conn_timer *write_timer;      /* of that, and of a close; may be NULL */
	struct conn_timer *throttle;         /* NULL: it never exceeded its rate limit */
	uint8_t *long_rest;                  /* NULL: the rest fits into short_rest */
	uint32_t long_len; /* of which the last rest_len bytes are the rest */
	uint32_t rest_len;
	uint32_t replies_unsent; /* how many of `unsent`; nothing is read */
	uint8_t short_rest[SHORT_REST];
	union peer_address peer;
	uint64_t painted, received;  /* pixels, bytes */
	uint64_t counted;            /* of the bytes, by painter.c */
	bool opened;                 /* the plugin's open() accepted it */
	bool reply_full;             /* this feed() was asked to pause for its replies */
	bool overrun;                /* a reply did not fit */
	bool woken;                  /* ready() is due once all is written */
	bool leaving, dropped;       /* the plugin has it closed, or at once */
	bool deferred;               /* the rest is input left by a full feed() */
	bool reply_heavy;            /* its input causes many replies: short reads */
	bool drains;                 /* the socket took its last replies at once */
	bool heavy;                  /* always has more to be read than its part */
	uint32_t read_bytes;         /* that are processed in about READ_NS */
	uint64_t round, heavy_round; /* of the worker's, when it had its last turn */
	uint64_t refused_at;         /* the worker's heavy_reads when it had to wait */
	bool eof;                    /* the client has closed its side */
	bool ending;                 /* its input is discarded */
	bool throttled;              /* nothing may be read now */
	bool denied;                 /* a reload has denied its network */
	bool closed;
};

/* ---- conn-life.c */

void conn_close(struct conn *conn);

/* Logs, as a detail for the plugin's author, which callback has the client closed. */
void conn_log_failure(const struct conn *conn, const char *function, int error);

/* The callback gets the timer of a struct conn_timer.  0 or -ENOMEM. */
int conn_timer_start(struct conn *conn, struct conn_timer **timer, uv_timer_cb callback,
	uint64_t ms, uint64_t repeat_ms);

/* ---- conn.c */

void conn_drop_rest(struct conn *conn);

/* Before and after a callback of the plugin's that may reply and paint; `painted` is what
 * the brush had painted before. */
void conn_serve_begin(struct conn *conn);
void conn_serve_end(struct conn *conn, uint64_t painted);

/* The client's `ready`.  One that has asked for more than it reads waits for its turn. */
void conn_ready(struct client *client);

/* After replies are written: feeds what was deferred, then reads again. */
void conn_resume(struct conn *conn);

void conn_read_start(struct conn *conn);

/* ---- conn-turn.c */

/* How much may be read of it now; 0: it is the next client's turn. */
size_t conn_turn_room(struct conn *conn);

/* After a read of at most `room` bytes. */
void conn_turn_read(struct conn *conn, size_t len, size_t room);

/* ---- conn-write.c */

/* Adds to worker->held_bytes, if need be after closing clients that have not read for
 * longer; false: still too many.  Freeing the bytes includes subtracting them. */
bool conn_reserve(struct conn *conn, size_t len);

/* The client's `reply`: collects a reply of this feed. */
int conn_reply(struct client *client, const void *data, size_t len);

/* Writes the collected replies; what the socket does not take waits.  On -errno the
 * caller closes the client. */
int conn_flush(struct conn *conn);

/* Writes at once what the socket takes; the rest waits, and stops the reading if it is
 * replies.  0 or -errno. */
int conn_write(struct conn *conn, const char *bytes, size_t len, bool replies);

/* Closes a client once its replies are written. */
void conn_end(struct conn *conn);

/* Before the client is closed: takes what waits off the waitlist.  libuv cancels its
 * writing then, and it is freed. */
void conn_drop_unsent(struct conn *conn);

/* ---- conn-send.c */

/* Closes a client in a later turn, since the plugin is in the middle of something: once
 * what waits is written, or at once. */
void conn_leave(struct conn *conn, bool at_once);

/* ---- conn-throttle.c: while conn_is_limited(), and shortly after */

bool conn_is_limited(const struct conn *conn);

/* How much may be read now, at most `room`; 0: nothing, then conn_throttle(). */
size_t conn_allowance(struct conn *conn, size_t room);

/* Reads again when the bucket has refilled; ends a client that is denied. */
void conn_throttle(struct conn *conn);

void conn_debit(struct conn *conn, uint64_t pixels, size_t bytes);
