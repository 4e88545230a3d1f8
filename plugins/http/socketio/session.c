/* SPDX-License-Identifier: MIT */
/* The table of sessions, and what each of them is told next. */
#include "http/socketio/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* Of an id: that many characters are random, six bits each; the rest is the slot. */
#define RANDOM_CHARS 20

/* ----------------------------------------------------------------------- ids */

static bool
make_id(char id[ENGINEIO_ID_LEN + 1], size_t slot)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	uint8_t bytes[RANDOM_CHARS];

	/* so few bytes come at once or, before the kernel is ready, not at all */
	if (getrandom(bytes, sizeof(bytes), GRND_NONBLOCK) != sizeof(bytes))
		return false;
	for (size_t i = 0; i < RANDOM_CHARS; i++)
		id[i] = letters[bytes[i] % 64];
	snprintf(id + RANDOM_CHARS, ENGINEIO_ID_LEN - RANDOM_CHARS + 1, "%04zx", slot);
	return true;
}

/* Any slot at all for what is no id; the comparison of the whole tells. */
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
	while (sessions->slots[sessions->turn])
		sessions->turn = (sessions->turn + 1) % SESSIONS_MAX;
	return sessions->turn;
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
		news_finish(&sessions->news);
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

struct session *
session_oldest_stranger(const struct sessions *sessions)
{
	struct session *oldest = NULL;

	for (size_t i = 0; i < SESSIONS_MAX; i++) {
		struct session *session = sessions->slots[i];

		if (session && !session->joined &&
			(!oldest || session->born_ms < oldest->born_ms))
			oldest = session;
	}
	return oldest;
}

void
sessions_finish(struct sessions *sessions)
{
	for (size_t i = 0; i < SESSIONS_MAX; i++)
		if (sessions->slots[i])
			session_free(sessions, sessions->slots[i]);
	news_finish(&sessions->news);
}

/* ------------------------------------------------------------- what they say */

enum session_end
session_say(struct session *session, const char *text, size_t len)
{
	if (session->said_packets == POLL_PACKETS ||
		session->said_len + 1 + len > sizeof(session->said))
		return END_SLOW;
	if (session->said_len > 0)
		session->said[session->said_len++] = ENGINEIO_SEPARATOR;
	memcpy(session->said + session->said_len, text, len);
	session->said_len += len;
	session->said_packets++;
	return END_NOT;
}

/* The namespace / may come with a query behind it. */
static bool
is_root(const struct packet *packet)
{
	return packet->space_len == 1 || packet->space[1] == '?';
}

static enum session_end
join(struct sessions *sessions, struct session *session, const struct packet *packet)
{
	char text[ENGINEIO_PACKET_MAX];

	if (!is_root(packet))
		return session_say(session, text, packet_refused(text, packet));
	if (!session->joined) {
		session->joined = true;
		session->next = sessions->news.end;
		sessions->n_joined++;
	}
	return session_say(session, text, packet_connected(text, session->socket_id));
}

static enum session_end
leave(struct sessions *sessions, struct session *session, const struct packet *packet)
{
	if (is_root(packet) && session->joined) {
		session->joined = false;
		sessions->n_joined--;
	}
	return END_NOT;
}

enum session_end
session_take(struct sessions *sessions, struct session *session,
	const struct packet *packet, uint64_t now_ms)
{
	char text[ENGINEIO_PACKET_MAX];

	switch (packet->kind) {
	case PACKET_NOTHING:
		return END_NOT;
	case PACKET_CLOSE:
		return END_ASKED;
	case PACKET_PONG:
		if (session->pinged)
			session->due_ms = now_ms + ENGINEIO_PING_INTERVAL;
		session->pinged = false;
		return END_NOT;
	case PACKET_CONNECT:
		return join(sessions, session, packet);
	case PACKET_DISCONNECT:
		return leave(sessions, session, packet);
	case PACKET_EVENT:
		if (packet->number_len == 0 || !session->joined || !is_root(packet))
			return END_NOT;
		return session_say(session, text, packet_acknowledged(text, packet));
	case PACKET_UPGRADE:
	case PACKET_BROKEN:
		break;
	}
	return END_BROKEN;
}

/* -------------------------------------------------------- what they are told */

enum session_end
session_tick(struct session *session, uint64_t now_ms)
{
	if (now_ms < session->due_ms)
		return END_NOT;
	if (session->pinged)
		return END_SILENT;
	session->pinged = true;
	session->due_ms = now_ms + ENGINEIO_PING_TIMEOUT;
	return session_say(session, ENGINEIO_PING, strlen(ENGINEIO_PING));
}

uint64_t
session_behind(const struct sessions *sessions, const struct session *session)
{
	return session->joined ? sessions->news.end - session->next : 0;
}

enum session_end
session_check(const struct sessions *sessions, const struct session *session)
{
	return session->joined && session->next < sessions->news.first ? END_SLOW
								       : END_NOT;
}

size_t
session_body(struct sessions *sessions, struct session *session)
{
	const struct news *news = &sessions->news;
	size_t len = session->said_len, packets = session->said_packets;

	memcpy(sessions->body, session->said, len);
	session->said_len = session->said_packets = 0;
	while (packets < POLL_PACKETS && session_behind(sessions, session) > 0) {
		struct news_piece piece;

		news_text(news, session->next, &piece);
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

const char *
session_end_text(enum session_end end)
{
	static const char *const texts[] = {
		[END_NOT] = "it goes on",
		[END_ASKED] = "it asked for it",
		[END_BROKEN] = "it broke the protocol",
		[END_SILENT] = "it did not answer a ping",
		[END_SLOW] = "it does not take what it is told",
		[END_CROWDED] = "it never joined, and others want its place",
		[END_LOST] = "its WebSocket is gone",
		[END_STOP] = "the plugin stops",
	};

	return texts[end];
}
