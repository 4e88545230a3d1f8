/* SPDX-License-Identifier: MIT */
/* Starts and ends socket.io sessions, checks their time-outs and sends them events. */
#include "http/socketio/socketio.h"

#include <string.h>

/* An event is sent at once, and those of the next FLUSH_MS together, to save frames. */
#define FLUSH_MS 20

/* How many sessions are sent theirs before others have a turn; each takes some ten
 * microseconds. */
#define FLUSHED_PER_TURN 256

/* How often sessions are checked; while one is probed, its GET must be answered soon. */
#define SWEEP_MS 1000
#define PROBE_SWEEP_MS 100

/* A probe must be followed by an upgrade within this. */
#define PROBE_MS 10000

static uint64_t
now_ms(const struct socketio *io)
{
	return uv_now(io->sweep.loop);
}

/* ----------------------------------------------------------------- open, end */

static void
make_room(struct socketio *io)
{
	struct session *sessions[SESSIONS_PART];
	size_t n = sessions_to_give_way(&io->sessions, sessions);

	for (size_t i = 0; i < n; i++)
		(void)socketio_end(io, sessions[i], END_EVICTED);
}

struct session *
socketio_open(struct socketio *io, uint64_t source)
{
	struct session *session;

	if (io->sessions.n == SESSIONS_MAX)
		make_room(io);
	session = session_new(&io->sessions, now_ms(io));
	if (session)
		session->source = source;
	return session;
}

bool
socketio_end(struct socketio *io, struct session *session, enum session_end end)
{
	static const struct {
		uint16_t code; /* of the WebSocket */
		const char *reason;
	} ends[] = {
		[END_BY_CLIENT] = { WEBSOCKET_NORMAL, "the client closed it" },
		[END_PROTOCOL_ERROR] = { WEBSOCKET_PROTOCOL_ERROR, "protocol error" },
		[END_PING_TIMEOUT] = { WEBSOCKET_POLICY, "no answer to a ping" },
		[END_SLOW] = { WEBSOCKET_POLICY, "the client reads too slowly" },
		[END_EVICTED] = { WEBSOCKET_POLICY,
			"its address has most of too many sessions" },
		[END_CONNECTION_LOST] = { WEBSOCKET_NORMAL, "its WebSocket was closed" },
		[END_SHUTDOWN] = { WEBSOCKET_GOING_AWAY, "the plugin stops" },
	};

	if (end == END_NONE)
		return false;
	mural_log(io->web->host, MURAL_DEBUG, "socket.io session %s ends: %s",
		session->id, ends[end].reason);
	if (end == END_PROTOCOL_ERROR)
		web_discard(io->web, MURAL_MALFORMED);
	if (session->socket)
		session_socket_detach(io, session, ends[end].code);
	polling_end(session, end == END_BY_CLIENT);
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

/* -------------------------------------------------------------------- events */

/* False: all have theirs. */
static bool
flush_some(struct socketio *io)
{
	for (size_t n = 0; io->flush_next < SESSIONS_MAX; io->flush_next++) {
		struct session *session = io->sessions.slots[io->flush_next];

		if (!session || !session->joined)
			continue;
		if (n++ == FLUSHED_PER_TURN)
			return true;
		socketio_pump(io, session);
	}
	io->flush_next = 0;
	return false;
}

static void
on_flush(uv_timer_t *timer)
{
	struct socketio *io = timer->data;

	if (io->flush_next == 0) {
		io->flushed_ms = now_ms(io);
		io->flush_end = io->sessions.events.end;
	}
	if (flush_some(io))
		uv_timer_start(timer, on_flush, 1, 0);
	else if (io->sessions.events.end > io->flush_end)
		uv_timer_start(timer, on_flush, FLUSH_MS, 0);
}

/* An event cannot be sent: listeners must reconnect, and fetch the board. */
static void
end_listeners(struct socketio *io)
{
	for (size_t i = 0; i < SESSIONS_MAX; i++) {
		struct session *session = io->sessions.slots[i];

		if (session && session->joined)
			(void)socketio_end(io, session, END_SLOW);
	}
}

void
socketio_emit(struct socketio *io, const char *event, const char *json)
{
	uint64_t due_ms;
	int len;

	if (!socketio_has_listeners(io))
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

/* ----------------------------------------------------------------- time-outs */

static void on_sweep(uv_timer_t *timer);

void
socketio_sweep_soon(struct socketio *io)
{
	uv_timer_start(&io->sweep, on_sweep, PROBE_SWEEP_MS, 0);
}

/* True while it is being probed. */
static bool
sweep_session(struct socketio *io, struct session *session)
{
	enum session_end end = session_tick(session, now_ms(io));

	if (socketio_end(io, session, end))
		return false;
	if (session->socket && session->transport != TRANSPORT_WEBSOCKET &&
		now_ms(io) - session->probed_ms >= PROBE_MS)
		session_socket_detach(io, session, WEBSOCKET_POLICY);
	/* a last GET may have crossed the answer to the probe */
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
	bool probing = false;

	for (size_t i = 0; i < SESSIONS_MAX; i++)
		if (io->sessions.slots[i])
			probing |= sweep_session(io, io->sessions.slots[i]);
	uv_timer_start(&io->sweep, on_sweep, probing ? PROBE_SWEEP_MS : SWEEP_MS, 0);
}

/* ---------------------------------------------------------------- start, stop */

void
socketio_start(struct socketio *io, struct web *web)
{
	io->web = web;
	uv_timer_init(web->host->loop, &io->sweep);
	uv_timer_init(web->host->loop, &io->flush);
	io->sweep.data = io->flush.data = io;
	web_hold(web);
	web_hold(web);
	uv_timer_start(&io->sweep, on_sweep, SWEEP_MS, 0);
}

void
socketio_stop(struct socketio *io)
{
	if (!io->web)
		return;
	io->stopping = true;
	for (size_t i = 0; i < SESSIONS_MAX; i++)
		if (io->sessions.slots[i])
			(void)socketio_end(io, io->sessions.slots[i], END_SHUTDOWN);
	for (struct session_socket *socket = io->sockets; socket; socket = socket->next)
		websocket_drop(&socket->ws);
	web_close_handle(io->web, (uv_handle_t *)&io->sweep);
	web_close_handle(io->web, (uv_handle_t *)&io->flush);
	sessions_finish(&io->sessions);
}
