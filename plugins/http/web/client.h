/* SPDX-License-Identifier: MIT */
/*
 * Who is connected to the web server: a count, what murald's limits say of each, and a
 * clock for each, because libmicrohttpd's own only sees silence: who sends or takes a
 * byte now and then would stay for ever.
 *
 * All of it on the main loop's thread.
 */
#ifndef HTTP_WEB_CLIENT_H
#define HTTP_WEB_CLIENT_H

#include <microhttpd.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "http/web/progress.h"

struct http;

/* A connection that is silent for so long is closed, unless it takes an answer: then
 * progress.h says. */
#define IDLE_SECONDS 30

/* What a visitor is to do next, and until when. */
enum http_client_phase {
	HTTP_CLIENT_SENDING, /* a request must be whole within a minute */
	HTTP_CLIENT_READING, /* an answer must go on, and be taken within ten */
	HTTP_CLIENT_WAITING, /* for us */
};

struct http_client {
	struct http_client *next, **link;
	struct MHD_Connection *connection;
	int fd;
	union {
		struct sockaddr any;
		struct sockaddr_in four;
		struct sockaddr_in6 six;
	} peer;
	bool admitted;   /* it counts among its source's clients */
	bool upgraded;   /* it speaks no HTTP any more: others look after it */
	bool tracked;    /* by `progress`, and not by libmicrohttpd's clock */
	uint64_t due_ms; /* by the loop's clock; 0: it may stay */
	enum http_client_phase phase;
	struct progress progress; /* while it reads */
};

struct http_clients {
	struct http_client *first;
	uv_timer_t sweep;
	bool admitting; /* the one that comes at this moment */
};

/* http_clients_stop() begins with the timer's end, which releases its part of `http`. */
void http_clients_start(struct http *http);
void http_clients_stop(struct http *http);

/* Takes a connected socket over: it becomes a visitor, or hears that its network or its
 * source may have none more. */
void http_client_accept(struct http *http, int fd);

/* libmicrohttpd's callback; `arg` is the struct http. */
void http_client_changed(void *arg, struct MHD_Connection *connection, void **context,
	enum MHD_ConnectionNotificationCode what);

/* The visitor's connection is cut, and counted as rate limited, when it has not got
 * further in the time that it has for that. */
void http_client_expect(struct http *http, struct MHD_Connection *connection,
	enum http_client_phase phase);

/* It becomes a WebSocket, which has clocks of its own. */
void http_client_upgraded(struct MHD_Connection *connection);

/* mural_source() of the visitor. */
uint64_t http_client_source(struct http *http, struct MHD_Connection *connection);

/* Takes pixels and bytes from what the visitor's source may have: mural_consume(). */
int http_client_consume(struct http *http, struct MHD_Connection *connection,
	uint64_t pixels, uint64_t bytes);

#endif
