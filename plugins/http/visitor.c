/* SPDX-License-Identifier: MIT */
/* Who is connected, and for how long. */
#include "visitor.h"

#include <stdlib.h>
#include <sys/socket.h>

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

static void
come(struct http *http, struct MHD_Connection *connection, void **context)
{
	struct visitors *visitors = &http->visitors;
	struct visitor *visitor = calloc(1, sizeof(*visitor));

	*context = visitor;
	if (!visitor)
		return; /* without a clock, then */
	visitor->fd =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)
			->connect_fd;
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

void
visitor_expect(struct http *http, struct MHD_Connection *connection, uint64_t ms)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct visitor *visitor = info ? info->socket_context : NULL;

	if (visitor)
		visitor->due_ms = ms > 0 ? uv_now(http->host->loop) + ms : 0;
}
