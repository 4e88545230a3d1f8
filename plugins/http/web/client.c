/* SPDX-License-Identifier: MIT */
/* Admits HTTP clients within murald's limits, and disconnects those that miss their
 * deadline or read too slowly. */
#include "http/web/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/list.h"
#include "http/web/web.h"

#define SWEEP_MS 5000

static const uint64_t timeout_ms[] = {
	[HTTP_CLIENT_SENDING] = 60 * 1000,
	[HTTP_CLIENT_READING] = 10 * 60 * 1000,
	[HTTP_CLIENT_WAITING] = 0, /* no deadline */
};

/* libmicrohttpd mistakes a full socket for silence, even while the client keeps reading
 * from it. */
static void
track_progress(struct http_client *client, bool tracked)
{
	if (client->tracked == tracked)
		return;
	client->tracked = tracked;
	MHD_set_connection_option(client->connection, MHD_CONNECTION_OPTION_TIMEOUT,
		tracked ? 0u : (unsigned)IDLE_SECONDS);
}

/* A Unix socket does not tell what was read: libmicrohttpd's time-out stays on. */
static bool
is_slow_reader(struct http_client *client, uint64_t now_ms)
{
	uint64_t taken;
	bool waits;

	if (progress_query(client->fd, &taken, &waits) < 0)
		return false;
	track_progress(client, true);
	return progress_is_slow(&client->progress, taken, waits, now_ms);
}

/* libmicrohttpd notices the shutdown and closes the connection; SO_LINGER makes the
 * kernel drop what a slow reader has not read. */
static void
http_client_abort(struct web *web, struct http_client *client)
{
	const struct linger now = { .l_onoff = 1 };

	if (client->phase == HTTP_CLIENT_READING)
		setsockopt(client->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	client->due_ms = 0;
	client->phase = HTTP_CLIENT_WAITING;
	shutdown(client->fd, SHUT_RDWR);
	web_discard(web, MURAL_RATE_LIMITED);
	mural_publish(web->host);
}

static void
on_sweep(uv_timer_t *timer)
{
	struct web *web = timer->data;
	uint64_t now = uv_now(web->host->loop);

	for (struct http_client *client = web->clients.first; client;
		client = client->next)
		if ((client->due_ms > 0 && client->due_ms <= now) ||
			(client->phase == HTTP_CLIENT_READING &&
				is_slow_reader(client, now)))
			http_client_abort(web, client);
}

void
http_clients_start(struct web *web)
{
	uv_timer_init(web->host->loop, &web->clients.sweep);
	web->clients.sweep.data = web;
	web_hold(web);
}

void
http_clients_stop(struct web *web)
{
	web_close_handle(web, (uv_handle_t *)&web->clients.sweep);
}

/* ------------------------------------------------------------------ open, close */

/* Answers without reading the request. */
static void
http_client_reject(int fd, const char *status, const char *text)
{
	char answer[300];
	int len = snprintf(answer, sizeof(answer),
		"HTTP/1.1 %s\r\nConnection: close\r\nContent-Type: application/json\r\n"
		"Content-Length: %zu\r\n\r\n{\"error\":\"%s\",\"success\":false}\n",
		status, strlen(text) + strlen("{\"error\":\"\",\"success\":false}\n"),
		text);

	(void)send(fd, answer, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	close(fd);
}

void
http_client_accept(struct web *web, int fd)
{
	struct sockaddr_storage peer = { 0 };
	socklen_t len = sizeof(peer);
	int ret;

	if (getpeername(fd, (struct sockaddr *)&peer, &len) < 0) {
		close(fd);
		return;
	}
	ret = mural_conn_admit(web->host, (struct sockaddr *)&peer);
	if (ret < 0) {
		mural_publish(web->host);
		if (ret == -EACCES)
			http_client_reject(
				fd, "403 Forbidden", "your network is not allowed");
		else
			http_client_reject(fd, "429 Too Many Requests",
				"your address has too many connections");
		return;
	}
	web->clients.admitting = true;
	mhd_uv_accept(&web->server, fd);
	if (web->clients.admitting) /* libmicrohttpd refused it */
		mural_conn_release(web->host, (struct sockaddr *)&peer);
	web->clients.admitting = false;
}

static void
http_client_open(struct web *web, struct MHD_Connection *connection, void **context)
{
	struct http_clients *clients = &web->clients;
	struct http_client *client = calloc(1, sizeof(*client));
	const struct sockaddr *peer =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)
			->client_addr;
	int fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)
			 ->connect_fd;

	*context = client;
	if (!client) {
		shutdown(fd, SHUT_RDWR);
		return;
	}
	client->connection = connection;
	client->fd = fd;
	if (peer->sa_family == AF_INET)
		client->peer.in4 = *(const struct sockaddr_in *)(const void *)peer;
	else if (peer->sa_family == AF_INET6)
		client->peer.in6 = *(const struct sockaddr_in6 *)(const void *)peer;
	client->admitted = clients->admitting;
	clients->admitting = false;
	client->due_ms = uv_now(web->host->loop) + timeout_ms[HTTP_CLIENT_SENDING];
	list_push(&clients->first, client);
	if (!web->stopping && !uv_is_active((uv_handle_t *)&clients->sweep))
		uv_timer_start(&clients->sweep, on_sweep, SWEEP_MS, SWEEP_MS);
	web->host->counts->connections++;
}

static void
http_client_close(struct web *web, struct http_client *client)
{
	struct http_clients *clients = &web->clients;

	if (!client)
		return;
	list_remove(client);
	if (client->admitted)
		mural_conn_release(web->host, &client->peer.any);
	free(client);
	if (!clients->first && !web->stopping)
		uv_timer_stop(&clients->sweep);
	web->host->counts->connections--;
}

void
http_client_changed(void *arg, struct MHD_Connection *connection, void **context,
	enum MHD_ConnectionNotificationCode what)
{
	if (what == MHD_CONNECTION_NOTIFY_STARTED)
		http_client_open(arg, connection, context);
	else
		http_client_close(arg, *context);
	mural_publish(((struct web *)arg)->host);
}

static struct http_client *
http_client_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

void
http_client_expect(
	struct web *web, struct MHD_Connection *connection, enum http_client_phase phase)
{
	struct http_client *client = http_client_of(connection);
	uint64_t ms = timeout_ms[phase];

	if (!client || client->upgraded)
		return;
	client->phase = phase;
	client->due_ms = ms > 0 ? uv_now(web->host->loop) + ms : 0;
	client->progress.begun = false;
	track_progress(client, false);
}

void
http_client_upgraded(struct MHD_Connection *connection)
{
	struct http_client *client = http_client_of(connection);

	if (!client)
		return;
	client->upgraded = true;
	client->phase = HTTP_CLIENT_WAITING;
	client->due_ms = 0;
}

int
http_client_consume(struct web *web, struct MHD_Connection *connection, uint64_t pixels,
	uint64_t bytes)
{
	struct http_client *client;

	if (!mural_is_limited(web->host))
		return 0;
	client = http_client_of(connection);
	return client ? mural_consume(web->host, web->host->brush, &client->peer.any,
				pixels, bytes)
		      : 0;
}

uint64_t
http_client_source(struct web *web, struct MHD_Connection *connection)
{
	struct http_client *client = http_client_of(connection);

	return client ? mural_source(web->host, &client->peer.any) : 0;
}
