/* SPDX-License-Identifier: MIT */
/* The board's HTTP API (doc/protocols.md, 3.2): its route table, and the routes that read
 * the board. */
#include "http/board/api.h"

#include <string.h>

#include "http/board/board.h"
#include "http/board/generators.h"
#include "http/web/json-field.h"
#include "http/web/origin.h"
#include "lib/digits.h"

/* ------------------------------------------------------------ what routes share */

enum MHD_Result
api_reply_missing(struct request *request, const char *name)
{
	char text[100];

	snprintf(text, sizeof(text), "Required field `%s` not present.", name);
	web_discard(request->web, MURAL_MALFORMED);
	return reply_error(request, MHD_HTTP_BAD_REQUEST, text);
}

enum MHD_Result
api_reply_malformed(struct request *request, const char *text)
{
	web_discard(request->web, MURAL_MALFORMED);
	return reply_error(request, MHD_HTTP_BAD_REQUEST, text);
}

enum MHD_Result
api_reply_unauthorized(struct request *request)
{
	web_discard(request->web, MURAL_UNAUTHORIZED);
	return reply_error(request, MHD_HTTP_UNAUTHORIZED, "401 Unauthorized");
}

const json_t *
api_fields(struct request *request, const char *const *names, enum MHD_Result *answered)
{
	const char *why, *missing;
	const json_t *json = request_json(request, &why);

	if (!json) {
		*answered = api_reply_malformed(request, why);
		return NULL;
	}
	missing = field_missing(json, names);
	if (missing) {
		*answered = api_reply_missing(request, missing);
		return NULL;
	}
	return json;
}

bool
api_is_cross_site(const struct request *request, bool needs_json)
{
	const struct board *board = request->subject;

	return request_is_cross_site(request, board->config.origins, needs_json);
}

enum MHD_Result
api_reply_cross_site(struct request *request)
{
	web_discard(request->web, MURAL_UNAUTHORIZED);
	return reply_error(request, MHD_HTTP_FORBIDDEN,
		"a page of another site may not do this; send application/json from "
		"this one, or see the option origins");
}

enum MHD_Result
api_reply_read_only(struct request *request)
{
	return reply_error(request, MHD_HTTP_SERVICE_UNAVAILABLE,
		"the board is read-only until its database is there again");
}

const json_t *
api_change(struct request *request, const char *const *names, enum MHD_Result *answered)
{
	const struct board *board = request->subject;

	if (api_is_cross_site(request, false))
		*answered = api_reply_cross_site(request);
	else if (store_missing(board->store))
		*answered = api_reply_read_only(request);
	else
		return api_fields(request, names, answered);
	return NULL;
}

struct generator *
api_generator(struct request *request, const json_t *id)
{
	const struct board *board = request->subject;

	return json_is_string(id) ? generators_find(board->generators,
					    json_string_value(id), json_string_length(id))
				  : NULL;
}

bool
api_is_cooling_down(const struct generator *generator, uint64_t now_ns)
{
	return generator->ready_ns > now_ns;
}

enum MHD_Result
api_reply_rate_limited(struct request *request, uint64_t left_ns)
{
	const struct board *board = request->subject;
	char text[160], whole[24];
	int len = snprintf(text, sizeof(text),
		"{\"error\":\"429 Too Many Requests\",\"rate\":%llu,\"success\":false,"
		"\"timeoutRemaining\":%.6f}\n",
		(unsigned long long)board->settings.rate_ms, (double)left_ns / 1e9);

	/* Retry-After is in whole seconds */
	snprintf(whole, sizeof(whole), "%llu",
		(unsigned long long)(left_ns + 999999999) / 1000000000);
	return reply_send(request, MHD_HTTP_TOO_MANY_REQUESTS,
		response_with(response_copy(text, len, "application/json"),
			MHD_HTTP_HEADER_RETRY_AFTER, whole));
}

enum MHD_Result
api_reply_cooldown(
	struct request *request, const struct generator *generator, uint64_t now_ns)
{
	web_discard(request->web, MURAL_RATE_LIMITED);
	return api_reply_rate_limited(request, generator->ready_ns - now_ns);
}

