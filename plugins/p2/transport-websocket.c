/* SPDX-License-Identifier: MIT */
/* Carries p² over WebSocket, on any path: a stream in data frames of any kind comes in,
 * binary messages of whole p² messages go out. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/mhd-uv.h"
#include "common/websocket.h"
#include "lib/macros.h"
#include "lib/peer-address.h"
#include "p2/p2.h"
#include "p2/peer.h"
#include "p2/websocket-client.h"

/* Room for the head of a browser's request, with cookies. */
#define REQUEST_BYTES (8 * 1024)

/* Later than the deadline of websocket-client.c, which also counts the clients that miss
 * it. */
#define REQUEST_SECONDS (2 * AUTH_TIMEOUT_MS / 1000)

/* Longer frames are refused; there may be any number of them. */
#define FRAME_MAX (1024 * 1024)

struct p2_websocket {
	struct mhd_uv server;
	struct websocket_clients clients;
	struct mural_listener *listener;
	size_t n_peers;
};

struct websocket_peer {
	struct peer peer; /* first: a peer is a websocket_peer */
	struct websocket ws;
	union peer_address address;
};

static struct websocket_peer *
websocket_of(const struct peer *peer)
{
	return (struct websocket_peer *)peer;
}

static struct websocket_peer *
peer_of(struct websocket *ws)
{
	return container_of(ws, struct websocket_peer, ws);
}

/* ------------------------------------------------------------- the transport */

static void
p2_websocket_send(struct peer *peer, const void *bytes, size_t len)
{
	websocket_send(&websocket_of(peer)->ws, WEBSOCKET_BINARY, bytes, len);
}

static size_t
p2_websocket_pending(const struct peer *peer)
{
	return websocket_pending(&websocket_of(peer)->ws);
}

static void
p2_websocket_close(struct peer *peer, enum peer_close_reason reason)
{
	static const uint16_t codes[] = {
		[PEER_CLOSE_NORMAL] = WEBSOCKET_NORMAL,
		[PEER_CLOSE_REFUSED] = WEBSOCKET_POLICY,
		[PEER_CLOSE_SHUTDOWN] = WEBSOCKET_GOING_AWAY,
	};

	websocket_close(&websocket_of(peer)->ws, codes[reason]);
}

static void
p2_websocket_drop(struct peer *peer)
{
	websocket_drop(&websocket_of(peer)->ws);
}

static const struct peer_transport transport = {
	.send = p2_websocket_send,
	.pending = p2_websocket_pending,
	.close = p2_websocket_close,
	.drop = p2_websocket_drop,
};

/* ------------------------------------------------------------- the WebSocket */

static void
on_sweep_closed(uv_handle_t *handle)
{
	struct p2 *p2 = handle->data;

	free(p2->websocket);
	p2->websocket = NULL;
	p2_release(p2);
}

static void
on_stopped(struct mhd_uv *server)
{
	struct p2 *p2 = server->data;

	websocket_clients_stop(&p2->websocket->clients, p2, on_sweep_closed);
}

/* The server cannot be stopped under an upgraded connection. */
static void
server_stop_if_idle(struct p2 *p2)
{
	if (p2->stopping && p2->websocket->n_peers == 0)
		mhd_uv_stop(&p2->websocket->server, on_stopped);
}

static void
on_data(struct websocket *ws, int opcode, const uint8_t *data, size_t len, bool end)
{
	(void)opcode;
	(void)end;
	peer_of(ws)->peer.p2->host->counts->received_bytes += len;
	peer_read(&peer_of(ws)->peer, data, len);
}

static void
on_drained(struct websocket *ws)
{
	broadcast_catch_up(&peer_of(ws)->peer);
}

static void
on_closed(struct websocket *ws, bool broken)
{
	struct websocket_peer *websocket_peer = peer_of(ws);
	struct p2 *p2 = websocket_peer->peer.p2;

	if (broken)
		mural_discard(p2->host->brush, MURAL_MALFORMED, 1);
	p2->host->counts->connections--;
	peer_finish(&websocket_peer->peer);
	free(websocket_peer);
	p2->websocket->n_peers--;
	server_stop_if_idle(p2);
}

static const struct websocket_handler handler = {
	.on_data = on_data,
	.on_drained = on_drained,
	.on_closed = on_closed,
};

/* ------------------------------------------------------------- the web server */

