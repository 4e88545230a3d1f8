/* SPDX-License-Identifier: MIT */
/*
 * The connected HTTP clients: murald's limits for each, and a deadline for each, because
 * libmicrohttpd's own time-out only sees silence: a client that sends or reads one byte
 * now and then would stay for ever.
 *
 * All of it on the main loop's thread.
 */
#pragma once

#include <microhttpd.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "http/web/holdings.h"
#include "http/web/progress.h"
#include "lib/peer-address.h"

struct http_source;
struct request;
struct web;

/* A silent connection is closed after this, unless it is being sent a response: then
 * progress.h decides. */
#define IDLE_SECONDS 30

/* What the client is expected to do next. */
enum http_client_phase {
	HTTP_CLIENT_SENDING, /* complete a request within a minute */
	HTTP_CLIENT_READING, /* read the response steadily, within ten minutes */
	HTTP_CLIENT_WAITING, /* nothing: it waits for us */
};

struct http_client {
	struct http_client *next, **link;
	struct MHD_Connection *connection;
	int fd;
	union peer_address peer;
	struct http_source *source;
	bool admitted;   /* counted among its source's connections */
	bool proxied;    /* a proxy: each request names its client */
	bool upgraded;   /* to a WebSocket, which has its own time-outs */
	bool tracked;    /* by `progress`, not by libmicrohttpd's time-out */
	uint64_t due_ms; /* by the loop's clock; 0: no deadline */
	enum http_client_phase phase;
	struct progress progress; /* while HTTP_CLIENT_READING */
	struct request *request;  /* the present one; NULL: none */
	bool had_left;            /* at the last sweep */
	bool leaving;             /* it was disconnected, and is not gone yet */
	struct holding body, answer;
};

struct http_clients {
	struct http_client *first;
	unsigned n, most; /* now; and at a time, since memory was given back */
	unsigned n_leaving, max;
	uv_timer_t sweep;
	bool admitting; /* the one being accepted right now */
};

/* Hold a reference to the server from start until the timer is closed. */
void http_clients_start(struct web *web);
void http_clients_stop(struct web *web);

/* Takes over a connected socket.  One that murald's limits refuse gets a 403 or 429. */
void http_client_accept(struct web *web, int fd);

/* crowd.c's: how many clients there may be; and when as many are there, some of the
 * source that has most are disconnected. */
unsigned http_clients_max(void);
void http_clients_make_room(struct web *web);

/* libmicrohttpd's callback; `arg` is the struct web. */
void http_client_changed(void *arg, struct MHD_Connection *connection, void **context,
	enum MHD_ConnectionNotificationCode what);

/* Disconnects it soon; what it is being sent is dropped.  Counted as rate limited. */
void http_client_abort(struct web *web, struct http_client *client);

/* Disconnects those whose networks may not connect any more, WebSockets too. */
void http_clients_end_denied(struct web *web);

/* At the beginning of a request that came by a proxy: from here on the client has the
 * address and the source of the visitor, or the proxy's own if it names none, whoever's
 * request was the one before.  False: no memory to tell them apart. */
bool http_client_forwarded(struct web *web, struct http_client *client);

/* NULL: none, for want of memory, and the connection is being closed. */
struct http_client *http_client_of(struct MHD_Connection *connection);

/* Starts the deadline of a phase.  A client that misses it is disconnected and counted as
 * rate limited. */
void http_client_expect(
	struct web *web, struct MHD_Connection *connection, enum http_client_phase phase);

/* Its request is over: the next one may come. */
void http_client_done(struct web *web, struct MHD_Connection *connection);

/* The connection becomes a WebSocket: no deadlines any more. */
void http_client_upgraded(struct MHD_Connection *connection);

/* mural_source() of the client. */
uint64_t http_client_source(struct web *web, struct MHD_Connection *connection);

/* From here on the instance paints for the person or program that the client has proven
 * to be. */
void http_client_paint_as(
	struct web *web, struct MHD_Connection *connection, const char *name);

/* mural_consume() for the client's source. */
int http_client_consume(struct web *web, struct MHD_Connection *connection,
	uint64_t pixels, uint64_t bytes);
