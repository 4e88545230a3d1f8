/* SPDX-License-Identifier: MIT */
/* Setting a cell. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "http/board/api.h"
#include "http/board/board.h"
#include "http/board/generators.h"
#include "http/board/pixel-body.h"
#include "http/board/settings.h"
#include "http/http.h"
#include "http/web/json-field.h"

#define MS UINT64_C(1000000)
#define SECOND (1000 * MS)

static enum MHD_Result
reply_outside(struct request *request)
{
	http_discard(request->http, MURAL_OUT_OF_BOUNDS);
	return reply_error(request, MHD_HTTP_BAD_REQUEST, "Invalid Position");
}

/* Longer than any label: each of its bytes may have become six. */
#define EVENT_MAX (12 * NAME_MAX_BYTES + 200)

static void
emit_update(struct http *http, const struct pixel_body *pixel,
	const struct generator *generator)
{
	char json[EVENT_MAX];

	snprintf(json, sizeof(json),
		"{\"row\":%" PRIu32 ",\"col\":%" PRIu32 ",\"color\":%" PRIu32
		",\"pixels\":%" PRIu64 ",\"unnecessaryPixels\":%" PRIu64
		",\"author\":%s}",
		pixel->row, pixel->column, pixel->colour, http->board->pixels,
		http->board->unnecessary, generator->label);
	socketio_emit(http, "pixel update", json);
}

/* A request that cannot be granted costs the generator no turn. */
static enum MHD_Result
set_cell(struct request *request, struct generator *generator,
	const struct pixel_body *pixel)
{
	struct http *http = request->http;
	struct board *board = http->board;
	uint64_t now;

	if (!generator)
		return api_reply_unauthorized(request);
	if (pixel->row >= board->height || pixel->column >= board->width)
		return reply_outside(request);
	if (pixel->colour >= board->palette.n)
		return api_reply_malformed(request, "Invalid Color");
	now = uv_hrtime();
	if (api_is_cooling_down(generator, now))
		return api_reply_cooldown(request, generator, now);
	if (http_client_consume(http, request->connection,
		    (uint64_t)board->cell * board->cell, 0) < 0)
		return api_reply_rate_limited(request, SECOND);
	generator->ready_ns = now + http->settings->rate_ms * MS;
	if (http->settings->enabled) {
		board_paint(board, pixel->column, pixel->row, pixel->colour, generator);
		if (socketio_has_listeners(http))
			emit_update(http, pixel, generator);
	}
	return reply_shared(request, MHD_HTTP_OK, http->settings->accepted);
}

/* What is no number lies nowhere. */
static uint32_t
read_index(const json_t *json, const char *name)
{
	uint32_t index;

	return field_index(json_object_get(json, name), UINT32_MAX, &index) ? index
									    : UINT32_MAX;
}

static struct pixel_body
read_pixel(const json_t *json)
{
	return (struct pixel_body){
		.row = read_index(json, "row"),
		.column = read_index(json, "col"),
		.colour = read_index(json, "color"),
	};
}

enum MHD_Result
api_update(struct request *request)
{
	static const char *const names[] = { "row", "col", "color", "id", NULL };
	struct pixel_body pixel;
	enum MHD_Result answered;
	const json_t *json;

	if (request->body && pixel_body_read(&pixel, request->body, request->body_len))
		return set_cell(request,
			generators_find(request->http, pixel.id, STORE_ID_LEN), &pixel);
	json = api_fields(request, names, &answered);
	if (!json)
		return answered;
	pixel = read_pixel(json);
	return set_cell(
		request, api_generator(request, json_object_get(json, "id")), &pixel);
}

/* The page's way: with an id, or with the secret that somebody registered with. */
enum MHD_Result
api_click(struct request *request)
{
	static const char *const names[] = { "row", "col", "color", NULL };
	enum MHD_Result answered;
	const json_t *json, *id, *secret;
	struct generator *generator = NULL;
	struct pixel_body pixel;

	if (!request->http->config->click)
		return reply_error(
			request, MHD_HTTP_FORBIDDEN, "painting by click is switched off");
	json = api_fields(request, names, &answered);
	if (!json)
		return answered;
	id = json_object_get(json, "id");
	secret = json_object_get(json, "secret");
	if (!id && !secret)
		return api_reply_missing(request, "secret");
	if (id)
		generator = api_generator(request, id);
	else if (json_is_string(secret))
		generator =
			generators_find_secret(request->http, json_string_value(secret));
	pixel = read_pixel(json);
	return set_cell(request, generator, &pixel);
}
