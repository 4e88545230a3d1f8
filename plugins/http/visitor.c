/* SPDX-License-Identifier: MIT */
/* Who is connected, and for how long. */
#include "visitor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http.h"

#define SWEEP_MS 5000

static void
on_sweep(uv_timer_t *timer)
{
	struct http *http = timer->data;
	uint64_t now = uv_now(http->host->loop);

	for (struct visitor *visitor = http->visitors.first; visitor;
		visitor = visitor->next)
		/* libmicrohttpd finds its end and lets it go */
		if (visitor->due_ms > 0 && visitor->due_ms <= now)
			shutdown(visitor->fd, SHUT_RDWR);
}

void
visitors_start(struct http *http)
{
	uv_timer_init(http->host->loop, &http->visitors.sweep);
	http->visitors.sweep.data = http;
	http_hold(http);
}

static void
on_closed(uv_handle_t *handle)
{
	http_release(handle->data);
}

void
visitors_stop(struct http *http)
{
	uv_close((uv_handle_t *)&http->visitors.sweep, on_closed);
}

/* ---------------------------------------------------------------- coming, going */

/* The answer to a request that was not even read. */
static void
refuse(int fd, const char *status, const char *text)
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
visitor_accept(struct http *http, int fd)
{
	struct sockaddr_storage peer = { 0 };
	socklen_t len = sizeof(peer);
	int ret;

	if (getpeername(fd, (struct sockaddr *)&peer, &len) < 0) {
		close(fd);
		return;
	}
	ret = mural_enter(http->host, (struct sockaddr *)&peer);
	if (ret < 0) {
		mural_publish(http->host);
		if (ret == -EACCES)
			refuse(fd, "403 Forbidden", "your network may not come here");
		else
			refuse(fd, "429 Too Many Requests",
				"your address has too many connections");
		return;
	}
	http->visitors.entering = true;
	webserver_accept(&http->server, fd);
	if (http->visitors.entering) /* libmicrohttpd did not take it */
		mural_leave(http->host, (struct sockaddr *)&peer);
	http->visitors.entering = false;
}

static void
come(struct http *http, struct MHD_Connection *connection, void **context)
{
	struct visitors *visitors = &http->visitors;
	struct visitor *visitor = calloc(1, sizeof(*visitor));
	const struct sockaddr *peer =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)
			->client_addr;
	int fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)
			 ->connect_fd;

	*context = visitor;
	if (!visitor) {
		shutdown(fd, SHUT_RDWR);
		return;
	}
	visitor->fd = fd;
	if (peer->sa_family == AF_INET)
		visitor->peer.four = *(const struct sockaddr_in *)(const void *)peer;
	else if (peer->sa_family == AF_INET6)
		visitor->peer.six = *(const struct sockaddr_in6 *)(const void *)peer;
	visitor->entered = visitors->entering;
	visitors->entering = false;
	visitor->due_ms = uv_now(http->host->loop) + REQUEST_MS;
	visitor->next = visitors->first;
	visitor->link = &visitors->first;
	if (visitor->next)
		visitor->next->link = &visitor->next;
	visitors->first = visitor;
	if (!http->stopping && !uv_is_active((uv_handle_t *)&visitors->sweep))
		uv_timer_start(&visitors->sweep, on_sweep, SWEEP_MS, SWEEP_MS);
	http->host->counts.connections++;
}

static void
go(struct http *http, struct visitor *visitor)
{
	struct visitors *visitors = &http->visitors;

	if (!visitor)
		return;
	*visitor->link = visitor->next;
	if (visitor->next)
		visitor->next->link = visitor->link;
	if (visitor->entered)
		mural_leave(http->host, &visitor->peer.any);
	free(visitor);
	if (!visitors->first && !http->stopping)
		uv_timer_stop(&visitors->sweep);
	http->host->counts.connections--;
}

void
visitor_changed(void *arg, struct MHD_Connection *connection, void **context,
	enum MHD_ConnectionNotificationCode what)
{
	if (what == MHD_CONNECTION_NOTIFY_STARTED)
		come(arg, connection, context);
	else
		go(arg, *context);
	mural_publish(((struct http *)arg)->host);
}

static struct visitor *
visitor_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

void
visitor_expect(struct http *http, struct MHD_Connection *connection, uint64_t ms)
{
	struct visitor *visitor = visitor_of(connection);

	if (visitor && !visitor->stays)
		visitor->due_ms = ms > 0 ? uv_now(http->host->loop) + ms : 0;
}

void
visitor_stays(struct MHD_Connection *connection)
{
	struct visitor *visitor = visitor_of(connection);

	if (!visitor)
		return;
	visitor->stays = true;
	visitor->due_ms = 0;
}

int
visitor_charge(struct http *http, struct MHD_Connection *connection, uint64_t pixels,
	uint64_t bytes)
{
	struct visitor *visitor;

	if (!mural_is_limited(http->host))
		return 0;
	visitor = visitor_of(connection);
	return visitor ? mural_charge(http->host, http->host->brush, &visitor->peer.any,
				 pixels, bytes)
		       : 0;
}
