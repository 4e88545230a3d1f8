/* SPDX-License-Identifier: MIT */
/* Tests packets, sessions and events of socket.io: vectors, limits and mutations. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "http/socketio/engineio.h"
#include "http/socketio/event-ring.h"
#include "http/socketio/session.h"
#include "support/vectors.h"

static struct engineio_packet
parse(const char *text)
{
	return engineio_parse(text, strlen(text));
}

/* --------------------------------------------------------------------- codec */

TEST(packets_are_parsed)
{
	static const struct {
		const char *text;
		enum engineio_packet_kind kind;
		const char *namespace, *ack_id;
	} cases[] = {
		{ "1", PACKET_CLOSE, NULL, NULL },
		{ "3", PACKET_PONG, NULL, NULL },
		{ "5", PACKET_UPGRADE, NULL, NULL },
		{ "6", PACKET_NOTHING, NULL, NULL },
		{ "40", PACKET_CONNECT, "/", "" },
		{ "40{\"token\":\"x\"}", PACKET_CONNECT, "/", "" },
		{ "40/foo,", PACKET_CONNECT, "/foo", "" },
		{ "40/foo", PACKET_CONNECT, "/foo", "" },
		{ "40/foo,{\"a\":1}", PACKET_CONNECT, "/foo", "" },
		{ "41", PACKET_DISCONNECT, "/", "" },
		{ "41/foo,", PACKET_DISCONNECT, "/foo", "" },
		{ "42[\"x\"]", PACKET_EVENT, "/", "" },
		{ "4217[\"x\"]", PACKET_EVENT, "/", "17" },
		{ "42/foo,1234567890[\"x\"]", PACKET_EVENT, "/foo", "1234567890" },
		{ "430[]", PACKET_NOTHING, NULL, NULL },
		{ "", PACKET_BROKEN, NULL, NULL },
		{ "0{}", PACKET_BROKEN, NULL, NULL },
		{ "2", PACKET_BROKEN, NULL, NULL },
		{ "4", PACKET_BROKEN, NULL, NULL },
		{ "44", PACKET_BROKEN, NULL, NULL },
		{ "451-[\"x\",{\"_placeholder\":true,\"num\":0}]", PACKET_BROKEN, NULL,
			NULL },
		{ "bAQID", PACKET_BROKEN, NULL, NULL },
		{ "4212345678901[\"x\"]", PACKET_BROKEN, NULL, NULL },
		{ "40/f oo,", PACKET_BROKEN, NULL, NULL },
		{ "40/\xc3\xa9,", PACKET_BROKEN, NULL, NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct engineio_packet packet = parse(cases[i].text);

		assert_int_equal(packet.kind, cases[i].kind);
		if (!cases[i].namespace)
			continue;
		assert_int_equal(packet.namespace_len, strlen(cases[i].namespace));
		assert_memory_equal(
			packet.namespace, cases[i].namespace, packet.namespace_len);
		assert_int_equal(packet.ack_id_len, strlen(cases[i].ack_id));
		assert_memory_equal(packet.ack_id, cases[i].ack_id, packet.ack_id_len);
	}
}

TEST(a_namespace_has_a_limit)
{
	char text[300] = "40/";

	memset(text + 3, 'x', SOCKETIO_NAMESPACE_MAX - 1);
	assert_int_equal(parse(text).kind, PACKET_CONNECT);
	text[3 + SOCKETIO_NAMESPACE_MAX - 1] = 'x';
	assert_int_equal(parse(text).kind, PACKET_BROKEN);
	memset(text + 3, 'x', 290);
	assert_int_equal(parse(text).kind, PACKET_BROKEN);
}

TEST(bodies_are_split)
{
	const char *text = "40\x1e\x1e"
			   "3";
	size_t len = strlen(text);

	assert_int_equal(engineio_split(&text, &len), 2);
	assert_int_equal(engineio_split(&text, &len), 0);
	assert_string_equal(text, "3");
	assert_int_equal(engineio_split(&text, &len), 1);
	assert_int_equal(len, 0);
}

/* --------------------------------------------------------------------- vectors */

static void
replace(char *text, size_t size, const char *what, const char *with)
{
	char *at = strstr(text, what);
	char rest[1024];

	if (!at)
		return;
	snprintf(rest, sizeof(rest), "%s", at + strlen(what));
	snprintf(at, size - (at - text), "%s%s", with, rest);
}

/* A polling session's answer to one packet; `joined`: after it has joined. */
static void
answer_packet(const char *text_in, char *text, size_t size, bool joined)
{
	struct sessions *sessions = calloc(1, sizeof(*sessions));
	struct session *session = session_new(sessions, 0);
	struct engineio_packet packet = parse("40");

	if (joined) {
		session_receive(sessions, session, &packet, 0);
		session_body(sessions, session);
	}
	packet = parse(text_in);
	assert_int_equal(session_receive(sessions, session, &packet, 0), END_NONE);
	snprintf(
		text, size, "%.*s", (int)session_body(sessions, session), sessions->body);
	replace(text, size, session->socket_id, "<ssid>");
	sessions_finish(sessions);
	free(sessions);
}

TEST(vectors_hold)
{
	static const struct {
		const char *name;
		bool joined;
	} sent[] = { { "connect", false }, { "connect-auth", false },
		{ "connect-other-namespace", false }, { "disconnect", true } };
	json_t *file = vectors_load("engineio.json"), *vector;
	unsigned n = 0;
	char got[256];
	size_t at;

	json_array_foreach(json_object_get(file, "vectors"), at, vector)
	{
		for (size_t i = 0; i < sizeof(sent) / sizeof(sent[0]); i++) {
			if (strcmp(sent[i].name, vector_text(vector, "name")) != 0)
				continue;
			answer_packet(vector_text(vector, "send"), got, sizeof(got),
				sent[i].joined);
			assert_string_equal(got, vector_get(vector, "recv")
							 ? vector_text(vector, "recv")
							 : "");
			n++;
		}
	}
	assert_int_equal(n, 4);
	json_decref(file);
}

/* -------------------------------------------------------------------- sessions */

TEST(who_has_most_sessions_gives_way)
{
	struct sessions *sessions = calloc(1, sizeof(*sessions));
	struct session *modest = session_new(sessions, 0), *unjoined, *session;
	struct session *first[SESSIONS_PART];

	modest->source = 1;
	unjoined = NULL;
	for (uint64_t born_ms = 1; (session = session_new(sessions, born_ms));
		born_ms++) {
		session->source = 2;
		session->joined = born_ms != 7;
		if (!session->joined)
			unjoined = session;
	}
	assert_int_equal(sessions_to_give_way(sessions, first), SESSIONS_PART);
	assert_ptr_equal(first[0], unjoined);
	unjoined->joined = true;
	assert_int_equal(sessions_to_give_way(sessions, first), SESSIONS_PART);
	for (size_t i = 0; i < SESSIONS_PART; i++)
		assert_int_equal(first[i]->born_ms, 1 + i);
	sessions_finish(sessions);
	free(sessions);
}

TEST(of_many_sources_one_session_gives_way)
{
	struct sessions *sessions = calloc(1, sizeof(*sessions));
	struct session *session, *first[SESSIONS_PART];

	for (uint64_t source = 1; (session = session_new(sessions, source)); source++)
		session->source = source;
	assert_int_equal(sessions_to_give_way(sessions, first), 1);
	assert_int_equal(first[0]->source, 1);
	sessions_finish(sessions);
	free(sessions);
}

TEST(ids_are_all_different)
{
	struct sessions *sessions = calloc(1, sizeof(*sessions));
	struct session *session, *first = session_new(sessions, 0);
	uintptr_t handle;
	char id[ENGINEIO_ID_LEN + 1];

	assert_int_equal(strlen(first->id), ENGINEIO_ID_LEN);
	assert_string_not_equal(first->id, first->socket_id);
	while ((session = session_new(sessions, 1)))
		assert_memory_not_equal(session->id, first->id, 20);
	assert_int_equal(sessions->n, SESSIONS_MAX);
	for (size_t i = 0; i < SESSIONS_MAX; i++)
		assert_ptr_equal(session_find(sessions, sessions->slots[i]->id),
			sessions->slots[i]);

	strcpy(id, first->id);
	handle = first->handle;
	session_free(sessions, first);
	assert_null(session_find(sessions, id));
	session = session_new(sessions, 2);
	assert_non_null(session);
	assert_null(session_get(sessions, handle));
	assert_null(session_find(sessions, id));
	assert_null(session_find(sessions, ""));
	assert_null(session_find(sessions, "zzzzzzzzzzzzzzzzzzzzzzzz"));
	sessions_finish(sessions);
	free(sessions);
}

TEST(silence_ends_a_session)
{
	struct sessions *sessions = calloc(1, sizeof(*sessions));
	struct session *session = session_new(sessions, 1000);
	struct engineio_packet pong = parse("3");

	assert_int_equal(session_tick(session, 25999), END_NONE);
	assert_int_equal(session->queue_len, 0);
	assert_int_equal(session_tick(session, 26000), END_NONE);
	assert_int_equal(session->queue_len, 1);
	assert_int_equal(session_tick(session, 45999), END_NONE);
	assert_int_equal(session_receive(sessions, session, &pong, 45999), END_NONE);
	assert_int_equal(session_tick(session, 70998), END_NONE);
	assert_int_equal(session->queue_len, 1);
	assert_int_equal(session_tick(session, 70999), END_NONE);
	assert_int_equal(session->queue_len, 3);
	assert_memory_equal(session->queue,
		"2\x1e"
		"2",
		3);
	assert_int_equal(session_tick(session, 90999), END_PING_TIMEOUT);
	sessions_finish(sessions);
	free(sessions);
}

/* Packets that are not fetched do not pile up. */
TEST(a_queue_has_a_limit)
{
	struct sessions *sessions = calloc(1, sizeof(*sessions));
	struct session *session = session_new(sessions, 0);
	struct engineio_packet packet = parse("40/foo,");
	int n = 0;

	while (session_receive(sessions, session, &packet, 0) == END_NONE)
		n++;
	assert_int_equal(n, POLL_PACKETS);
	/* and are forgotten once they are fetched */
	assert_true(session_body(sessions, session) > 0);
	assert_null(session->queue);
	assert_int_equal(session_receive(sessions, session, &packet, 0), END_NONE);
	sessions_finish(sessions);
	free(sessions);
}

/* ---------------------------------------------------------------------- events */

TEST(slow_listeners_are_detected)
{
	struct sessions *sessions = calloc(1, sizeof(*sessions));
	struct session *slow = session_new(sessions, 0),
		       *quick = session_new(sessions, 0);
	struct engineio_packet connect = parse("40");
	char text[2000];
	uint64_t told = 0;

	session_receive(sessions, slow, &connect, 0);
	session_receive(sessions, quick, &connect, 0);
	session_body(sessions, quick);
	memset(text, 'x', sizeof(text));
	for (int i = 0; i < 40000; i++) {
		size_t len = i % 3 ? 40 : sizeof(text);
		char number[8];

		snprintf(number, sizeof(number), "%07d", i);
		memcpy(text, number, 7);
		assert_int_equal(event_ring_add(&sessions->events, text, len), 0);
		assert_int_equal(session_check(sessions, quick), END_NONE);
		assert_int_equal(session_backlog(sessions, quick), 1);
		assert_int_equal(session_body(sessions, quick), len);
		assert_memory_equal(sessions->body, text, len);
		told += len + (len < 126 ? 2 : 4);
		/* as many events are kept as fit */
		assert_true(session_check(sessions, slow) ==
			    (told > EVENT_RING_BYTES ? END_SLOW : END_NONE));
	}
	assert_int_equal(
		event_ring_add(&sessions->events, text, EVENT_RING_EVENT_MAX + 1),
		-EMSGSIZE);
	sessions_finish(sessions);
	assert_null(sessions->events.bytes);
	free(sessions);
}

TEST(many_small_events_are_kept)
{
	struct event_ring ring = { 0 };
	struct event_ring_slice piece;

	for (int i = 0; i < EVENT_RING_EVENTS + 5; i++)
		assert_int_equal(event_ring_add(&ring, "abc", 3), 0);
	assert_int_equal(ring.end - ring.first, EVENT_RING_EVENTS);
	assert_int_equal(event_ring_frames(&ring, ring.first, 1, &piece), ring.first + 1);
	assert_int_equal(piece.head_len + piece.body_len, 5);
	assert_int_equal(
		event_ring_frames(&ring, ring.first, 14, &piece), ring.first + 2);
	assert_int_equal(
		event_ring_frames(&ring, ring.first, EVENT_RING_BYTES, &piece), ring.end);
	assert_int_equal(piece.head_len + piece.body_len, 5 * EVENT_RING_EVENTS);
	event_ring_finish(&ring);
}

/* -------------------------------------------------------------------- any input */

static const char honest[] =
	"z40\n\x01\n\x04\n{40/foo,\x1e"
	"4217[\"x\"]\x1e"
	"3\n\x02\n\x05\n\xf8\n\xf9\nz3\n{41\n\x06\n\x07\n{40{}\n\x01\n\x07\nz1\n\x04";

TEST(any_input_is_handled)
{
	uint8_t changed[sizeof(honest)];
	size_t len = sizeof(honest) - 1;

	srandom(5);
	LLVMFuzzerTestOneInput((const uint8_t *)honest, len);
	for (int round = 0; round < 5000; round++) {
		size_t changes = random() % 6, cut = 2 + random() % (len - 1);

		memcpy(changed, honest, len);
		for (size_t i = 0; i < changes; i++)
			changed[random() % len] =
				random() % 3 ? random()
					     : (uint8_t) "\n\x1e/,"[random() % 4];
		LLVMFuzzerTestOneInput(changed, cut);
	}
}

/* Inputs that `make fuzz` found. */
TEST(the_corpus_does_no_harm)
{
	assert_true(fuzz_replay("engineio") > 10);
}

UNIT_TESTS(NULL, NULL)
