/* SPDX-License-Identifier: MIT */
/* http: the pixel board, viewers, page and figures of a wall, on one port. */
#include "http/http.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/server-options.h"
#include "http/board/board.h"
#include "http/board/generators.h"
#include "http/board/palette.h"
#include "http/board/secrets.h"
#include "http/board/settings.h"
#include "http/store/store.h"

/* Of a request's head: what browsers send, with cookies. */
#define HEAD_BYTES (8 * 1024)

/* No cell is larger than the largest canvas. */
#define CELL_MAX 8192

/* clang-format off */
#define PLACE_PALETTE \
	"ffffff,d4d7d9,898d90,000000,9c6926,ff99aa,b44ac0,811e9f," \
	"51e9f4,3690ea,2450a4,7eed56,00a368,ffd635,ffa800,ff4500"
/* clang-format on */

static const struct mural_option options[] = {
	MURAL_ADDRESS(struct http_config, listen, "[::]:8080", "where browsers come to"),
	MURAL_DIMENSIONS(struct http_config, board, "auto", "auto",
		"cells of the pixel board; auto: as many as fit the region"),
	MURAL_NUMBER(struct http_config, cell, "8", NULL, 1, CELL_MAX,
		"side of a cell in pixels of the canvas"),
	MURAL_TEXT(struct http_config, palette, PLACE_PALETTE,
		"the board's colours, rrggbb with commas between them"),
	MURAL_DURATION(struct http_config, pixel_rate, "1000ms",
		"a generator may set a cell this often, 0: no limit"),
	MURAL_TEXT(struct http_config, secrets, "",
		"file of secrets, one of which is asked of a new generator"),
	MURAL_TEXT(struct http_config, admin_token, "",
		"what the admin routes ask for, @FILE: in that file; empty: they are "
		"off"),
	MURAL_TEXT(struct http_config, database, LOCALSTATEDIR "/lib/murald/board.db",
		"file that keeps generators, figures and every cell ever set"),
	MURAL_BOOL(struct http_config, click, "yes", "painting from the web page"),
	MURAL_NUMBER(struct http_config, viewer_fps, "15", NULL, 1, 60,
		"pictures a second that viewers get at most"),
	{ 0 },
};

/* In the order of their start; they stop in the other one. */
static const struct {
	int (*start)(struct http *http);
	void (*stop)(struct http *http);
} modules[] = {
	{ store_start, store_stop },
	{ generators_start, generators_stop },
	{ board_settings_start, board_settings_stop },
	{ board_start, board_stop },
	{ store_start_writer, NULL },
	{ socketio_start, socketio_stop },
	{ timelapse_start, timelapse_stop },
	{ viewers_start, viewers_stop },
};

#define N_MODULES (sizeof(modules) / sizeof(*modules))

/* --------------------------------------------------------------------- check */

static void
check_files(const struct http_config *config, struct mural_check *check)
{
	struct secrets secrets;
	char why[300] = "", *token = NULL;

	if (secrets_load(&secrets, config->secrets, why, sizeof(why)) < 0)
		mural_reject(check, "secrets", "%s", why);
	if (secrets_load_token(config->admin_token, &token, why, sizeof(why)) < 0)
		mural_reject(check, "admin_token", "%s", why);
	secrets_finish(&secrets);
	free(token);
}

static void
http_check(const void *http_config, struct mural_check *check)
{
	const struct http_config *config = http_config;
	struct palette palette;

	if (!*config->listen)
		mural_reject(check, "listen",
			"is empty, so nobody could come; give an address, such as "
			"[::]:8080");
	if (!palette_parse(&palette, config->palette))
		mural_reject(check, "palette",
			"is no palette; write 1 to %d colours as rrggbb with commas "
			"between them, such as ffffff,000000",
			PALETTE_MAX);
	check_files(config, check);
	if (!*config->database)
		mural_reject(check, "database",
			"is empty; name the file that is to keep the board");
}

/* --------------------------------------------------------------- start, stop */

void
http_discard(struct http *http, enum mural_reason reason)
{
	mural_discard(http->host->brush, reason, 1);
}

