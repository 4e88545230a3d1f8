/* SPDX-License-Identifier: MIT */
/* Serves one viewer's WebSocket: frames and texts to it, commands from it. */
#include "http/viewers/viewer.h"

#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <jansson.h>

#include "http/viewers/codec-live.h"
#include "http/viewers/frame.h"
#include "http/viewers/viewers.h"

/* The longest WebSocket frame that a client may send. */
#define FRAME_MAX (64 * 1024)

/* How much of a message is sent at once, and so the most that is buffered for a viewer.
 */
#define PIECE_BYTES (64 * 1024)

/* The kernel's buffer; with a larger one, a slow viewer would lag behind. */
#define SOCKET_BYTES (128 * 1024)

#define SEND_TIMEOUT_MS 60000

static struct viewer *
viewer_of(struct websocket *ws)
{
	return (struct viewer *)((char *)ws - offsetof(struct viewer, ws));
}

/* ----------------------------------------------------- commands of Place: IPv6 */

enum place_action {
	PLACE_IGNORE,
	PLACE_SEND_KEY,
	PLACE_SEND_COUNT,
	PLACE_SEND_NUDITY,
	PLACE_PPS_OFF,
	PLACE_PPS_ON,
	PLACE_DELTAS_OFF,
	PLACE_DELTAS_ON,
};

/* The commands of serverscanning's viewer (doc/protocols.md, 1.4); the original one sends
 * none. */
static const struct place_command {
	const char *name;
	enum place_action
		action; /* with an argument, when it is false; the next, if true */
	bool has_argument;
} place_commands[] = {
	{ "get_full_canvas_once", PLACE_SEND_KEY, false },
	{ "get_ws_count_update_once", PLACE_SEND_COUNT, false },
	{ "get_nudity_update_once", PLACE_SEND_NUDITY, false },
	{ "pps_updates", PLACE_PPS_OFF, true },
	{ "delta_canvas_stream", PLACE_DELTAS_OFF, true },
};

static enum place_action
parse_command(const char *text, size_t len)
{
	json_t *json = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	const char *name = json_string_value(json_object_get(json, "request"));
	const json_t *enabled = json_object_get(json, "enabled");
	enum place_action action = PLACE_IGNORE;

	for (size_t i = 0; name && i < sizeof(place_commands) / sizeof(*place_commands);
		i++) {
		const struct place_command *command = &place_commands[i];

		if (strcmp(name, command->name) != 0)
			continue;
		if (!command->has_argument)
			action = command->action;
		else if (json_is_boolean(enabled))
			action = command->action + json_is_true(enabled);
	}
	json_decref(json);
	return action;
}

static void
viewer_act(struct viewer *viewer, enum place_action action)
{
	switch (action) {
	case PLACE_SEND_COUNT:
		viewer->asked_count = true;
		break;
	case PLACE_SEND_NUDITY:
		viewer->asked_nudity = true;
		break;
	case PLACE_PPS_OFF:
	case PLACE_PPS_ON:
		viewer->wants_pps = action == PLACE_PPS_ON;
		break;
	case PLACE_DELTAS_OFF:
		viewer->wants_deltas = false;
		break;
	case PLACE_DELTAS_ON:
		if (viewer->wants_deltas)
			break;
		viewer->wants_deltas = true;
		viewer_request_key(viewer); /* it has missed some */
		break;
	case PLACE_SEND_KEY:
		viewer_request_key(viewer);
		break;
	case PLACE_IGNORE:
		break;
	}
}

/* Sends the texts that it asked for or missed, as soon as it is idle. */
static void
send_answers(struct viewer *viewer)
{
	static const char nudity[] =
		"{\"message\": \"nudity_update\", \"is_nude\": false}";
	char count[64];
	int len;

	if (viewer->asked_count) {
		len = snprintf(count, sizeof(count),
			"{\"message\": \"ws_count_update\", \"ws_connections\": %zu}",
			(size_t)viewer->viewers->web->host->counts->viewers);
		viewer->asked_count = !viewer_send_text(viewer, count, len);
	}
	if (viewer->asked_nudity)
		viewer->asked_nudity =
			!viewer_send_text(viewer, nudity, sizeof(nudity) - 1);
	if (viewer->late_figures && viewer->viewers->figures)
		viewer_send_figures(viewer);
}

