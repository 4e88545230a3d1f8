/* SPDX-License-Identifier: MIT */
/*
 * The http plugin: composes the web server with what it serves, the pixel board,
 * socket.io, viewers, history, ops and the page, each from a folder of its own.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/server-options.h"
#include "http/board/board.h"
#include "http/board/fellow-cells.h"
#include "http/board/fellows.h"
#include "http/board/generators.h"
#include "http/history/history.h"
#include "http/operator/operator.h"
#include "http/ops/ops.h"
#include "http/page/page.h"
#include "http/socketio/socketio.h"
#include "http/store/store.h"
#include "http/viewers/viewers.h"
#include "http/web/notice.h"
#include "http/web/origin.h"
#include "http/web/proxy.h"
#include "http/web/web.h"

/* The side of the largest canvas. */
#define CELL_MAX 8192

/* clang-format off */
#define PLACE_PALETTE \
	"ffffff,d4d7d9,898d90,000000,9c6926,ff99aa,b44ac0,811e9f," \
	"51e9f4,3690ea,2450a4,7eed56,00a368,ffd635,ffa800,ff4500"
/* clang-format on */

struct http_config {
	const char *listen;
	struct mural_dimensions board; /* 0x0: as many cells as fit */
	int64_t cell;
	const char *palette;
	uint64_t pixel_rate; /* ms */
	const char *secrets, *admin_token, *database;
	bool click;
	uint32_t identity;
	const char *origins, *proxies, *embed;
	bool public_reads;
	int64_t painters_per_source;
	int64_t viewer_fps;
	const char *rules;
	uint32_t language;
};

enum { IDENTITY_SECRET, IDENTITY_NAME };

/* As the page has them, and as the option lists them. */
static const char *const languages[] = { "auto", "en", "de" };

/* The longest label, each byte of which may be escaped to six, and the rest of the event.
 */
#define PIXEL_UPDATE_MAX (12 * NAME_MAX_BYTES + 200)

#define N_TABLES 7

struct http {
	struct web web;
	struct route_table tables[N_TABLES + 1];
	struct mural_listener *listener;
	struct store *store;
	struct board board;
	struct fellows fellows;
	struct fellow_cells fellow_cells;
	struct socketio socketio;
	struct history history;
	struct viewers viewers;
	struct page page;
	struct ops ops;
	struct operator_api operator_api;
};

static const struct mural_option options[] = {
	MURAL_ADDRESS(struct http_config, listen, "[::]:8080", "address for browsers"),
	MURAL_DIMENSIONS(struct http_config, board, "auto", "auto",
		"cells of the pixel board; auto: as many as fit the region"),
	MURAL_NUMBER(struct http_config, cell, "8", NULL, 1, CELL_MAX,
		"side of a cell in pixels of the canvas"),
	MURAL_TEXT(struct http_config, palette, PLACE_PALETTE,
		"colours of the board: rrggbb, separated by commas"),
	MURAL_DURATION(struct http_config, pixel_rate, "1000ms",
		"shortest time between two cells of one generator, 0: no limit"),
	MURAL_PATH(struct http_config, secrets, "",
		"file of secrets, one of which is needed to register; empty: none is"),
	MURAL_SECRET(struct http_config, admin_token,
		"token for the admin routes; empty: they are off"),
	MURAL_PATH(struct http_config, database, LOCALSTATEDIR "/lib/murald/board.db",
		"file for generators, counters and every cell ever set"),
	MURAL_BOOL(struct http_config, click, "yes", "painting from the web page"),
	MURAL_CHOICE(struct http_config, identity, "secret", "secret name",
		"what makes a generator the same one, which gets its token again: name, "
		"author and secret; or name and author"),
	MURAL_TEXT(struct http_config, origins, "",
		"other sites whose pages may read and paint: http://HOST[:PORT] ..."),
	MURAL_BOOL(struct http_config, public_reads, "yes",
		"pages of any site may read the wall, not only those of origins"),
	MURAL_TEXT(struct http_config, embed, "",
		"other sites that may show the page in a frame: http://HOST[:PORT] ..., "
		"or *"),
	MURAL_TEXT(struct http_config, proxies, "",
		"proxies whose X-Forwarded-For is believed: addresses, or unix"),
	MURAL_NUMBER(struct http_config, painters_per_source, "64", NULL, 0, 1000000,
		"cells that one source may set within pixel-rate, 0: no limit"),
	MURAL_NUMBER(struct http_config, viewer_fps, "15", NULL, 1, 60,
		"most frames a second for each viewer"),
	MURAL_TEXT(struct http_config, rules, "", "what visitors of the page may not do"),
	MURAL_CHOICE(struct http_config, language, "auto", "auto en de",
		"of the page; auto: what the visitor's browser asks for"),
	{ 0 },
};

