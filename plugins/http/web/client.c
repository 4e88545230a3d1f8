/* SPDX-License-Identifier: MIT */
/* Who is connected, and for how long. */
#include "http/web/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/http.h"

#define SWEEP_MS 5000

static const uint64_t timeout_ms[] = {
	[HTTP_CLIENT_SENDING] = 60 * 1000,
	[HTTP_CLIENT_READING] = 10 * 60 * 1000,
	[HTTP_CLIENT_WAITING] = 0, /* for ever */
};

/* libmicrohttpd takes a full socket for silence, though it may be megabytes that the
 * client reads all the time. */
static void
track_progress(struct http_client *client, bool tracked)
{
	if (client->tracked == tracked)
		return;
	client->tracked = tracked;
	MHD_set_connection_option(client->connection, MHD_CONNECTION_OPTION_TIMEOUT,
		tracked ? 0u : (unsigned)IDLE_SECONDS);
}

/* A Unix socket does not tell what was taken: there libmicrohttpd's clock goes on. */
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

/* libmicrohttpd finds its end and lets it go.  What a slow reader still had to come the
 * kernel would keep for him: that goes, too. */
static void
http_client_abort(struct http *http, struct http_client *client)
{
	const struct linger now = { .l_onoff = 1 };

	if (client->phase == HTTP_CLIENT_READING)
		setsockopt(client->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	client->due_ms = 0;
	client->phase = HTTP_CLIENT_WAITING;
	shutdown(client->fd, SHUT_RDWR);
	http_discard(http, MURAL_RATE_LIMITED);
	mural_publish(http->host);
}

static void
on_sweep(uv_timer_t *timer)
{
	struct http *http = timer->data;
	uint64_t now = uv_now(http->host->loop);

	for (struct http_client *client = http->clients.first; client;
		client = client->next)
		if ((client->due_ms > 0 && client->due_ms <= now) ||
			(client->phase == HTTP_CLIENT_READING &&
				is_slow_reader(client, now)))
			http_client_abort(http, client);
}

void
http_clients_start(struct http *http)
{
	uv_timer_init(http->host->loop, &http->clients.sweep);
	http->clients.sweep.data = http;
	http_hold(http);
}

static void
on_sweep_closed(uv_handle_t *handle)
{
	http_release(handle->data);
}

void
http_clients_stop(struct http *http)
{
	uv_close((uv_handle_t *)&http->clients.sweep, on_sweep_closed);
}

/* ---------------------------------------------------------------- coming, going */

/* The answer to a request that was not even read. */
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
http_client_accept(struct http *http, int fd)
{
	struct sockaddr_storage peer = { 0 };
	socklen_t len = sizeof(peer);
	int ret;

	if (getpeername(fd, (struct sockaddr *)&peer, &len) < 0) {
		close(fd);
		return;
	}
	ret = mural_conn_admit(http->host, (struct sockaddr *)&peer);
	if (ret < 0) {
		mural_publish(http->host);
		if (ret == -EACCES)
			http_client_reject(
				fd, "403 Forbidden", "your network may not come here");
		else
			http_client_reject(fd, "429 Too Many Requests",
				"your address has too many connections");
		return;
	}
	http->clients.admitting = true;
	mhd_uv_accept(&http->server, fd);
	if (http->clients.admitting) /* libmicrohttpd did not take it */
		mural_conn_release(http->host, (struct sockaddr *)&peer);
	http->clients.admitting = false;
}

static void
http_client_open(struct http *http, struct MHD_Connection *connection, void **context)
{
	struct http_clients *clients = &http->clients;
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
		client->peer.four = *(const struct sockaddr_in *)(const void *)peer;
	else if (peer->sa_family == AF_INET6)
		client->peer.six = *(const struct sockaddr_in6 *)(const void *)peer;
	client->admitted = clients->admitting;
	clients->admitting = false;
	client->due_ms = uv_now(http->host->loop) + timeout_ms[HTTP_CLIENT_SENDING];
	client->next = clients->first;
	client->link = &clients->first;
	if (client->next)
		client->next->link = &client->next;
	clients->first = client;
	if (!http->stopping && !uv_is_active((uv_handle_t *)&clients->sweep))
		uv_timer_start(&clients->sweep, on_sweep, SWEEP_MS, SWEEP_MS);
	http->host->counts.connections++;
}

static void
http_client_close(struct http *http, struct http_client *client)
{
	struct http_clients *clients = &http->clients;

	if (!client)
		return;
	*client->link = client->next;
	if (client->next)
		client->next->link = client->link;
	if (client->admitted)
		mural_conn_release(http->host, &client->peer.any);
	free(client);
	if (!clients->first && !http->stopping)
		uv_timer_stop(&clients->sweep);
	http->host->counts.connections--;
}

void
http_client_changed(void *arg, struct MHD_Connection *connection, void **context,
	enum MHD_ConnectionNotificationCode what)
{
	if (what == MHD_CONNECTION_NOTIFY_STARTED)
		http_client_open(arg, connection, context);
	else
		http_client_close(arg, *context);
	mural_publish(((struct http *)arg)->host);
}

static struct http_client *
http_client_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

void
http_client_expect(struct http *http, struct MHD_Connection *connection,
	enum http_client_phase phase)
{
	struct http_client *client = http_client_of(connection);
	uint64_t ms = timeout_ms[phase];

	if (!client || client->upgraded)
		return;
	client->phase = phase;
	client->due_ms = ms > 0 ? uv_now(http->host->loop) + ms : 0;
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
http_client_consume(struct http *http, struct MHD_Connection *connection, uint64_t pixels,
	uint64_t bytes)
{
	struct http_client *client;

	if (!mural_is_limited(http->host))
		return 0;
	client = http_client_of(connection);
	return client ? mural_consume(http->host, http->host->brush, &client->peer.any,
				pixels, bytes)
		      : 0;
}

uint64_t
http_client_source(struct http *http, struct MHD_Connection *connection)
{
	struct http_client *client = http_client_of(connection);

	return client ? mural_source(http->host, &client->peer.any) : 0;
}