/* --------------------------------------------------------------------- sending */

static bool
is_writable(const struct viewer *viewer)
{
	return !viewer->ws.closing && websocket_pending(&viewer->ws) == 0;
}

bool
viewer_is_idle(const struct viewer *viewer)
{
	return is_writable(viewer) && !viewer->frame;
}

static void
finish_frame(struct viewer *viewer)
{
	frame_release(viewer->frame);
	viewer->frame = NULL;
}

static void
send_piece(struct viewer *viewer)
{
	const struct message *message = &viewer->frame->messages[viewer->message];
	size_t left = message->len - viewer->done;
	size_t len = left < PIECE_BYTES ? left : PIECE_BYTES;

	websocket_send_fragment(&viewer->ws, WEBSOCKET_BINARY,
		message->bytes + viewer->done, len, viewer->done == 0, len == left);
	viewer->done += len;
	if (len < left)
		return;
	viewer->done = 0;
	if (++viewer->message == viewer->frame->n)
		finish_frame(viewer);
}

void
viewer_push(struct viewer *viewer)
{
	if (is_writable(viewer))
		fair_queue_add(
			&viewer->viewers->sending, &viewer->sending, viewer->ws.source);
}

/* False: there is none yet, or texts have filled the socket. */
static bool
begin_frame(struct viewer *viewer)
{
	struct frame *next;

	send_answers(viewer);
	if (!is_writable(viewer))
		return false;
	next = viewers_next_frame(viewer->viewers, viewer);
	if (!next)
		return false;
	viewer->frame = frame_hold(next);
	viewer->message = viewer->done = 0;
	viewer->has_begun = true;
	return true;
}

void
viewer_serve(struct fair_member *sending)
{
	struct viewer *viewer =
		(struct viewer *)((char *)sending - offsetof(struct viewer, sending));

	if (!is_writable(viewer) || (!viewer->frame && !begin_frame(viewer)))
		return;
	send_piece(viewer);
	viewer_push(viewer);
}

bool
viewer_send_text(struct viewer *viewer, const char *text, size_t len)
{
	if (!viewer_is_idle(viewer) || !viewer->has_begun)
		return false;
	websocket_send(&viewer->ws, WEBSOCKET_TEXT, text, len);
	return true;
}

void
viewer_send_figures(struct viewer *viewer)
{
	const char *figures = viewer->viewers->figures;

	viewer->late_figures = !viewer_send_text(viewer, figures, strlen(figures));
}

void
viewer_request_key(struct viewer *viewer)
{
	viewer->wants_key = true;
	viewer->since = viewer->viewers->capture.begun;
	capture_schedule(&viewer->viewers->capture);
}

void
viewer_check(struct viewer *viewer, uint64_t now_ms)
{
	size_t waiting = websocket_pending(&viewer->ws);

	if (waiting == 0 || waiting != viewer->waiting)
		viewer->progress_ms = now_ms;
	viewer->waiting = waiting;
	if (now_ms - viewer->progress_ms > SEND_TIMEOUT_MS)
		viewer_drop(viewer);
}

void
viewer_drop(struct viewer *viewer)
{
	finish_frame(viewer);
	websocket_drop(&viewer->ws);
}

/* -------------------------------------------------------------------- receiving */

static void
on_data(struct websocket *ws, int opcode, const uint8_t *data, size_t len, bool end)
{
	struct viewer *viewer = viewer_of(ws);

	viewer->viewers->web->host->counts->received_bytes += len;
	if (viewer->dialect != DIALECT_PLACE || opcode != WEBSOCKET_TEXT)
		return;
	if (viewer->command_len + len <= COMMAND_MAX) {
		memcpy(viewer->command + viewer->command_len, data, len);
		viewer->command_len += len;
	} else {
		viewer->command_len = COMMAND_MAX + 1;
	}
	if (!end)
		return;
	if (viewer->command_len <= COMMAND_MAX)
		viewer_act(viewer, parse_command(viewer->command, viewer->command_len));
	viewer->command_len = 0;
	viewer_push(viewer);
}

