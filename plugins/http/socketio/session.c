/* SPDX-License-Identifier: MIT */
/* Keeps the table of sessions, handles their packets, and fills their polling bodies. */
#include "http/socketio/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "common/claims.h"

/* The random characters of an id, six bits each; the slot follows. */
#define RANDOM_CHARS 20

/* ----------------------------------------------------------------------- ids */

static bool
make_id(char id[ENGINEIO_ID_LEN + 1], size_t slot)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	uint8_t bytes[RANDOM_CHARS];

	/* never partial: so few bytes, or none before the kernel's pool is ready */
	if (getrandom(bytes, sizeof(bytes), GRND_NONBLOCK) != sizeof(bytes))
		return false;
	for (size_t i = 0; i < RANDOM_CHARS; i++)
		id[i] = letters[bytes[i] % 64];
	snprintf(id + RANDOM_CHARS, ENGINEIO_ID_LEN - RANDOM_CHARS + 1, "%04zx", slot);
	return true;
}

/* Some slot for an invalid id; session_find() compares the whole id. */
static size_t
slot_of(const char *id)
{
	size_t slot = 0;

	for (const char *p = id + RANDOM_CHARS; *p; p++)
		slot = slot * 16 + (*p <= '9' ? *p - '0' : *p - 'a' + 10);
	return slot % SESSIONS_MAX;
}

/* --------------------------------------------------------------------- table */

static size_t
free_slot(struct sessions *sessions)
{
	while (sessions->slots[sessions->next_slot])
		sessions->next_slot = (sessions->next_slot + 1) % SESSIONS_MAX;
	return sessions->next_slot;
}

struct session *
session_new(struct sessions *sessions, uint64_t now_ms)
{
	struct session *session;
	size_t slot;

	if (sessions->n == SESSIONS_MAX)
		return NULL;
	session = calloc(1, sizeof(*session));
	if (!session)
		return NULL;
	slot = free_slot(sessions);
	if (!make_id(session->id, slot) || !make_id(session->socket_id, slot)) {
		free(session);
		return NULL;
	}
	session->handle = ++sessions->generations[slot] * SESSIONS_MAX + slot;
	session->born_ms = now_ms;
	session->due_ms = now_ms + ENGINEIO_PING_INTERVAL;
	sessions->slots[slot] = session;
	sessions->n++;
	return session;
}

void
session_free(struct sessions *sessions, struct session *session)
{
	sessions->slots[session->handle % SESSIONS_MAX] = NULL;
	sessions->n--;
	sessions->n_joined -= session->joined;
	if (sessions->n == 0)
		event_ring_finish(&sessions->events);
	free(session->queue);
	free(session);
}

struct session *
session_find(const struct sessions *sessions, const char *id)
{
	struct session *session;

	if (strlen(id) != ENGINEIO_ID_LEN)
		return NULL;
	session = sessions->slots[slot_of(id)];
	return session && strcmp(session->id, id) == 0 ? session : NULL;
}

struct session *
session_get(const struct sessions *sessions, uintptr_t handle)
{
	struct session *session = sessions->slots[handle % SESSIONS_MAX];

	return session && session->handle == handle ? session : NULL;
}

/* Of one source those that never joined are older than all that have. */
#define JOINED_AGE (UINT64_C(1) << 62)

size_t
sessions_to_give_way(
	const struct sessions *sessions, struct session *first[SESSIONS_PART])
{
	struct claim *claims = calloc(sessions->n + 1, sizeof(*claims));
	size_t n = 0, chosen = 0;

	for (size_t i = 0; claims && i < SESSIONS_MAX; i++) {
		struct session *session = sessions->slots[i];

		if (session)
			claims[n++] = (struct claim){ .who = session,
				.source = session->source,
				.age = session->born_ms +
				       (session->joined ? JOINED_AGE : 0),
				.amount = 1 };
	}
	if (n > 0)
		claims_rank(claims, n);
	/* the only one of its source gives way for nothing but the newcomer */
	while (chosen < n && chosen < SESSIONS_PART &&
		(chosen == 0 || claims[chosen].weight > 1)) {
		first[chosen] = claims[chosen].who;
		chosen++;
	}
	free(claims);
	return chosen;
}

void
sessions_finish(struct sessions *sessions)
{
	for (size_t i = 0; i < SESSIONS_MAX; i++)
		if (sessions->slots[i])
			session_free(sessions, sessions->slots[i]);
	event_ring_finish(&sessions->events);
}