/* ------------------------------------------------------------------- the board */

static enum MHD_Result
answer_settings(struct request *request)
{
	const struct board *board = request->subject;
	const struct board_settings *settings = &board->settings;

	return reply_json(request, MHD_HTTP_OK,
		json_pack("{sisisosIsIsbs{sIsI}}", "width", board->width, "height",
			board->height, "palette", palette_json(&board->palette),
			"pixel_rate", (json_int_t)settings->rate_ms, "currentPixelRate",
			(json_int_t)settings->rate_ms, "enabled", settings->enabled,
			"stats", "pixels", (json_int_t)board->pixels, "unnecessaryPixels",
			(json_int_t)board->unnecessary));
}

/* By the id in the query, or in the body, which a GET may have too. */
static struct generator *
find_reader(struct request *request, enum MHD_Result *answered)
{
	static const char *const names[] = { "id", NULL };
	const struct board *board = request->subject;
	const char *query = request_query(request, "id");
	struct generator *generator;
	const json_t *json;

	if (query) {
		generator = generators_find(board->generators, query, strlen(query));
	} else {
		json = api_fields(request, names, answered);
		if (!json)
			return NULL;
		generator = api_generator(request, json_object_get(json, "id"));
	}
	if (!generator)
		*answered = api_reply_unauthorized(request);
	return generator;
}

static enum MHD_Result
reply_board(struct request *request, enum board_json_kind kind)
{
	struct board *board = request->subject;

	board_scan(board);
	if (request_has_tag(request, board_json_tag(board, kind)))
		return reply_not_modified(request, board_json_tag(board, kind));
	return board_json_reply(request, board, kind);
}

static enum MHD_Result
answer_pixels(struct request *request)
{
	uint64_t now = uv_hrtime();
	enum MHD_Result answered;
	struct generator *generator = find_reader(request, &answered);

	if (!generator)
		return answered;
	if (api_is_cooling_down(generator, now))
		return api_reply_cooldown(request, generator, now);
	return reply_board(request, BOARD_JSON_PIXELS);
}

static enum MHD_Result
answer_frontend(struct request *request)
{
	return reply_board(request, BOARD_JSON_FRONTEND);
}

/* ---------------------------------------------------------- who painted a cell */

#define AUTHOR_PATH "/getPixelAuthor/"

static enum MHD_Result
answer_author(struct request *request)
{
	struct board *board = request->subject;
	const char *path = request->path + strlen(AUTHOR_PATH);
	const struct generator *painter;
	uint64_t column, row;
	size_t place;
	json_t *author;

	path = digits_read(path, board->width - 1, &column);
	path = path && *path == '/' ? digits_read(path + 1, board->height - 1, &row)
				    : NULL;
	if (!path || *path)
		return reply_error(request, MHD_HTTP_NOT_FOUND,
			"no such cell; write /getPixelAuthor/COLUMN/ROW");
	board_scan(board);
	place = (size_t)row * board->width + column;
	painter = board->painters[place];
	author = painter ? json_sprintf("%s (%s)", painter->name, painter->author)
			 : json_string("");
	return reply_json(request, MHD_HTTP_OK,
		json_pack("{sosi}", "author", author, "color", board->colours[place]));
}

const struct route board_routes[] = {
	{ "PUT", "/register-pg", false, api_register },
	{ "DELETE", "/remove-pg", false, api_remove },
	{ "PUT", "/update-pixel", false, api_update },
	{ "POST", "/changeByClick", false, api_click },
	{ "GET", "/settings", false, answer_settings },
	{ "GET", "/pixels", false, answer_pixels },
	{ "GET", "/frontend-pixels", false, answer_frontend },
	{ "GET", AUTHOR_PATH, true, answer_author },
	{ "POST", "/changePixelRate", false, api_rate },
	{ "POST", "/enableBoard", false, api_switch },
	{ "POST", "/disableBoard", false, api_switch },
	{ "POST", "/removeGenerators", false, api_remove_many },
	{ "GET", "/servers", false, leaderboard_answer },
	{ NULL, NULL, false, NULL },
};
