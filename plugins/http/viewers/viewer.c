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

#include "common/websocket-deflate.h"
#include "http/viewers/codec-live.h"
#include "http/viewers/frame.h"
#include "http/viewers/place-command.h"
#include "http/viewers/viewers.h"
#include "lib/macros.h"

/* The longest WebSocket frame that a client may send. */
#define FRAME_MAX (64 * 1024)

/* How much of a message is sent at once, and so the most that is buffered for a viewer.
 */
#define PIECE_BYTES (64 * 1024)

/* The kernel's buffer; with a larger one, a slow viewer would lag behind. */
#define SOCKET_BYTES (128 * 1024)

#define SEND_TIMEOUT_MS 60000

/* In what a request asks for, with the dialect. */
#define WITH_BANDS 16
#define WITH_DEFLATE 32

static struct viewer *
viewer_of(struct websocket *ws)
{
	return container_of(ws, struct viewer, ws);
}

static void
viewer_free(struct viewer *viewer)
{
	if (viewer)
		sight_close(&viewer->sight);
	free(viewer);
}

/* ----------------------------------------------------- commands of Place: IPv6 */

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

static void
send_figures(struct viewer *viewer)
{
	const struct viewers *viewers = viewer->viewers;
	const char *text =
		viewer->dialect == DIALECT_LIVE ? viewers->figures : viewers->place_pps;

	if (text && *text)
		viewer->late_figures = !viewer_send_text(viewer, text, strlen(text));
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
	if (viewer->late_figures)
		send_figures(viewer);
	if (*viewer->yours)
		yours_send(viewer);
}

/* --------------------------------------------------------------------- sending */

static uint64_t
now_of(const struct viewer *viewer)
{
	return uv_now(viewer->viewers->web->host->loop);
}

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

/* Of frames of bands only the messages of one band are sent. */
static bool
is_last_message(const struct viewer *viewer)
{
	if (viewer->sight.bands)
		return !sight_continues(&viewer->sight, viewer->frame, viewer->message);
	return viewer->message + 1 == viewer->frame->n;
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
	bool deflated = viewer->ws.deflate && message->deflated;
	const uint8_t *bytes = deflated ? message->deflated : message->bytes;
	size_t left = (deflated ? message->deflated_len : message->len) - viewer->done;
	size_t len = left < PIECE_BYTES ? left : PIECE_BYTES;

	websocket_send_fragment(&viewer->ws,
		WEBSOCKET_BINARY | (deflated ? WEBSOCKET_DEFLATED : 0),
		bytes + viewer->done, len, viewer->done == 0, len == left);
	viewer->done += len;
	if (len < left)
		return;
	viewer->done = 0;
	if (viewer->sight.bands)
		sight_sent(&viewer->sight, message->len, now_of(viewer));
	if (is_last_message(viewer))
		finish_frame(viewer);
	else
		viewer->message++;
}

void
viewer_push(struct viewer *viewer)
{
	if (is_writable(viewer))
		fair_queue_add(
			&viewer->viewers->sending, &viewer->sending, viewer->ws.source);
}

/* Tells it once that it has all that it shows. */
static void
send_settled(struct viewer *viewer)
{
	struct sight *sight = &viewer->sight;
	const struct capture *capture = &viewer->viewers->capture;
	uint8_t message[LIVE_HEAD_BYTES];

	if (sight->settled || !sight_is_current(sight, capture))
		return;
	live_put_settled(message, capture->number);
	websocket_send(&viewer->ws, WEBSOCKET_BINARY, message, sizeof(message));
	sight_sent(sight, sizeof(message), now_of(viewer));
	sight->settled = true;
}

static struct frame *
next_of_bands(struct viewer *viewer, size_t *message)
{
	struct sight *sight = &viewer->sight;
	struct capture *capture = &viewer->viewers->capture;
	struct frame *frame;

	if (sight_next(sight, capture, now_of(viewer), &frame, message))
		return frame;
	send_settled(viewer);
	if (sight->wants_coarse || sight->wants_key)
		capture_schedule(capture);
	return NULL;
}

/* False: there is none yet, or texts have filled the socket. */
static bool
begin_frame(struct viewer *viewer)
{
	struct frame *next;
	size_t message = 0;

	send_answers(viewer);
	if (!is_writable(viewer))
		return false;
	next = viewer->sight.bands ? next_of_bands(viewer, &message)
				   : viewers_next_frame(viewer->viewers, viewer);
	if (!next)
		return false;
	viewer->frame = frame_hold(next);
	viewer->message = message;
	viewer->done = 0;
	viewer->has_begun = true;
	return true;
}

