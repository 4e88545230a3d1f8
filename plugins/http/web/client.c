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

static const uint64_t patience_ms[] = {
	[VISITOR_ASKS] = 60 * 1000,
	[VISITOR_READS] = 10 * 60 * 1000,
	[VISITOR_WAITS] = 0, /* for ever */
};

/* libmicrohttpd takes a full socket for silence, though it may be megabytes that the
 * client reads all the time. */
static void
watch(struct visitor *visitor, bool watched)
{
	if (visitor->watched == watched)
		return;
	visitor->watched = watched;
	MHD_set_connection_option(visitor->connection, MHD_CONNECTION_OPTION_TIMEOUT,
		watched ? 0u : (unsigned)SILENCE_SECONDS);
}

/* A Unix socket does not tell what was taken: there libmicrohttpd's clock goes on. */
static bool
reads_too_slowly(struct visitor *visitor, uint64_t now_ms)
{
	uint64_t taken;
	bool waits;

	if (progress_ask(visitor->fd, &taken, &waits) < 0)
		return false;
	watch(visitor, true);
	return progress_is_slow(&visitor->progress, taken, waits, now_ms);
}

/* libmicrohttpd finds its end and lets it go.  What a slow reader still had to come the
 * kernel would keep for him: that goes, too. */
static void
cut(struct http *http, struct visitor *visitor)
{
	const struct linger now = { .l_onoff = 1 };

	if (visitor->turn == VISITOR_READS)
		setsockopt(visitor->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	visitor->due_ms = 0;
	visitor->turn = VISITOR_WAITS;
	shutdown(visitor->fd, SHUT_RDWR);
	http_discard(http, MURAL_RATE_LIMITED);
	mural_publish(http->host);
}

static void
on_sweep(uv_timer_t *timer)
{
	struct http *http = timer->data;
	uint64_t now = uv_now(http->host->loop);

	for (struct visitor *visitor = http->visitors.first; visitor;
		visitor = visitor->next)
		if ((visitor->due_ms > 0 && visitor->due_ms <= now) ||
			(visitor->turn == VISITOR_READS &&
				reads_too_slowly(visitor, now)))
			cut(http, visitor);
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
	visitor->connection = connection;
	visitor->fd = fd;
	if (peer->sa_family == AF_INET)
		visitor->peer.four = *(const struct sockaddr_in *)(const void *)peer;
	else if (peer->sa_family == AF_INET6)
		visitor->peer.six = *(const struct sockaddr_in6 *)(const void *)peer;
	visitor->entered = visitors->entering;
	visitors->entering = false;
	visitor->due_ms = uv_now(http->host->loop) + patience_ms[VISITOR_ASKS];
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
visitor_expect(
	struct http *http, struct MHD_Connection *connection, enum visitor_turn turn)
{
	struct visitor *visitor = visitor_of(connection);
	uint64_t ms = patience_ms[turn];

	if (!visitor || visitor->stays)
		return;
	visitor->turn = turn;
	visitor->due_ms = ms > 0 ? uv_now(http->host->loop) + ms : 0;
	visitor->progress.begun = false;
	watch(visitor, false);
}

void
visitor_stays(struct MHD_Connection *connection)
{
	struct visitor *visitor = visitor_of(connection);

	if (!visitor)
		return;
	visitor->stays = true;
	visitor->turn = VISITOR_WAITS;
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

uint64_t
visitor_source(struct http *http, struct MHD_Connection *connection)
{
	struct visitor *visitor = visitor_of(connection);

	return visitor ? mural_source(http->host, &visitor->peer.any) : 0;
}