void
http_hold(struct http *http)
{
	http->refs++;
}

static void
on_server_stopped(struct mhd_uv *server)
{
	mural_stopped(((struct http *)server->data)->host);
}

void
http_release(struct http *http)
{
	if (--http->refs > 0 || !http->stopping)
		return;
	/* nothing is upgraded any more; what is parked gets its answer */
	requests_abort(http);
	mhd_uv_stop(&http->server, on_server_stopped);
}

static void
http_stop(struct mural_host *host)
{
	struct http *http = host->state;

	http->stopping = true;
	mural_unlisten(http->listener);
	http_hold(http);
	for (size_t i = N_MODULES; i > 0; i--)
		if (modules[i - 1].stop)
			modules[i - 1].stop(http);
	leaderboard_stop(http);
	http_clients_stop(http);
	http_release(http);
}

/* Decodes %xx, but never to the end of the string. */
static size_t
unescape(void *arg, struct MHD_Connection *connection, char *text)
{
	char *to = text;

	(void)arg;
	(void)connection;
	for (const char *from = text; *from; to++) {
		int high = from[0] == '%' ? palette_hex_digit(from[1]) : -1;
		int low = high >= 0 ? palette_hex_digit(from[2]) : -1;

		if (low >= 0 && (high | low)) {
			*to = (char)(high << 4 | low);
			from += 3;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
	return to - text;
}

/* Nothing that a client can cause belongs into the log. */
__attribute__((format(printf, 2, 0))) static void
ignore_message(void *arg, const char *format, va_list values)
{
	(void)arg;
	(void)format;
	(void)values;
}

static int
start_server(struct http *http)
{
	const struct MHD_OptionItem more[] = {
		{ MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)http_client_changed, http },
		{ MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)request_completed, http },
		{ MHD_OPTION_UNESCAPE_CALLBACK, (intptr_t)unescape, NULL },
		{ MHD_OPTION_EXTERNAL_LOGGER, (intptr_t)ignore_message, NULL },
		{ MHD_OPTION_END, 0, NULL },
	};
	int ret = mhd_uv_start(&http->server, http->host->loop, HEAD_BYTES, IDLE_SECONDS,
		request_handle, http, more);

	if (ret < 0)
		mural_log(http->host, MURAL_ERROR, "cannot start libmicrohttpd: %s",
			strerror(-ret));
	http->server.data = http;
	return ret;
}

static void
on_client(struct mural_host *host, int fd)
{
	struct http *http = host->state;

	http_client_accept(http, fd);
}

static int
http_start(struct mural_host *host)
{
	struct http *http = host->state;
	int ret;

	http->host = host;
	http->config = host->config;
	ret = start_server(http);
	if (ret < 0)
		return ret;
	http_clients_start(http);
	for (size_t i = 0; ret == 0 && i < N_MODULES; i++)
		ret = modules[i].start(http);
	if (ret == 0)
		ret = mural_listen(
			host, http->config->listen, NULL, on_client, &http->listener);
	if (ret < 0)
		http_stop(host);
	return ret;
}

static void
http_reload(struct mural_host *host)
{
	generators_reload(host->state);
}

/* -------------------------------------------------------------------- invite */

static int
http_hint(const struct mural_host *host, const struct mural_hint_request *request,
	char *text, size_t len)
{
	const struct http_config *config = host->config;
	char name[HOST_PART_MAX];

	if (host->port == 0 ||
		!host_part_format(config->listen, request->address, name, sizeof(name)))
		return -1;
	return snprintf(text, len, "http://%s:%u/", name, host->port);
}

const struct mural_plugin mural_plugin = {
	MURAL_PLUGIN,
	.name = "http",
	.summary = "a pixel board over HTTP, the wall in a browser, and its figures",
	.options = options,
	.config_size = sizeof(struct http_config),
	.state_size = sizeof(struct http),
	.transports = MURAL_SERVICE,
	.check = http_check,
	.start = http_start,
	.stop = http_stop,
	.hint = http_hint,
	.reload = http_reload,
};
