/* SPDX-License-Identifier: MIT */
/* Admits HTTP clients within murald's limits, and disconnects those that miss their
 * deadline or read too slowly. */
#include "http/web/client.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/list.h"
#include "http/web/proxy.h"
#include "http/web/web.h"

#define SWEEP_MS 2000

/* When half of this many have gone, memory is given back. */
#define MANY_CLIENTS 128

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

/* libmicrohttpd notices the shutdown and closes the connection, if it is not suspended,
 * and a WebSocket its end; SO_LINGER makes the kernel drop what a slow reader has not
 * read. */
static void
client_cut(struct web *web, struct http_client *client)
{
	const struct linger now = { .l_onoff = 1 };

	if (client->phase == HTTP_CLIENT_READING)
		setsockopt(client->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	client->due_ms = 0;
	client->phase = HTTP_CLIENT_WAITING;
	web->clients.n_leaving += !client->leaving;
	client->leaving = true;
	holdings_clear(web, client);
	shutdown(client->fd, SHUT_RDWR);
	if (client->request)
		request_abandon(client->request);
}

void
http_client_abort(struct web *web, struct http_client *client)
{
	client_cut(web, client);
	web_discard(web, MURAL_RATE_LIMITED);
	mural_publish(web->host);
}

void
http_clients_end_denied(struct web *web)
{
	for (struct http_client *client = web->clients.first; client;
		client = client->next) {
		if (client->request && client->request->is_operators)
			continue;
		if (mural_consume(web->host, web->host->brush, &client->peer.any, 0, 0) ==
			-EACCES)
			client_cut(web, client);
	}
	mural_publish(web->host);
}

/* libmicrohttpd does not look at suspended connections, nor notice (0.9.75) that a client
 * ends in the middle of a head or a body, when that comes with its last bytes.  As other
 * servers do, this one takes a client that has closed its direction while it waits for
 * one that has left. */
static bool
has_left(const struct http_client *client)
{
	struct pollfd poller = { .fd = client->fd, .events = POLLRDHUP };
	bool suspended = client->request && client->request->suspended;
	int unread = 0;

	if (!suspended && client->phase != HTTP_CLIENT_SENDING)
		return false;
	if (poll(&poller, 1, 0) <= 0)
		return false;
	if (suspended)
		return true;
	return ioctl(client->fd, FIONREAD, &unread) == 0 && unread == 0;
}

static void
http_client_leave(struct http_client *client)
{
	if (client->request && client->request->suspended)
		request_abandon(client->request);
	else
		shutdown(client->fd, SHUT_RDWR);
}

/* malloc() keeps what many clients needed, a few pages of it in use: no attack is to make
 * the wall larger for good. */
static void
give_memory_back(struct http_clients *clients)
{
	if (clients->most < MANY_CLIENTS || clients->n > clients->most / 2)
		return;
	malloc_trim(0);
	clients->most = clients->n;
}

/* Goes on until nobody is there. */
static void
on_sweep(uv_timer_t *timer)
{
	struct web *web = timer->data;
	uint64_t now = uv_now(web->host->loop);

	for (struct http_client *client = web->clients.first; client;
		client = client->next) {
		const bool left = has_left(client);

		/* what has come may become a request yet */
		if (left && (client->request || client->had_left))
			http_client_leave(client);
		else if ((client->due_ms > 0 && client->due_ms <= now) ||
			 (client->phase == HTTP_CLIENT_READING &&
				 is_slow_reader(client, now)))
			http_client_abort(web, client);
		client->had_left = left;
	}
	give_memory_back(&web->clients);
	if (!web->clients.first)
		uv_timer_stop(timer);
}

void
http_clients_start(struct web *web)
{
	uv_timer_init(web->host->loop, &web->clients.sweep);
	web->clients.sweep.data = web;
	web->clients.max = http_clients_max();
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
	bool proxied;
	int ret;

	if (getpeername(fd, (struct sockaddr *)&peer, &len) < 0) {
		close(fd);
		return;
	}
	proxied = proxies_contain(web->proxies, (struct sockaddr *)&peer);
	ret = proxied ? 0 : mural_conn_admit(web->host, (struct sockaddr *)&peer);
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
	http_clients_make_room(web);
	web->clients.admitting = true;
	mhd_uv_accept(&web->server, fd);
	if (web->clients.admitting && !proxied) /* libmicrohttpd refused it */
		mural_conn_release(web->host, (struct sockaddr *)&peer);
	web->clients.admitting = false;
}

/* From here on the client has this address, and its source.  False: no memory. */
static bool
identify(struct web *web, struct http_client *client, const struct sockaddr *peer)
{
	struct http_source *source = source_hold(web, mural_source(web->host, peer));

	if (!source)
		return false;
	source_release(web, client->source);
	client->source = source;
	client->peer = (union peer_address){ 0 };
	if (peer->sa_family == AF_INET)
		client->peer.in4 = *(const struct sockaddr_in *)(const void *)peer;
	else if (peer->sa_family == AF_INET6)
		client->peer.in6 = *(const struct sockaddr_in6 *)(const void *)peer;
	return true;
}

static const struct sockaddr *
connection_address(struct MHD_Connection *connection)
{
	return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)
		->client_addr;
}

