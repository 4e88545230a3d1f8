/* SPDX-License-Identifier: MIT */
/* The route /socket.io/: the handshake, polling, and upgrades to WebSocket. */
#include <string.h>

#include "http/socketio/socketio.h"

#define PLAIN "text/plain; charset=UTF-8"

#define INVALID_SESSION "\"Invalid session\""

/* The session of a GET, by its handle; NULL: the session has ended.  The handle is 0 once
 * the client has closed it. */
static struct session *
session_of(const struct request *request)
{
	const struct socketio *io = request->subject;

	return session_get(&io->sessions, (uintptr_t)request->data);
}

/* ------------------------------------------------------------------- replying */

/* Pages of any origin may listen: nothing here is secret.  The header fields are those of
 * the reference server. */
static enum MHD_Result
reply_any_origin(struct request *request, unsigned status, struct MHD_Response *response)
{
	const char *origin = request_header(request, "Origin");

	response = response_with(response, "Access-Control-Allow-Credentials", "true");
	response = response_with(response, "Vary", "Origin");
	if (origin)
		response = response_with(response, "Access-Control-Allow-Origin", origin);
	return reply_send(request, status, response);
}

static enum MHD_Result
polling_reply(struct request *request, unsigned status, const char *text, size_t len)
{
	request_holds(request, HOLDING_ANSWERS, request, len);
	return reply_any_origin(request, status, response_copy(text, len, PLAIN));
}

/* The text is a JSON string with its quotes. */
static enum MHD_Result
polling_reply_bad(struct request *request, const char *text)
{
	return polling_reply(request, MHD_HTTP_BAD_REQUEST, text, strlen(text));
}

static enum MHD_Result
polling_reject(struct request *request, const char *text)
{
	web_discard(request->web, MURAL_MALFORMED);
	return polling_reply_bad(request, text);
}

static enum MHD_Result
answer_options(struct request *request)
{
	const char *fields = request_header(request, "Access-Control-Request-Headers");
	struct MHD_Response *response = response_with(
		response_empty(), MHD_HTTP_HEADER_ALLOW, "GET, HEAD, OPTIONS, POST");

	response = response_with(
		response, "Access-Control-Allow-Methods", "OPTIONS, GET, POST");
	if (fields)
		response =
			response_with(response, "Access-Control-Allow-Headers", fields);
	return reply_any_origin(request, MHD_HTTP_OK, response);
}

/* ------------------------------------------------------------------- polling */

static void
on_poll_completed(struct request *request)
{
	struct session *session = session_of(request);

	if (session && session->poll == request) {
		session->poll = NULL;
		session->responding = false;
	}
}

/* A client that closed its session is told so.  All others are refused instead, as with
 * their next request: python-socketio takes a CLOSE as a farewell and never returns. */
static enum MHD_Result
answer_ended_poll(struct request *request)
{
	if (request->data)
		return polling_reply_bad(request, INVALID_SESSION);
	return polling_reply(
		request, MHD_HTTP_OK, ENGINEIO_CLOSE, strlen(ENGINEIO_CLOSE));
}

/* Answers a GET with packets, or with NOOP when there are none for it. */
static enum MHD_Result
answer_poll(struct request *request)
{
	struct socketio *io = request->subject;
	struct session *session = session_of(request);
	size_t len = 0;

	if (session) {
		session->poll = NULL;
		session->responding = false;
		if (socketio_end(io, session, session_check(&io->sessions, session)))
			session = NULL;
	}
	if (!session)
		return answer_ended_poll(request);
	/* its WebSocket sends the rest */
	if (session->transport != TRANSPORT_WEBSOCKET)
		len = session_body(&io->sessions, session);
	if (len == 0)
		return polling_reply(
			request, MHD_HTTP_OK, ENGINEIO_NOOP, strlen(ENGINEIO_NOOP));
	return polling_reply(request, MHD_HTTP_OK, io->sessions.body, len);
}

void
polling_end(struct session *session, bool by_client)
{
	if (session->poll && by_client)
		session->poll->data = NULL;
	polling_respond(session);
}

void
polling_respond(struct session *session)
{
	if (!session->poll || session->responding)
		return;
	session->responding = true;
	request_resume(session->poll, answer_poll);
}