static uint64_t
source_of(const struct p2 *p2, int fd)
{
	union peer_address peer = { .any.sa_family = AF_UNSPEC };
	socklen_t len = sizeof(peer);

	(void)getpeername(fd, &peer.any, &len);
	return mural_source(p2->host, &peer.any);
}

static void
on_upgrade(void *arg, struct MHD_Connection *connection, void *request, const char *extra,
	size_t extra_len, MHD_socket fd, struct MHD_UpgradeResponseHandle *upgrade)
{
	struct p2 *p2 = arg;
	struct websocket_peer *websocket_peer = calloc(1, sizeof(*websocket_peer));
	socklen_t len = sizeof(websocket_peer->address);
	const int bytes = SOCKET_BYTES;

	(void)request;
	websocket_client_upgraded(&p2->websocket->clients, connection);
	if (!websocket_peer || p2->stopping) {
		free(websocket_peer);
		MHD_upgrade_action(upgrade, MHD_UPGRADE_ACTION_CLOSE);
		return;
	}
	websocket_peer->ws.source = source_of(p2, fd);
	if (websocket_open(&websocket_peer->ws, &p2->websocket->server, &handler, upgrade,
		    fd, extra, extra_len, FRAME_MAX) < 0) {
		free(websocket_peer);
		return;
	}
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
	websocket_peer->address.any.sa_family = AF_UNIX;
	(void)getpeername(fd, &websocket_peer->address.any, &len);
	websocket_peer->peer.address = &websocket_peer->address.any;
	websocket_peer->peer.last_received_ms = &websocket_peer->ws.last_received_ms;
	p2->websocket->n_peers++;
	p2->host->counts->connections++;
	peer_init(&websocket_peer->peer, p2, &transport);
}

static enum MHD_Result
queue_response(
	struct MHD_Connection *connection, unsigned status, struct MHD_Response *response)
{
	enum MHD_Result result = MHD_queue_response(connection, status, response);

	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result
handle_request(void *arg, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *upload, size_t *upload_len,
	void **request)
{
	static const char page[] =
		"This port speaks p2 over WebSocket, and nothing else.\n";
	struct MHD_Response *response = NULL;

	(void)url;
	(void)version;
	(void)upload;
	(void)request;
	*upload_len = 0;
	if (strcmp(method, MHD_HTTP_METHOD_GET) == 0)
		response = websocket_upgrade(connection, on_upgrade, arg);
	if (response)
		return queue_response(connection, MHD_HTTP_SWITCHING_PROTOCOLS, response);
	response = MHD_create_response_from_buffer(
		sizeof(page) - 1, (void *)page, MHD_RESPMEM_PERSISTENT);
	if (!response)
		return MHD_NO;
	(void)MHD_add_response_header(response, "Upgrade", "websocket");
	(void)MHD_add_response_header(response, "Sec-WebSocket-Version", "13");
	(void)MHD_add_response_header(response, "Content-Type", "text/plain");
	(void)MHD_add_response_header(response, "Connection", "close");
	return queue_response(connection, MHD_HTTP_UPGRADE_REQUIRED, response);
}

static void
on_client(struct mural_host *host, int fd)
{
	struct p2 *p2 = host->state;

	websocket_client_accept(&p2->websocket->clients, &p2->websocket->server, fd);
}

int
p2_websocket_start(struct p2 *p2)
{
	struct p2_websocket *websocket = calloc(1, sizeof(*websocket));
	const struct MHD_OptionItem options[] = {
		{ MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)websocket_client_changed,
			websocket ? &websocket->clients : NULL },
		{ MHD_OPTION_END, 0, NULL },
	};
	int ret;

	if (!websocket)
		return -ENOMEM;
	ret = mhd_uv_start(&websocket->server, p2->host->loop, REQUEST_BYTES,
		REQUEST_SECONDS, handle_request, p2, options);
	if (ret < 0) {
		mural_log(p2->host, MURAL_ERROR, "cannot start libmicrohttpd: %s",
			strerror(-ret));
		free(websocket);
		return ret;
	}
	websocket->server.data = p2;
	websocket_clients_start(&websocket->clients, p2);
	p2->websocket = websocket;
	p2->handles++;
	return mural_listen(p2->host, p2->config->websocket, "WebSocket", on_client,
		&websocket->listener);
}

void
p2_websocket_stop(struct p2 *p2)
{
	if (!p2->websocket)
		return;
	mural_unlisten(p2->websocket->listener);
	server_stop_if_idle(p2);
}