/* --------------------------------------------------------------------- check */

static void
check_secrets(const struct http_config *config, struct mural_check *check)
{
	struct secrets secrets = { 0 };
	char why[300] = "";

	if (secrets_load(&secrets, config->secrets, why, sizeof(why)) < 0)
		mural_reject(check, "secrets", "%s", why);
	secrets_finish(&secrets);
}

static void
http_check(const void *http_config, struct mural_check *check)
{
	const struct http_config *config = http_config;
	struct palette palette;

	if (!*config->listen)
		mural_reject(check, "listen",
			"is empty, so nobody could connect; give an address, such as "
			"[::]:8080");
	if (!palette_parse(&palette, config->palette))
		mural_reject(check, "palette",
			"is not a palette; write 1 to %d colours as rrggbb, separated "
			"by commas, such as ffffff,000000",
			PALETTE_MAX);
	check_secrets(config, check);
	if (!origins_are_valid(config->origins))
		mural_reject(check, "origins",
			"is not a list of origins; write http://HOST or "
			"https://HOST:PORT, without a path, separated by spaces");
	if (strcmp(config->embed, "*") != 0 && !origins_are_valid(config->embed))
		mural_reject(check, "embed",
			"is not a list of sites; write * for all, or http://HOST or "
			"https://HOST:PORT, separated by spaces");
	if (strlen(config->embed) > PAGE_EMBED_MAX || strpbrk(config->embed, ";,"))
		mural_reject(check, "embed",
			"has more than %d characters, or commas or semicolons",
			PAGE_EMBED_MAX);
	if (!proxies_are_valid(config->proxies))
		mural_reject(check, "proxies",
			"is not a list of proxies; write their addresses, or unix for "
			"whoever connects to a Unix socket, separated by spaces");
	if (!*config->database)
		mural_reject(check, "database", "is empty; name a file for the board");
}

/* --------------------------------------------------------------- start, stop */

/* Sends "pixel update" to socket.io's listeners. */
static void
emit_pixel(struct board *board, const struct store_pixel *pixel,
	const struct generator *generator)
{
	struct http *http = board->data;
	char json[PIXEL_UPDATE_MAX];

	if (!socketio_has_listeners(&http->socketio))
		return;
	snprintf(json, sizeof(json),
		"{\"row\":%u,\"col\":%u,\"color\":%u,\"pixels\":%" PRIu64
		",\"unnecessaryPixels\":%" PRIu64 ",\"author\":%s}",
		pixel->row, pixel->column, pixel->colour, board->pixels,
		board->unnecessary, generator->label);
	socketio_emit(&http->socketio, "pixel update", json);
}

static void
on_pixel(struct board *board, const struct store_pixel *pixel,
	const struct generator *generator)
{
	struct http *http = board->data;

	fellow_cells_tell(&http->fellow_cells, pixel, generator, board->peer);
	emit_pixel(board, pixel, generator);
}

/* Sends "notice" to socket.io's listeners. */
static void
http_notice(struct mural_host *host)
{
	struct http *http = host->state;
	json_t *notice = notice_json(host);
	char *text = notice ? json_dumps(notice, JSON_COMPACT) : NULL;

	if (text)
		socketio_emit(&http->socketio, "notice", text);
	free(text);
	json_decref(notice);
}

static void
http_denied(struct mural_host *host)
{
	struct http *http = host->state;

	http_clients_end_denied(&http->web);
}

/* What an operator has taken away must not come back. */
static void
http_painted_over(struct mural_host *host, const struct mural_rect *rects, size_t n)
{
	struct http *http = host->state;

	if (http->web.stopping || store_missing(http->store))
		return;
	board_forget_covered(&http->board, rects, n);
	fellow_cells_painted_over(&http->fellow_cells, rects, n);
}

/* What other walls tell of their boards. */
static void
on_fellows(struct mural_host *host, const struct mural_parcel *parcel)
{
	struct http *http = host->state;

	if (!fellows_heard(&http->fellows, parcel))
		web_discard(&http->web, MURAL_MALFORMED);
}

static void
on_fellow_cells(struct mural_host *host, const struct mural_parcel *parcel)
{
	struct http *http = host->state;

	if (!fellow_cells_heard(&http->fellow_cells, parcel))
		web_discard(&http->web, MURAL_MALFORMED);
}

static int
start_board(struct http *http, const struct http_config *config)
{
	const struct board_config board_config = {
		.size = config->board,
		.cell = config->cell,
		.palette = config->palette,
		.rate_ms = config->pixel_rate,
		.secrets = config->secrets,
		.admin_token = config->admin_token,
		.click = config->click,
		.identity_is_name = config->identity == IDENTITY_NAME,
		.origins = config->origins,
		.painters = (uint64_t)config->painters_per_source,
		.language = languages[config->language],
	};

	http->board.on_pixel = on_pixel;
	http->board.on_heard = emit_pixel;
	http->board.data = http;
	return board_start(&http->board, &http->web, http->store, &board_config);
}

