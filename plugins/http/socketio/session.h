/* SPDX-License-Identifier: MIT */
/*
 * Sessions of Engine.IO: who is there, what is still to be said to them, and when they
 * have been silent for too long.  Knows no sockets; socketio.c brings what clients say
 * and carries away what they are told.
 *
 * The table owns its sessions.  What stands for a session elsewhere, a parked GET or a
 * WebSocket, holds its handle and asks the table each time, since a session may end
 * before them.
 */
#ifndef HTTP_SOCKETIO_SESSION_H
#define HTTP_SOCKETIO_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/socketio/engineio.h"
#include "http/socketio/event-ring.h"

/* At a time. */
#define SESSIONS_MAX 4096

/* In one polling body: python3-engineio takes no more packets than that. */
#define POLL_PACKETS 16

/* What is kept to be said to one session alone. */
#define SESSION_QUEUE_BYTES 1024

struct request;
struct session_socket;

/* How it is told what it is told. */
enum session_transport {
	TRANSPORT_POLLING,
	TRANSPORT_PROBING, /* still by polling; its WebSocket was probed */
	TRANSPORT_WEBSOCKET,
};

/* Why it ends. */
enum session_end {
	END_NONE,
	END_BY_CLIENT,       /* the client said so */
	END_PROTOCOL_ERROR,  /* it said what it must not */
	END_PING_TIMEOUT,    /* no answer to a ping */
	END_SLOW,            /* it does not take what it is told */
	END_EVICTED,         /* it never joined, and others want its place */
	END_CONNECTION_LOST, /* its WebSocket is gone */
	END_SHUTDOWN,        /* the plugin stops */
};

struct session {
	uintptr_t handle; /* never 0 */
	char id[ENGINEIO_ID_LEN + 1], socket_id[ENGINEIO_ID_LEN + 1];
	enum session_transport transport;
	bool joined;      /* the namespace /, where the events are */
	uint64_t next;    /* event, when it has joined */
	uint64_t born_ms; /* as all times here: uv_now() */
	uint64_t due_ms;  /* when it is pinged; when the answer to that must be there */
	bool pinged;
	char queue[SESSION_QUEUE_BYTES]; /* packets with separators between them */
	size_t queue_len, queued_packets;

	/* socketio.c's */
	struct request *poll;          /* parked; NULL: none */
	bool responding;               /* it is about to be answered */
	struct session_socket *socket; /* that it came by, or is probing; NULL: none */
	uint64_t probed_ms;
};

/* Starts as zeros. */
struct sessions {
	struct session *slots[SESSIONS_MAX];
	uintptr_t generations[SESSIONS_MAX];
	size_t n, n_joined, next_slot;
	struct event_ring events;
	char body[EVENT_RING_EVENT_MAX + SESSION_QUEUE_BYTES];
};

/* NULL: all places are taken, or memory is short. */
struct session *session_new(struct sessions *sessions, uint64_t now_ms);
void session_free(struct sessions *sessions, struct session *session);

/* NULL: no such session, or not any more. */
struct session *session_find(const struct sessions *sessions, const char *id);
struct session *session_get(const struct sessions *sessions, uintptr_t handle);

/* The oldest of those that never joined; NULL: there is none. */
struct session *session_oldest_unjoined(const struct sessions *sessions);

/* What a client said, on whatever way. */
enum session_end session_receive(struct sessions *sessions, struct session *session,
	const struct engineio_packet *packet, uint64_t now_ms);

/* Has a packet said to it, before any news. */
enum session_end session_enqueue(struct session *session, const char *text, size_t len);

/* Time has passed: may have a ping said. */
enum session_end session_tick(struct session *session, uint64_t now_ms);

/* How many events it was not given yet.  END_SLOW: some of them are no more. */
uint64_t session_backlog(const struct sessions *sessions, const struct session *session);
enum session_end session_check(
	const struct sessions *sessions, const struct session *session);

static inline bool
session_has_output(const struct sessions *sessions, const struct session *session)
{
	return session->queue_len > 0 || session_backlog(sessions, session) > 0;
}

/* Takes the next polling body from what is to be told; 0: nothing is.  In sessions->body.
 * Not for one that session_check() calls slow. */
size_t session_body(struct sessions *sessions, struct session *session);

/* Frees all sessions and the news. */
void sessions_finish(struct sessions *sessions);

/* The reason in words, for the log. */
const char *session_end_text(enum session_end end);

#endif
