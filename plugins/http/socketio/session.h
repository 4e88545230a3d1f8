/* SPDX-License-Identifier: MIT */
/*
 * Sessions of Engine.IO: their table, their queues of packets, and their time-outs.
 * Without I/O: socketio.c passes in what clients sent and sends what is queued.
 *
 * The table owns its sessions.  A suspended GET or a WebSocket holds the handle of its
 * session and looks it up each time, because the session may end first.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/socketio/engineio.h"
#include "http/socketio/event-ring.h"

/* At a time. */
#define SESSIONS_MAX 4096

/* How many give way at once, as long as their sources have more than one. */
#define SESSIONS_PART 64

/* In one polling body: python3-engineio accepts no more packets. */
#define POLL_PACKETS 16

/* Of packets for one session alone, besides events. */
#define SESSION_QUEUE_BYTES 1024

struct request;
struct session_socket;

/* How packets get to the client. */
enum session_transport {
	TRANSPORT_POLLING,
	TRANSPORT_PROBING, /* still polling; its WebSocket was probed */
	TRANSPORT_WEBSOCKET,
};

/* Why a session ends. */
enum session_end {
	END_NONE,
	END_BY_CLIENT,       /* the client closed it */
	END_PROTOCOL_ERROR,  /* a broken packet or request */
	END_PING_TIMEOUT,    /* no answer to a ping */
	END_SLOW,            /* it does not fetch its packets, or memory is short */
	END_EVICTED,         /* its source has most, and the table was full */
	END_CONNECTION_LOST, /* its WebSocket was closed */
	END_SHUTDOWN,        /* the plugin stops */
};

struct session {
	uintptr_t handle; /* never 0 */
	char id[ENGINEIO_ID_LEN + 1], socket_id[ENGINEIO_ID_LEN + 1];
	enum session_transport transport;
	bool joined;      /* the namespace /, which has the events */
	uint64_t next;    /* event to be sent, once it has joined */
	uint64_t source;  /* mural_source() of who opened it */
	uint64_t born_ms; /* as all times here: uv_now() */
	uint64_t due_ms;  /* of the next ping, or of the pong */
	bool pinged;
	char *queue; /* packets with separators between them; NULL: none, as mostly */
	size_t queue_len, queued_packets;

	/* socketio.c's */
	struct request *poll;          /* the suspended GET; NULL: none */
	bool responding;               /* `poll` was resumed already */
	struct session_socket *socket; /* used or being probed; NULL: none */
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

/* NULL: the table is full, or out of memory. */
struct session *session_new(struct sessions *sessions, uint64_t now_ms);
void session_free(struct sessions *sessions, struct session *session);

/* By id and by handle; NULL: no such session any more. */
struct session *session_find(const struct sessions *sessions, const char *id);
struct session *session_get(const struct sessions *sessions, uintptr_t handle);

/* Chooses sessions of the sources that have most, the oldest, but first those that never
 * joined.  Several, because choosing takes as long as twenty handshakes.  Returns how
 * many; 0: out of memory, or there are none. */
size_t sessions_to_give_way(
	const struct sessions *sessions, struct session *first[SESSIONS_PART]);

/* Handles a packet of the client, whatever its transport. */
enum session_end session_receive(struct sessions *sessions, struct session *session,
	const struct engineio_packet *packet, uint64_t now_ms);

/* Queues a packet for it, to be sent before any event. */
enum session_end session_enqueue(struct session *session, const char *text, size_t len);

/* What was queued is sent. */
void session_clear_queue(struct session *session);

/* Checks its time-outs; may queue a ping. */
enum session_end session_tick(struct session *session, uint64_t now_ms);

/* How many events it was not sent yet.  END_SLOW: some of them were overwritten. */
uint64_t session_backlog(const struct sessions *sessions, const struct session *session);
enum session_end session_check(
	const struct sessions *sessions, const struct session *session);

static inline bool
session_has_output(const struct sessions *sessions, const struct session *session)
{
	return session->queue_len > 0 || session_backlog(sessions, session) > 0;
}

/* Takes the next polling body from its queue and the events into sessions->body; returns
 * its length.  Not for a session that session_check() calls slow. */
size_t session_body(struct sessions *sessions, struct session *session);

/* Frees all sessions and events. */
void sessions_finish(struct sessions *sessions);