/* ------------------------------------------------------------------- receive */

enum session_end
session_enqueue(struct session *session, const char *text, size_t len)
{
	if (session->queued_packets == POLL_PACKETS ||
		session->queue_len + 1 + len > SESSION_QUEUE_BYTES)
		return END_SLOW;
	if (!session->queue)
		session->queue = malloc(SESSION_QUEUE_BYTES);
	if (!session->queue)
		return END_SLOW;
	if (session->queue_len > 0)
		session->queue[session->queue_len++] = ENGINEIO_SEPARATOR;
	memcpy(session->queue + session->queue_len, text, len);
	session->queue_len += len;
	session->queued_packets++;
	return END_NONE;
}

void
session_clear_queue(struct session *session)
{
	free(session->queue);
	session->queue = NULL;
	session->queue_len = session->queued_packets = 0;
}

/* The namespace / may have a query behind it. */
static bool
is_root(const struct engineio_packet *packet)
{
	return packet->namespace_len == 1 || packet->namespace[1] == '?';
}

static enum session_end
session_join(struct sessions *sessions, struct session *session,
	const struct engineio_packet *packet)
{
	char text[ENGINEIO_PACKET_MAX];

	if (!is_root(packet))
		return session_enqueue(
			session, text, engineio_connect_error(text, packet));
	if (!session->joined) {
		session->joined = true;
		session->next = sessions->events.end;
		sessions->n_joined++;
	}
	return session_enqueue(
		session, text, engineio_connected(text, session->socket_id));
}

static enum session_end
session_leave(struct sessions *sessions, struct session *session,
	const struct engineio_packet *packet)
{
	if (is_root(packet) && session->joined) {
		session->joined = false;
		sessions->n_joined--;
	}
	return END_NONE;
}

enum session_end
session_receive(struct sessions *sessions, struct session *session,
	const struct engineio_packet *packet, uint64_t now_ms)
{
	char text[ENGINEIO_PACKET_MAX];

	switch (packet->kind) {
	case PACKET_NOTHING:
		return END_NONE;
	case PACKET_CLOSE:
		return END_BY_CLIENT;
	case PACKET_PONG:
		if (session->pinged)
			session->due_ms = now_ms + ENGINEIO_PING_INTERVAL;
		session->pinged = false;
		return END_NONE;
	case PACKET_CONNECT:
		return session_join(sessions, session, packet);
	case PACKET_DISCONNECT:
		return session_leave(sessions, session, packet);
	case PACKET_EVENT:
		if (packet->ack_id_len == 0 || !session->joined || !is_root(packet))
			return END_NONE;
		return session_enqueue(session, text, engineio_ack(text, packet));
	case PACKET_UPGRADE:
	case PACKET_BROKEN:
		break;
	}
	return END_PROTOCOL_ERROR;
}

/* ---------------------------------------------------------------------- send */

enum session_end
session_tick(struct session *session, uint64_t now_ms)
{
	if (now_ms < session->due_ms)
		return END_NONE;
	if (session->pinged)
		return END_PING_TIMEOUT;
	session->pinged = true;
	session->due_ms = now_ms + ENGINEIO_PING_TIMEOUT;
	return session_enqueue(session, ENGINEIO_PING, strlen(ENGINEIO_PING));
}

uint64_t
session_backlog(const struct sessions *sessions, const struct session *session)
{
	return session->joined ? sessions->events.end - session->next : 0;
}

enum session_end
session_check(const struct sessions *sessions, const struct session *session)
{
	return session->joined && session->next < sessions->events.first ? END_SLOW
									 : END_NONE;
}

size_t
session_body(struct sessions *sessions, struct session *session)
{
	const struct event_ring *ring = &sessions->events;
	size_t len = session->queue_len, packets = session->queued_packets;

	if (len > 0)
		memcpy(sessions->body, session->queue, len);
	session_clear_queue(session);
	while (packets < POLL_PACKETS && session_backlog(sessions, session) > 0) {
		struct event_ring_slice piece;

		event_ring_text(ring, session->next, &piece);
		if (len + 1 + piece.head_len + piece.body_len > sizeof(sessions->body))
			break;
		if (len > 0)
			sessions->body[len++] = ENGINEIO_SEPARATOR;
		memcpy(sessions->body + len, piece.head, piece.head_len);
		len += piece.head_len;
		memcpy(sessions->body + len, piece.body, piece.body_len);
		len += piece.body_len;
		session->next++;
		packets++;
	}
	return len;
}
