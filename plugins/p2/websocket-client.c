/* SPDX-License-Identifier: MIT */
/* Admits the clients of p²'s WebSocket port, and closes those that do not upgrade in
 * time. */
#include "p2/websocket-client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/claims.h"
#include "common/list.h"
#include "lib/peer-address.h"
#include "p2/p2.h"

#define SWEEP_MS 1000

struct websocket_client {
	struct websocket_client *next, **link; /* while it is waiting */
	union peer_address address;
	uint64_t due_ms;
	int fd;
	bool admitted;
};

static void
stop_waiting(struct websocket_clients *clients, struct websocket_client *client)
{
	if (!client->link)
		return;
	list_remove(client);
	if (--clients->n_waiting == 0)
		uv_timer_stop(&clients->sweep);
}

/* libmicrohttpd notices the shutdown and closes the connection. */
static void
send_away(struct websocket_clients *clients, struct websocket_client *client)
{
	stop_waiting(clients, client);
	shutdown(client->fd, SHUT_RDWR);
	mural_discard(clients->p2->host->brush, MURAL_UNAUTHORIZED, 1);
	mural_publish(clients->p2->host);
}

static void
on_sweep(uv_timer_t *timer)
{
	struct websocket_clients *clients = timer->data;
	uint64_t now = uv_now(timer->loop);
	struct websocket_client *next;

	for (struct websocket_client *client = clients->waiting; client; client = next) {
		next = client->next;
		if (client->due_ms <= now)
			send_away(clients, client);
	}
}

/* Makes room, so that clients that never ask for anything cannot keep others out; the
 * same way as peer.c. */
static void
make_room(struct websocket_clients *clients)
{
	size_t n = 0, max = clients->p2->unauthenticated_max;
	struct claim *claims;

	if (clients->n_waiting <= max)
		return;
	claims = calloc(clients->n_waiting, sizeof(*claims));
	if (!claims)
		return;
	for (struct websocket_client *client = clients->waiting; client;
		client = client->next)
		claims[n++] = (struct claim){ .who = client,
			.source = mural_source(clients->p2->host, &client->address.any),
			.age = client->due_ms,
			.amount = 1 };
	claims_rank(claims, n);
	for (size_t i = 0; i <= max / UNAUTHENTICATED_PARTS; i++)
		send_away(clients, claims[i].who);
	free(claims);
}

void
websocket_clients_start(struct websocket_clients *clients, struct p2 *p2)
{
	clients->p2 = p2;
	uv_timer_init(p2->host->loop, &clients->sweep);
	clients->sweep.data = clients;
}

void
websocket_clients_stop(
	struct websocket_clients *clients, void *data, uv_close_cb on_closed)
{
	clients->sweep.data = data;
	uv_close((uv_handle_t *)&clients->sweep, on_closed);
}

/* ------------------------------------------------------------------ open, close */

static void
client_refuse(int fd, const char *status)
{
	char answer[100];
	int len = snprintf(answer, sizeof(answer),
		"HTTP/1.1 %s\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", status);

	(void)send(fd, answer, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	close(fd);
}

void
websocket_client_accept(struct websocket_clients *clients, struct mhd_uv *server, int fd)
{
	struct mural_host *host = clients->p2->host;
	union peer_address peer = { .any.sa_family = AF_UNIX };
	socklen_t len = sizeof(peer);
	int ret;

	(void)getpeername(fd, &peer.any, &len);
	ret = mural_conn_admit(host, &peer.any);
	if (ret < 0) {
		mural_publish(host);
		client_refuse(
			fd, ret == -EACCES ? "403 Forbidden" : "429 Too Many Requests");
		return;
	}
	clients->admitting = true;
	mhd_uv_accept(server, fd);
	if (clients->admitting) /* libmicrohttpd refused it */
		mural_conn_release(host, &peer.any);
	clients->admitting = false;
}

static struct websocket_client *
client_open(struct websocket_clients *clients, struct MHD_Connection *connection)
{
	struct websocket_client *client = calloc(1, sizeof(*client));
	int fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)
			 ->connect_fd;
	socklen_t len = sizeof(client->address);

	if (!client) {
		shutdown(fd, SHUT_RDWR);
		return NULL;
	}
	client->address.any.sa_family = AF_UNIX;
	(void)getpeername(fd, &client->address.any, &len);
	client->fd = fd;
	client->admitted = clients->admitting;
	clients->admitting = false;
	client->due_ms = uv_now(clients->sweep.loop) + AUTH_TIMEOUT_MS;
	list_push(&clients->waiting, client);
	if (clients->n_waiting++ == 0)
		uv_timer_start(&clients->sweep, on_sweep, SWEEP_MS, SWEEP_MS);
	make_room(clients);
	return client;
}

void
websocket_client_changed(void *arg, struct MHD_Connection *connection, void **context,
	enum MHD_ConnectionNotificationCode what)
{
	struct websocket_clients *clients = arg;
	struct websocket_client *client = *context;

	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		*context = client_open(clients, connection);
		return;
	}
	if (!client)
		return;
	stop_waiting(clients, client);
	if (client->admitted)
		mural_conn_release(clients->p2->host, &client->address.any);
	free(client);
}

void
websocket_client_upgraded(
	struct websocket_clients *clients, struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	if (info && info->socket_context)
		stop_waiting(clients, info->socket_context);
}
