/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes what two Socket.IO clients send while events occur: each must get every event
 * since it joined, once and in order, by polling or by WebSocket, and no message that is
 * too long.  tests/unit/http/test-socketio runs it on mutations of valid bodies.
 */
#include "fuzz/fuzz.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/socketio/engineio.h"
#include "http/socketio/event-ring.h"
#include "http/socketio/session.h"

struct listener {
	struct session *session;
	bool joined;
	uint64_t next; /* event that must come next */
};

struct play {
	struct sessions *sessions;
	struct listener listeners[2];
	uint64_t now_ms, events;
};

static bool
begins(const char *text, size_t len, const char *with)
{
	return len >= strlen(with) && memcmp(text, with, strlen(with)) == 0;
}

static void
check_packet(const char *text, size_t len)
{
	struct engineio_packet packet = engineio_parse(text, len);
	size_t shorter = len < ENGINEIO_PACKET_MAX ? len : ENGINEIO_PACKET_MAX;
	struct engineio_packet again = engineio_parse(text, shorter);
	bool in_namespace = packet.kind == PACKET_CONNECT ||
			    packet.kind == PACKET_EVENT ||
			    packet.kind == PACKET_DISCONNECT;

	assert(packet.kind == again.kind);
	if (!in_namespace)
		return;
	assert(packet.namespace_len >= 1 &&
		packet.namespace_len <= SOCKETIO_NAMESPACE_MAX);
	assert(packet.namespace[0] == '/');
	for (size_t i = 0; i < packet.namespace_len; i++)
		assert(packet.namespace[i] > ' ' && packet.namespace[i] <= '~');
	assert(packet.ack_id_len <= SOCKETIO_ACK_ID_MAX);
	assert(packet.ack_id + packet.ack_id_len <= text + len);
}

/* Events must come in order, none missing and none twice. */
static void
check_event(struct listener *listener, const char *text, size_t len)
{
	unsigned long long n;
	char copy[64] = "";

	memcpy(copy, text, len < sizeof(copy) - 1 ? len : sizeof(copy) - 1);
	if (sscanf(copy, "42[\"e\",%llu]", &n) == 1)
		assert(n == listener->next++);
	else
		assert(begins(text, len, "40{\"sid\":\"") || begins(text, len, "44/") ||
			begins(text, len, "43") || begins(text, len, "2"));
}

static void
listener_poll(struct play *play, struct listener *listener)
{
	size_t len = session_body(play->sessions, listener->session), packets = 0;
	const char *text = play->sessions->body;

	while (len > 0) {
		const char *begin = text;
		size_t packet_len = engineio_split(&text, &len);

		assert(++packets <= POLL_PACKETS && packet_len > 0);
		check_event(listener, begin, packet_len);
	}
	if (packets < POLL_PACKETS)
		assert(!session_has_output(play->sessions, listener->session));
}

/* The frames that a WebSocket would get, in small portions. */
static void
listener_push(struct play *play, struct listener *listener)
{
	struct session *session = listener->session;
	struct event_ring_slice piece;
	uint8_t frames[4096];

	while (session_backlog(play->sessions, session) > 0) {
		size_t at = 0;

		session->next = event_ring_frames(
			&play->sessions->events, session->next, 100, &piece);
		assert(piece.head_len + piece.body_len <= sizeof(frames));
		memcpy(frames, piece.head, piece.head_len);
		memcpy(frames + piece.head_len, piece.body, piece.body_len);
		while (at < piece.head_len + piece.body_len) {
			assert(frames[at] == 0x81 && frames[at + 1] < 126);
			check_event(listener, (char *)frames + at + 2, frames[at + 1]);
			at += 2 + frames[at + 1];
		}
		assert(at == piece.head_len + piece.body_len);
	}
}

static void
listener_open(struct play *play, struct listener *listener)
{
	*listener = (struct listener){ 0 };
	listener->session = session_new(play->sessions, play->now_ms);
	assert(listener->session);
	assert(session_find(play->sessions, listener->session->id) == listener->session);
}

static void
listener_close(struct play *play, struct listener *listener)
{
	uintptr_t handle = listener->session->handle;

	session_free(play->sessions, listener->session);
	assert(!session_get(play->sessions, handle));
	listener_open(play, listener);
}

static void
listener_post(
	struct play *play, struct listener *listener, const uint8_t *data, size_t len)
{
	char *copy = (char *)fuzz_copy(data, len);
	const char *text = copy;

	while (len > 0) {
		const char *packet_text = text;
		size_t packet_len = engineio_split(&text, &len);
		struct engineio_packet packet = engineio_parse(packet_text, packet_len);

		check_packet(packet_text, packet_len);
		if (session_receive(play->sessions, listener->session, &packet,
			    play->now_ms) != END_NONE) {
			listener_close(play, listener);
			break;
		}
		if (listener->session->joined && !listener->joined)
			listener->next = play->events;
		listener->joined = listener->session->joined;
	}
	free(copy);
}

static void
emit_event(struct play *play)
{
	char json[24], text[64];
	int len;

	snprintf(json, sizeof(json), "%llu", (unsigned long long)play->events);
	len = engineio_event(text, sizeof(text), "e", json);
	assert(event_ring_add(&play->sessions->events, text, len) == 0);
	play->events++;
}

static void
pass_time(struct play *play, struct listener *listener, uint64_t ms)
{
	play->now_ms += ms;
	if (session_tick(listener->session, play->now_ms) != END_NONE)
		listener_close(play, listener);
}

static void
step(struct play *play, uint8_t what, const uint8_t *data, size_t len)
{
	struct listener *listener = &play->listeners[what & 1];

	switch (what >> 1 & 7) {
	case 0:
	case 1:
		emit_event(play);
		break;
	case 2:
		listener_poll(play, listener);
		break;
	case 3:
		listener_push(play, listener);
		break;
	case 4:
		pass_time(play, listener, (what >> 4) * UINT64_C(3000));
		break;
	default:
		listener_post(play, listener, data, len);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct play play = { .sessions = calloc(1, sizeof(*play.sessions)) };

	assert(play.sessions);
	listener_open(&play, &play.listeners[0]);
	listener_open(&play, &play.listeners[1]);
	/* steps end with a newline, which no packet needs */
	while (len > 0) {
		const uint8_t *newline = memchr(data, '\n', len);
		size_t step_len = newline ? (size_t)(newline - data) : len;

		if (step_len > 0)
			step(&play, data[0], data + 1, step_len - 1);
		data += step_len + (newline != NULL);
		len -= step_len + (newline != NULL);
	}
	for (int i = 0; i < 2; i++) {
		struct listener *listener = &play.listeners[i];

		while (session_has_output(play.sessions, listener->session))
			listener_poll(&play, listener);
		assert(!listener->joined || listener->next == play.events);
	}
	sessions_finish(play.sessions);
	free(play.sessions);
	return 0;
}