static void
http_client_open(struct web *web, struct MHD_Connection *connection, void **context)
{
	struct http_clients *clients = &web->clients;
	struct http_client *client = calloc(1, sizeof(*client));
	const struct sockaddr *peer = connection_address(connection);
	int fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)
			 ->connect_fd;

	if (!client || !identify(web, client, peer)) {
		free(client);
		*context = NULL;
		shutdown(fd, SHUT_RDWR);
		return;
	}
	*context = client;
	client->connection = connection;
	client->fd = fd;
	client->proxied = proxies_contain(web->proxies, peer);
	client->admitted = clients->admitting && !client->proxied;
	clients->admitting = false;
	client->due_ms = uv_now(web->host->loop) + timeout_ms[HTTP_CLIENT_SENDING];
	list_push(&clients->first, client);
	clients->n++;
	if (clients->n > clients->most)
		clients->most = clients->n;
	if (!web->stopping && !uv_is_active((uv_handle_t *)&clients->sweep))
		uv_timer_start(&clients->sweep, on_sweep, SWEEP_MS, SWEEP_MS);
	web->host->counts->connections++;
}

bool
http_client_forwarded(struct web *web, struct http_client *client)
{
	union peer_address visitor;

	if (!client->proxied)
		return true;
	if (proxy_find_client(web->proxies, client->connection, &visitor))
		return identify(web, client, &visitor.any);
	return identify(web, client, connection_address(client->connection));
}

static void
http_client_close(struct web *web, struct http_client *client)
{
	struct http_clients *clients = &web->clients;

	if (!client)
		return;
	list_remove(client);
	clients->n--;
	clients->n_leaving -= client->leaving;
	holdings_clear(web, client);
	if (client->admitted)
		mural_conn_release(web->host, &client->peer.any);
	source_release(web, client->source);
	free(client);
	if (!clients->first && clients->most < MANY_CLIENTS && !web->stopping)
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

struct http_client *
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
http_client_done(struct web *web, struct MHD_Connection *connection)
{
	struct http_client *client = http_client_of(connection);

	if (!client)
		return;
	client->request = NULL;
	holdings_clear(web, client);
	http_client_expect(web, connection, HTTP_CLIENT_SENDING);
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

void
http_client_paint_as(struct web *web, struct MHD_Connection *connection, const char *name)
{
	struct http_client *client = http_client_of(connection);

	if (mural_is_limited(web->host))
		(void)mural_paint_as(web->host, web->host->brush,
			client ? &client->peer.any : NULL, name);
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
	const struct http_client *client = http_client_of(connection);

	(void)web;
	return client ? client->source->key : 0;
}
