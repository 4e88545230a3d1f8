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
#define SILENCE_SECONDS 30

/* What a visitor is to do next, and until when. */
enum visitor_turn {
	VISITOR_ASKS,  /* a request must be whole within a minute */
	VISITOR_READS, /* an answer must go on, and be taken within ten */
	VISITOR_WAITS, /* for us */
};

struct visitor {
	struct visitor *next, **link;
	struct MHD_Connection *connection;
	int fd;
	union {
		struct sockaddr any;
		struct sockaddr_in four;
		struct sockaddr_in6 six;
	} peer;
	bool entered;    /* it counts among its source's clients */
	bool stays;      /* it speaks no HTTP any more: others look after it */
	bool watched;    /* by `progress`, and not by libmicrohttpd's clock */
	uint64_t due_ms; /* by the loop's clock; 0: it may stay */
	enum visitor_turn turn;
	struct progress progress; /* while it reads */
};

struct visitors {
	struct visitor *first;
	uv_timer_t sweep;
	bool entering; /* the one that comes at this moment */
};

/* visitors_stop() begins with the timer's end, which releases its part of `http`. */
void visitors_start(struct http *http);
void visitors_stop(struct http *http);

/* Takes a connected socket over: it becomes a visitor, or hears that its network or its
 * source may have none more. */
void visitor_accept(struct http *http, int fd);

/* libmicrohttpd's callback; `arg` is the struct http. */
void visitor_changed(void *arg, struct MHD_Connection *connection, void **context,
	enum MHD_ConnectionNotificationCode what);

/* The visitor's connection is cut, and counted as rate limited, when it has not got
 * further in the time that it has for that. */
void visitor_expect(
	struct http *http, struct MHD_Connection *connection, enum visitor_turn turn);

/* It becomes a WebSocket, which has clocks of its own. */
void visitor_stays(struct MHD_Connection *connection);

/* mural_source() of the visitor. */
uint64_t visitor_source(struct http *http, struct MHD_Connection *connection);

/* Takes pixels and bytes from what the visitor's source may have: mural_charge(). */
int visitor_charge(struct http *http, struct MHD_Connection *connection, uint64_t pixels,
	uint64_t bytes);

#endif