void
viewer_serve(struct fair_member *sending)
{
	struct viewer *viewer = container_of(sending, struct viewer, sending);

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
viewer_request_key(struct viewer *viewer)
{
	viewer->wants_key = true;
	viewer->since = viewer->viewers->capture.begun;
	capture_schedule(&viewer->viewers->capture);
}

void
viewer_check(struct viewer *viewer, uint64_t now_ms)
{
	size_t waiting = websocket_pending(&viewer->ws) + sight_unseen(&viewer->sight);

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
take_command(struct viewer *viewer)
{
	char inflated[COMMAND_MAX];
	const char *command = viewer->command;
	int len = viewer->command_len;

	if (viewer->ws.deflated) {
		len = websocket_inflate((const uint8_t *)command, len,
			(uint8_t *)inflated, sizeof(inflated));
		command = inflated;
	}
	if (len < 0)
		return;
	if (viewer->sight.bands)
		sight_take(&viewer->sight, command, len, now_of(viewer));
	else
		viewer_act(viewer, place_command_parse(command, len));
}

static void
on_data(struct websocket *ws, int opcode, const uint8_t *data, size_t len, bool end)
{
	struct viewer *viewer = viewer_of(ws);

	viewer->viewers->web->host->counts->received_bytes += len;
	if ((viewer->dialect != DIALECT_PLACE && !viewer->sight.bands) ||
		opcode != WEBSOCKET_TEXT)
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
		take_command(viewer);
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
	viewer_free(viewer);
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

/* NULL: out of memory. */
static struct viewer *
viewer_new(const struct request *request)
{
	const struct viewers *viewers = request->subject;
	const struct mural_host *host = viewers->web->host;
	struct viewer *viewer = calloc(1, sizeof(*viewer));
	uintptr_t asked = (uintptr_t)request->data;

	if (!viewer)
		return NULL;
	viewer->ws.source = request->source->key;
	viewer->ws.deflate = asked & WITH_DEFLATE;
	viewer->dialect = asked & ~(uintptr_t)(WITH_BANDS | WITH_DEFLATE);
	viewer->wants_deltas = viewer->wants_pps = true;
	if (!(asked & WITH_BANDS) ||
		sight_open(&viewer->sight, host->canvas_width, host->canvas_height) == 0)
		return viewer;
	free(viewer);
	return NULL;
}

static void
on_upgrade(void *arg, struct MHD_Connection *connection, void *context, const char *extra,
	size_t extra_len, MHD_socket fd, struct MHD_UpgradeResponseHandle *upgrade)
{
	const struct request *request = context;
	struct viewers *viewers = arg;
	struct web *web = viewers->web;
	struct viewer *viewer = viewer_new(request);

	if (!viewer || viewers->stopping) {
		viewer_free(viewer);
		MHD_upgrade_action(upgrade, MHD_UPGRADE_ACTION_CLOSE);
		return;
	}
	if (websocket_open(&viewer->ws, &web->server, &handler, upgrade, fd, extra,
		    extra_len, FRAME_MAX) < 0) {
		viewer_free(viewer);
		return;
	}
	set_socket(fd);
	http_client_expect(web, connection, HTTP_CLIENT_WAITING);
	viewer->progress_ms = uv_now(web->host->loop);
	viewers_add(viewers, viewer);
	send_hello(viewer);
	if (viewer->sight.bands)
		capture_schedule(&viewers->capture);
	else
		viewer_request_key(viewer);
	viewer_push(viewer);
}

/* Messages with PNGs may be compressed once more: of a picture with little in it PNG
 * itself leaves 4 KB. */
static bool
may_deflate(const struct request *request, enum dialect dialect)
{
	return dialect == DIALECT_PLACE &&
	       websocket_deflate_is_offered(
		       websocket_header(request->connection, "Sec-WebSocket-Extensions"));
}

enum MHD_Result
viewer_answer(struct request *request, enum dialect dialect, bool bands)
{
	struct MHD_Response *response =
		websocket_upgrade(request->connection, on_upgrade, request->subject);

	bool deflate = may_deflate(request, dialect);

	request->data = (void *)(uintptr_t)(dialect | (bands ? WITH_BANDS : 0) |
					    (deflate ? WITH_DEFLATE : 0));
	if (deflate)
		response = response_with(
			response, "Sec-WebSocket-Extensions", WEBSOCKET_DEFLATE_ANSWER);

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