static enum MHD_Result
polling_wait(struct request *request, struct session *session)
{
	struct socketio *io = request->subject;

	if (session->transport == TRANSPORT_WEBSOCKET)
		return polling_reject(request, "\"Invalid transport\"");
	if (session->poll) {
		(void)socketio_end(io, session, END_PROTOCOL_ERROR);
		return polling_reply_bad(
			request, "\"There is another GET for this session\"");
	}
	request->data = (void *)session->handle;
	if (session_has_output(&io->sessions, session))
		return answer_poll(request);
	request->on_completed = on_poll_completed;
	session->poll = request;
	return request_suspend(request);
}

static enum MHD_Result
polling_handshake(struct request *request)
{
	struct session *session = socketio_open(request->subject, request->source->key);
	char text[ENGINEIO_PACKET_MAX];

	if (!session)
		return reply_error(request, MHD_HTTP_SERVICE_UNAVAILABLE,
			"too many sessions, try again later");
	return polling_reply(
		request, MHD_HTTP_OK, text, engineio_open(text, session->id, true));
}

/* -------------------------------------------------------------------- routes */

static enum MHD_Result
polling_upgrade(struct request *request, struct session *session)
{
	struct MHD_Response *response;

	if (session && (session->transport != TRANSPORT_POLLING || session->socket))
		return polling_reject(request, "\"Invalid transport\"");
	response = websocket_upgrade(
		request->connection, session_socket_opened, request->subject);
	if (!response)
		return polling_reject(request, "\"Invalid websocket upgrade\"");
	request->data = session ? (void *)session->handle : NULL;
	return reply_send(request, MHD_HTTP_SWITCHING_PROTOCOLS, response);
}

/* Checks what all requests have in common; NULL: no error.  *session is the one it
 * names. */
static const char *
find_error(struct request *request, bool *websocket, struct session **session)
{
	const struct socketio *io = request->subject;
	const char *transport = request_query(request, "transport");
	const char *version = request_query(request, "EIO");
	const char *id = request_query(request, "sid");

	*websocket = transport && strcmp(transport, "websocket") == 0;
	*session = NULL;
	if (transport && !*websocket && strcmp(transport, "polling") != 0)
		return "\"Invalid transport\"";
	if (!id && (!version || strcmp(version, "4") != 0))
		return "\"The client is using an unsupported version of the Socket.IO "
		       "or Engine.IO protocols\"";
	if (id)
		*session = session_find(&io->sessions, id);
	return id && !*session ? INVALID_SESSION : NULL;
}

static enum MHD_Result
answer_get(struct request *request)
{
	struct session *session;
	bool websocket;
	const char *error = find_error(request, &websocket, &session);

	if (error)
		return polling_reject(request, error);
	/* the packets that GET takes would be lost */
	if (strcmp(request->method, MHD_HTTP_METHOD_HEAD) == 0)
		return polling_reject(request, "\"Bad request\"");
	if (websocket)
		return polling_upgrade(request, session);
	return session ? polling_wait(request, session) : polling_handshake(request);
}

static enum MHD_Result
answer_post(struct request *request)
{
	struct socketio *io = request->subject;
	enum session_end end = END_NONE;
	const char *text = request->body;
	size_t len = request->body_len;
	struct session *session;
	bool websocket;
	const char *error = find_error(request, &websocket, &session);

	if (error)
		return polling_reject(request, error);
	if (!session)
		return polling_reject(request, INVALID_SESSION);
	if (websocket || session->transport == TRANSPORT_WEBSOCKET)
		return polling_reject(request, "\"Invalid transport\"");
	if (len == 0)
		end = END_PROTOCOL_ERROR;
	while (len > 0 && end == END_NONE) {
		const char *begin = text;
		struct engineio_packet packet =
			engineio_parse(begin, engineio_split(&text, &len));

		end = session_receive(
			&io->sessions, session, &packet, uv_now(io->sweep.loop));
	}
	if (!socketio_end(io, session, end))
		socketio_pump(io, session);
	if (end == END_NONE || end == END_BY_CLIENT)
		return polling_reply(request, MHD_HTTP_OK, "OK", 2);
	return polling_reply_bad(request, "\"Bad request\"");
}

const struct route socketio_routes[] = {
	{ MHD_HTTP_METHOD_GET, "/socket.io/", false, answer_get },
	{ MHD_HTTP_METHOD_POST, "/socket.io/", false, answer_post },
	{ MHD_HTTP_METHOD_OPTIONS, "/socket.io/", false, answer_options },
	{ 0 },
};
