/* SPDX-License-Identifier: MIT */
/* socket.io: sessions begin and end, time passes for them, and they are told the news. */
#include "http/socketio/socketio.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "http/http.h"

/* News go out at once, and then together with what came in so long a time: clients count
 * frames a second, and the loop has others to serve. */
#define FLUSH_MS 20

/* How often sessions are looked at; while one is probed, GETs may have to come back. */
#define SWEEP_MS 1000
#define PROBE_SWEEP_MS 100

/* A WebSocket must have taken its session over after this. */
#define PROBE_MS 10000

static uint64_t
now_ms(const struct socketio *io)
{
	return uv_now(io->sweep.loop);
}

/* -------------------------------------------------------------- begin and end */

struct session *
socketio_open(struct socketio *io)
{
	struct session *unjoined;

	if (io->sessions.n == SESSIONS_MAX) {
		unjoined = session_oldest_unjoined(&io->sessions);
		if (unjoined)
			(void)socketio_end(io, unjoined, END_EVICTED);
	}
	return session_new(&io->sessions, now_ms(io));
}

bool
socketio_end(struct socketio *io, struct session *session, enum session_end end)
{
	static const uint16_t codes[] = {
		[END_BY_CLIENT] = WEBSOCKET_NORMAL,
		[END_PROTOCOL_ERROR] = WEBSOCKET_PROTOCOL_ERROR,
		[END_PING_TIMEOUT] = WEBSOCKET_POLICY,
		[END_SLOW] = WEBSOCKET_POLICY,
		[END_EVICTED] = WEBSOCKET_POLICY,
		[END_CONNECTION_LOST] = WEBSOCKET_NORMAL,
		[END_SHUTDOWN] = WEBSOCKET_GOING_AWAY,
	};

	if (end == END_NONE)
		return false;
	mural_log(io->http->host, MURAL_DEBUG, "socket.io session %s ends: %s",
		session->id, session_end_text(end));
	if (end == END_PROTOCOL_ERROR)
		http_discard(io->http, MURAL_MALFORMED);
	if (session->socket)
		session_socket_detach(io, session, codes[end]);
	polling_respond(session);
	session_free(&io->sessions, session);
	return true;
}

void
socketio_pump(struct socketio *io, struct session *session)
{
	if (socketio_end(io, session, session_check(&io->sessions, session)))
		return;
	if (session->transport == TRANSPORT_WEBSOCKET)
		session_socket_pump(io, session);
	else if (session_has_output(&io->sessions, session))
		polling_respond(session);
}

/* ---------------------------------------------------------------------- news */

static void
on_flush(uv_timer_t *timer)
{
	struct socketio *io = timer->data;

	io->flushed_ms = now_ms(io);
	for (size_t i = 0; i < SESSIONS_MAX; i++) {
		struct session *session = io->sessions.slots[i];

		if (session && session->joined)
			socketio_pump(io, session);
	}
}

/* Nobody goes on as if nothing had happened: they come again, and look at the board. */
static void
end_listeners(struct socketio *io)
{
	for (size_t i = 0; i < SESSIONS_MAX; i++) {
		struct session *session = io->sessions.slots[i];

		if (session && session->joined)
			(void)socketio_end(io, session, END_SLOW);
	}
}

bool
socketio_has_listeners(const struct http *http)
{
	return http->socketio && http->socketio->sessions.n_joined > 0;
}

void
socketio_emit(struct http *http, const char *event, const char *json)
{
	struct socketio *io = http->socketio;
	uint64_t due_ms;
	int len;

	if (!socketio_has_listeners(http))
		return;
	len = engineio_event(io->sessions.body, sizeof(io->sessions.body), event, json);
	if (len < 0 || event_ring_add(&io->sessions.events, io->sessions.body, len) < 0) {
		end_listeners(io);
		return;
	}
	due_ms = io->flushed_ms + FLUSH_MS;
	if (!uv_is_active((uv_handle_t *)&io->flush))
		uv_timer_start(&io->flush, on_flush,
			due_ms > now_ms(io) ? due_ms - now_ms(io) : 0, 0);
}

/* ---------------------------------------------------------------------- time */

static void on_sweep(uv_timer_t *timer);

void
socketio_sweep_soon(struct socketio *io)
{
	uv_timer_start(&io->sweep, on_sweep, PROBE_SWEEP_MS, 0);
}

/* True while it must be looked after often. */
static bool
sweep_session(struct socketio *io, struct session *session)
{
	enum session_end end = session_tick(session, now_ms(io));

	if (socketio_end(io, session, end))
		return false;
	if (session->socket && session->transport != TRANSPORT_WEBSOCKET &&
		now_ms(io) - session->probed_ms >= PROBE_MS)
		session_socket_detach(io, session, WEBSOCKET_POLICY);
	/* a client that was probed may have sent a last GET that crossed the answer */
	if (session->transport == TRANSPORT_PROBING) {
		polling_respond(session);
		return true;
	}
	if (session->queue_len > 0)
		socketio_pump(io, session);
	return false;
}

static void
on_sweep(uv_timer_t *timer)
{
	struct socketio *io = timer->data;
	bool hurry = false;

	for (size_t i = 0; i < SESSIONS_MAX; i++)
		if (io->sessions.slots[i])
			hurry |= sweep_session(io, io->sessions.slots[i]);
	uv_timer_start(&io->sweep, on_sweep, hurry ? PROBE_SWEEP_MS : SWEEP_MS, 0);
}

/* ---------------------------------------------------------------- start, stop */

int
socketio_start(struct http *http)
{
	struct socketio *io = calloc(1, sizeof(*io));

	if (!io) {
		mural_log(http->host, MURAL_ERROR, "no memory for socket.io");
		return -ENOMEM;
	}
	io->http = http;
	uv_timer_init(http->host->loop, &io->sweep);
	uv_timer_init(http->host->loop, &io->flush);
	io->sweep.data = io->flush.data = io;
	io->handles = 2;
	uv_timer_start(&io->sweep, on_sweep, SWEEP_MS, 0);
	http->socketio = io;
	http_hold(http);
	return 0;
}

void
socketio_release(struct socketio *io)
{
	struct http *http = io->http;

	if (--io->handles > 0)
		return;
	http->socketio = NULL;
	sessions_finish(&io->sessions);
	free(io);
	http_release(http);
}

static void
on_handle_closed(uv_handle_t *handle)
{
	socketio_release(handle->data);
}

void
socketio_stop(struct http *http)
{
	struct socketio *io = http->socketio;

	if (!io)
		return;
	io->stopping = true;
	for (size_t i = 0; i < SESSIONS_MAX; i++)
		if (io->sessions.slots[i])
			(void)socketio_end(io, io->sessions.slots[i], END_SHUTDOWN);
	for (struct session_socket *socket = io->sockets; socket; socket = socket->next)
		websocket_drop(&socket->ws);
	uv_close((uv_handle_t *)&io->sweep, on_handle_closed);
	uv_close((uv_handle_t *)&io->flush, on_handle_closed);
}
