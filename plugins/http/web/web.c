/* SPDX-License-Identifier: MIT */
/* Starts and stops an instance's web server, and counts what keeps it on the loop. */
#include "http/web/web.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "lib/hex.h"

/* The longest request head: a browser's, with cookies. */
#define HEAD_BYTES (8 * 1024)

void
web_discard(struct web *web, enum mural_reason reason)
{
	mural_discard(web->host->brush, reason, 1);
}

void
web_hold(struct web *web)
{
	web->refs++;
}

static void
on_turn(struct mhd_uv *server)
{
	turn_begin(server->data);
}

static void
on_server_stopped(struct mhd_uv *server)
{
	struct web *web = server->data;

	guesses_stop(web);
	mural_stopped(web->host);
}

void
web_release(struct web *web)
{
	if (--web->refs > 0 || !web->stopping)
		return;
	/* no connection is upgraded any more; suspended ones must be resumed first */
	requests_abort(web);
	mhd_uv_stop(&web->server, on_server_stopped);
}

static void
on_handle_closed(uv_handle_t *handle)
{
	web_release(handle->data);
}

void
web_close_handle(struct web *web, uv_handle_t *handle)
{
	handle->data = web;
	uv_close(handle, on_handle_closed);
}

void
web_stop(struct web *web)
{
	web->stopping = true;
	http_clients_stop(web);
}

/* Decodes %xx, except %00, which would end the string. */
static size_t
url_unescape(void *arg, struct MHD_Connection *connection, char *text)
{
	char *to = text;

	(void)arg;
	(void)connection;
	for (const char *from = text; *from; to++) {
		const int byte = from[0] == '%' ? hex_byte(from + 1) : -1;

		if (byte > 0) {
			*to = (char)byte;
			from += 3;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
	return to - text;
}

/* Clients could fill the log with libmicrohttpd's messages. */
__attribute__((format(printf, 2, 0))) static void
ignore_message(void *arg, const char *format, va_list values)
{
	(void)arg;
	(void)format;
	(void)values;
}

int
web_start(struct web *web, struct mural_host *host, const struct route_table *tables)
{
	const struct MHD_OptionItem more[] = {
		{ MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)http_client_changed, web },
		{ MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)request_completed, web },
		{ MHD_OPTION_UNESCAPE_CALLBACK, (intptr_t)url_unescape, NULL },
		{ MHD_OPTION_EXTERNAL_LOGGER, (intptr_t)ignore_message, NULL },
		{ MHD_OPTION_END, 0, NULL },
	};
	int ret;

	web->host = host;
	web->tables = tables;
	turn_init(&web->turn);
	ret = guesses_start(web);
	if (ret == 0)
		ret = mhd_uv_start(&web->server, host->loop, HEAD_BYTES, IDLE_SECONDS,
			request_handle, web, more);
	if (ret < 0) {
		mural_log(host, MURAL_ERROR, "cannot start libmicrohttpd: %s",
			strerror(-ret));
		guesses_stop(web);
		return ret;
	}
	web->server.data = web;
	web->server.on_turn = on_turn;
	http_clients_start(web);
	return 0;
}