static void
on_drained(struct websocket *ws)
{
	viewer_push(viewer_of(ws));
}

static void
on_viewer_closed(struct websocket *ws, bool broken)
{
	struct viewer *viewer = viewer_of(ws);

	if (broken)
		web_discard(viewer->viewers->web, MURAL_MALFORMED);
	finish_frame(viewer);
	viewers_remove(viewer);
	free(viewer);
}

static const struct websocket_handler handler = {
	.on_data = on_data,
	.on_drained = on_drained,
	.on_closed = on_viewer_closed,
};

/* --------------------------------------------------------------------- opening */

static void
send_hello(struct viewer *viewer)
{
	const struct viewers *viewers = viewer->viewers;
	const struct mural_host *host = viewers->web->host;
	char text[160];
	uint64_t now = pps_clock_ms();
	int len = snprintf(text, sizeof(text),
		"{\"type\": \"wall\", \"version\": %d, \"width\": %u, \"height\": %u, "
		"\"fps\": %d, \"time\": %" PRIu64 ".%03d}",
		LIVE_VERSION, host->canvas_width, host->canvas_height, (int)viewers->fps,
		now / 1000, (int)(now % 1000));

	if (viewer->dialect == DIALECT_LIVE)
		websocket_send(&viewer->ws, WEBSOCKET_TEXT, text, len);
}

/* Keep-alive detects a host that is gone, even while nothing is painted. */
static void
set_socket(int fd)
{
	const int bytes = SOCKET_BYTES, on = 1, idle = SEND_TIMEOUT_MS / 1000,
		  timeout = SEND_TIMEOUT_MS;

	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout, sizeof(timeout));
}

static void
on_upgrade(void *arg, struct MHD_Connection *connection, void *context, const char *extra,
	size_t extra_len, MHD_socket fd, struct MHD_UpgradeResponseHandle *upgrade)
{
	const struct request *request = context;
	struct viewers *viewers = arg;
	struct web *web = viewers->web;
	struct viewer *viewer = calloc(1, sizeof(*viewer));

	if (!viewer || viewers->stopping) {
		free(viewer);
		MHD_upgrade_action(upgrade, MHD_UPGRADE_ACTION_CLOSE);
		return;
	}
	viewer->ws.source = request->source->key;
	if (websocket_open(&viewer->ws, &web->server, &handler, upgrade, fd, extra,
		    extra_len, FRAME_MAX) < 0) {
		free(viewer);
		return;
	}
	set_socket(fd);
	http_client_expect(web, connection, HTTP_CLIENT_WAITING);
	viewer->dialect = (enum dialect)(uintptr_t)request->data;
	viewer->wants_deltas = viewer->wants_pps = true;
	viewer->progress_ms = uv_now(web->host->loop);
	viewers_add(viewers, viewer);
	send_hello(viewer);
	viewer_request_key(viewer);
	viewer_push(viewer);
}

enum MHD_Result
viewer_answer(struct request *request, enum dialect dialect)
{
	struct MHD_Response *response =
		websocket_upgrade(request->connection, on_upgrade, request->subject);

	request->data = (void *)(uintptr_t)dialect;

	/* a HEAD request is no handshake */
	if (response && strcmp(request->method, MHD_HTTP_METHOD_GET) == 0)
		return reply_send(request, MHD_HTTP_SWITCHING_PROTOCOLS, response);
	if (response)
		MHD_destroy_response(response);
	response = response_with(error_response("this is for WebSockets"),
		MHD_HTTP_HEADER_UPGRADE, "websocket");
	response = response_with(response, "Sec-WebSocket-Version", "13");
	return reply_send(request, MHD_HTTP_UPGRADE_REQUIRED, response);
}
