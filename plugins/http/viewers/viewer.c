/* SPDX-License-Identifier: MIT */
/* Viewers' WebSockets. */
#include "http/viewers/viewer.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "http/http.h"
#include "http/viewers/codec-live.h"
#include "http/viewers/frame.h"
#include "http/viewers/viewers.h"

/* Longer frames of a client are refused; what is in those it may send is ignored but for
 * commands. */
#define FRAME_MAX (64 * 1024)

/* So much of a message goes to the socket at once, and so the most that waits in memory
 * for one viewer. */
#define PIECE_BYTES (64 * 1024)

/* The kernel's share of it; with more, a slow viewer would see the past. */
#define SOCKET_BYTES (128 * 1024)

#define SEND_TIMEOUT_MS 60000

static struct viewer *
viewer_of(struct websocket *ws)
{
	return (struct viewer *)((char *)ws - offsetof(struct viewer, ws));
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
	while (is_writable(viewer)) {
		if (!viewer->frame) {
			struct frame *next;

			place_answer(viewer);
			if (!is_writable(viewer))
				return;
			next = viewers_next_frame(viewer->viewers, viewer);
			if (!next)
				return;
			viewer->frame = frame_hold(next);
			viewer->message = viewer->done = 0;
			viewer->has_begun = true;
		}
		send_piece(viewer);
	}
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
	viewer->since = viewer->viewers->captures;
	viewers_schedule(viewer->viewers);
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

/* ---------------------------------------------------------- from the WebSocket */

static void
on_data(struct websocket *ws, int opcode, const uint8_t *data, size_t len, bool end)
{
	struct viewer *viewer = viewer_of(ws);

	viewer->viewers->http->host->counts.received_bytes += len;
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
		place_command(viewer, viewer->command, viewer->command_len);
	viewer->command_len = 0;
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
		http_discard(viewer->viewers->http, MURAL_MALFORMED);
	finish_frame(viewer);
	viewers_remove(viewer);
	free(viewer);
}

static const struct websocket_handler handler = {
	.on_data = on_data,
	.on_drained = on_drained,
	.on_closed = on_viewer_closed,
};

/* ---------------------------------------------------------------------- coming */

static void
send_hello(struct viewer *viewer)
{
	const struct http *http = viewer->viewers->http;
	char text[128];
	int len = snprintf(text, sizeof(text),
		"{\"type\": \"wall\", \"version\": %d, \"width\": %u, \"height\": %u, "
		"\"fps\": %d}",
		LIVE_VERSION, http->host->canvas_width, http->host->canvas_height,
		(int)http->config->viewer_fps);

	if (viewer->dialect == DIALECT_LIVE)
		websocket_send(&viewer->ws, WEBSOCKET_TEXT, text, len);
}

/* So that one whose host is gone does not stay for ever, though nothing is painted. */
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
open_viewer(enum dialect dialect, void *arg, struct MHD_Connection *connection,
	const char *extra, size_t extra_len, MHD_socket fd,
	struct MHD_UpgradeResponseHandle *upgrade)
{
	struct http *http = arg;
	struct viewer *viewer = calloc(1, sizeof(*viewer));

	if (!viewer || http->stopping) {
		free(viewer);
		MHD_upgrade_action(upgrade, MHD_UPGRADE_ACTION_CLOSE);
		return;
	}
	if (websocket_open(&viewer->ws, &http->server, &handler, upgrade, fd, extra,
		    extra_len, FRAME_MAX) < 0) {
		free(viewer);
		return;
	}
	set_socket(fd);
	http_client_expect(http, connection, HTTP_CLIENT_WAITING);
	viewer->dialect = dialect;
	viewer->wants_deltas = viewer->wants_pps = true;
	viewer->progress_ms = uv_now(http->host->loop);
	viewers_add(http->viewers, viewer);
	send_hello(viewer);
	viewer_request_key(viewer);
	viewer_push(viewer);
}

static void
on_place_upgrade(void *arg, struct MHD_Connection *connection, void *request,
	const char *extra, size_t extra_len, MHD_socket fd,
	struct MHD_UpgradeResponseHandle *upgrade)
{
	(void)request;
	open_viewer(DIALECT_PLACE, arg, connection, extra, extra_len, fd, upgrade);
}

static void
on_live_upgrade(void *arg, struct MHD_Connection *connection, void *request,
	const char *extra, size_t extra_len, MHD_socket fd,
	struct MHD_UpgradeResponseHandle *upgrade)
{
	(void)request;
	open_viewer(DIALECT_LIVE, arg, connection, extra, extra_len, fd, upgrade);
}

enum MHD_Result
viewer_answer(struct request *request, enum dialect dialect)
{
	struct MHD_Response *response = websocket_upgrade(request->connection,
		dialect == DIALECT_PLACE ? on_place_upgrade : on_live_upgrade,
		request->http);

	/* a HEAD request comes here, too, and is no handshake */
	if (response && strcmp(request->method, MHD_HTTP_METHOD_GET) == 0)
		return reply_send(request, MHD_HTTP_SWITCHING_PROTOCOLS, response);
	if (response)
		MHD_destroy_response(response);
	response = error_response("this is for WebSockets");
	if (response) {
		(void)MHD_add_response_header(
			response, MHD_HTTP_HEADER_UPGRADE, "websocket");
		(void)MHD_add_response_header(response, "Sec-WebSocket-Version", "13");
	}
	return reply_send(request, MHD_HTTP_UPGRADE_REQUIRED, response);
}