/* Called until the database can be opened, with which the plugin then begins anew. */
static int
find_database(struct mural_host *host)
{
	const struct http_config *config = host->config;
	struct http *http = host->state;

	return store_probe(&http->web, config->database);
}

static void
wait_for_database(struct http *http)
{
	struct mural_host *host = http->web.host;
	char text[MURAL_STATE_MAX];

	snprintf(text, sizeof(text), "the board is read-only: its database: %.80s",
		store_missing(http->store));
	mural_state(host, text);
	mural_retry(host, find_database);
}

static int
start_subjects(struct http *http, const struct http_config *config)
{
	struct web *web = &http->web;
	int ret = store_start(&http->store, web, config->database);

	if (ret == 0)
		ret = start_board(http, config);
	if (ret < 0)
		return ret;
	/* it reads, too */
	fellows_start(&http->fellows, web->host, http->store, http->board.generators,
		on_fellows);
	ret = store_start_writer(http->store);
	if (ret < 0)
		return ret;
	if (store_missing(http->store))
		wait_for_database(http);
	fellow_cells_start(&http->fellow_cells, &http->board, on_fellow_cells);
	socketio_start(&http->socketio, web);
	http->ops.board = &http->board;
	hour_start(&http->ops.hour, web);
	ret = history_start(&http->history, web, http->store, &http->board);
	return ret < 0 ? ret : viewers_start(&http->viewers, web, config->viewer_fps);
}

static void
http_stop(struct mural_host *host)
{
	struct http *http = host->state;

	mural_unlisten(http->listener);
	web_stop(&http->web);
	hour_stop(&http->ops.hour);
	viewers_stop(&http->viewers);
	history_stop(&http->history);
	socketio_stop(&http->socketio);
	fellow_cells_stop(&http->fellow_cells);
	fellows_stop(&http->fellows);
	board_stop(&http->board);
	page_finish(&http->page);
	store_stop(http->store);
}

static void
on_client(struct mural_host *host, int fd)
{
	struct http *http = host->state;

	http_client_accept(&http->web, fd);
}

static int
http_start(struct mural_host *host)
{
	const struct http_config *config = host->config;
	struct http *http = host->state;
	const struct route_table tables[N_TABLES] = {
		{ board_routes, &http->board },
		{ page_routes, &http->page },
		{ viewer_routes, &http->viewers },
		{ ops_routes, &http->ops },
		{ operator_routes, &http->operator_api },
		{ history_routes, &http->history },
		{ socketio_routes, &http->socketio },
	};
	int ret;

	http->operator_api.token = config->admin_token;
	memcpy(http->tables, tables, sizeof(tables));
	http->web.proxies = config->proxies;
	http->web.origins = config->origins;
	http->web.public_reads = config->public_reads;
	http->web.answer_missing = page_answer_missing;
	http->page.board = &http->board;
	http->page.rules = config->rules;
	http->page.embed = config->embed;
	http->page.language = languages[config->language];
	ret = web_start(&http->web, host, http->tables);
	if (ret < 0)
		return ret;
	ret = start_subjects(http, config);
	if (ret == 0)
		ret = mural_listen(
			host, config->listen, NULL, on_client, &http->listener);
	if (ret < 0)
		http_stop(host);
	return ret;
}

static void
http_reload(struct mural_host *host)
{
	const struct http_config *config = host->config;
	struct http *http = host->state;

	http->operator_api.token = config->admin_token;
	http->board.config.admin_token = config->admin_token;
	board_reload(&http->board);
}

/* ---------------------------------------------------------------------- hint */

static int
http_hint(const struct mural_host *host, const struct mural_hint_request *request,
	char *text, size_t len)
{
	const struct http_config *config = host->config;
	char name[HOST_PART_MAX];

	if (host->port == 0 ||
		!host_part_format(request->is_public ? "[::]:0" : config->listen,
			request->address, name, sizeof(name)))
		return -1;
	return snprintf(text, len, "http://%s:%u/", name, host->port);
}

const struct mural_plugin mural_plugin = {
	MURAL_PLUGIN,
	.name = "http",
	.summary = "a pixel board over HTTP, the wall in a browser, and metrics",
	.options = options,
	.config_size = sizeof(struct http_config),
	.state_size = sizeof(struct http),
	.transports = MURAL_SERVICE,
	.check = http_check,
	.start = http_start,
	.stop = http_stop,
	.hint = http_hint,
	.reload = http_reload,
	.notice = http_notice,
	.painted_over = http_painted_over,
	.denied = http_denied,
};
