/* SPDX-License-Identifier: MIT */
/* Sets a cell, for generators and for the web page. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/board/api.h"
#include "http/board/board.h"
#include "http/board/generators.h"
#include "http/board/pixel-body.h"
#include "http/web/json-field.h"

#define MS UINT64_C(1000000)
#define SECOND (1000 * MS)

static enum MHD_Result
reply_outside(struct request *request)
{
	web_discard(request->web, MURAL_OUT_OF_BOUNDS);
	return reply_error(request, MHD_HTTP_BAD_REQUEST, "Invalid Position");
}

static enum MHD_Result
paint_cell(struct request *request, struct generator *generator,
	const struct pixel_body *pixel)
{
	static const char *const refusals[MURAL_REASONS + 1] = {
		[MURAL_FROZEN] = "frozen",
		[MURAL_PROTECTED] = "protected",
		[MURAL_BANNED] = "banned",
	};
	struct board *board = request->subject;
	const struct board_settings *settings = &board->settings;
	const struct http_client *client = http_client_of(request->connection);
	enum mural_reason reason = MURAL_REASONS;

	http_client_paint_as(request->web, request->connection, generator->painter);
	board->peer = client ? &client->peer.any : NULL;
	if (settings->enabled)
		reason = board_paint(
			board, pixel->column, pixel->row, pixel->colour, generator);
	board->peer = NULL;
	if (refusals[reason])
		return reply_json(request, MHD_HTTP_OK,
			json_pack("{s:s, s:I, s:b}", "refused", refusals[reason], "rate",
				(json_int_t)settings->rate_ms, "success", 1));
	return reply_shared_json(
		request, settings->accepted, settings->text, strlen(settings->text));
}

/* ------------------------------------------------------------ one over all walls */

/* A cell that waits until it is known whether its generator has painted on another wall.
 */
struct pending_cell {
	struct request *request;
	struct mural_lease *lease;
	struct pixel_body pixel;
	char id[STORE_ID_LEN + 1];
	uint64_t left_ms; /* of its cooldown there; 0: it may paint */
};

static enum MHD_Result
answer_leased(struct request *request)
{
	const struct pending_cell *pending = request->data;
	struct board *board = request->subject;
	struct generator *generator =
		generators_find(board->generators, pending->id, STORE_ID_LEN);
	const uint64_t now = uv_hrtime();

	if (!generator)
		return api_reply_unauthorized(request);
	if (pending->left_ms == 0)
		return paint_cell(request, generator, &pending->pixel);
	board_credit_paint(board, http_client_source(request->web, request->connection));
	generator->ready_ns = now + pending->left_ms * MS;
	return api_reply_cooldown(request, generator, now);
}

static void
on_leased(void *arg, enum mural_lease_outcome outcome, uint64_t left_ms)
{
	struct pending_cell *pending = arg;

	pending->lease = NULL;
	if (outcome != MURAL_LEASE_TAKEN)
		left_ms = 0;
	pending->left_ms = left_ms < RATE_MAX_MS ? left_ms : RATE_MAX_MS;
	request_resume(pending->request, answer_leased);
}

static void
on_cell_completed(struct request *request)
{
	struct pending_cell *pending = request->data;

	mural_lease_abandon(pending->lease);
	free(pending);
}

/* False: this wall decides by itself. */
static bool
wait_for_lease(struct request *request, const struct generator *generator,
	const struct pixel_body *pixel)
{
	const struct board *board = request->subject;
	struct pending_cell *pending = calloc(1, sizeof(*pending));
	char name[STORE_ID_LEN + 16];

	if (!pending)
		return false;
	pending->request = request;
	pending->pixel = *pixel;
	memcpy(pending->id, generator->id, sizeof(pending->id));
	snprintf(name, sizeof(name), "cool/%s", generator->id);
	pending->lease = mural_lease_name(
		request->web->host, name, board->settings.rate_ms, on_leased, pending);
	if (!pending->lease) {
		free(pending);
		return false;
	}
	request->data = pending;
	request->on_completed = on_cell_completed;
	return true;
}

/* A rejected request does not start the cooldown. */
static enum MHD_Result
set_cell(struct request *request, struct generator *generator,
	const struct pixel_body *pixel)
{
	struct board *board = request->subject;
	struct board_settings *settings = &board->settings;
	uint64_t source = http_client_source(request->web, request->connection);
	uint64_t now, wait_ms;

	if (store_missing(board->store))
		return api_reply_read_only(request);
	if (!generator)
		return api_reply_unauthorized(request);
	if (pixel->row >= board->height || pixel->column >= board->width)
		return reply_outside(request);
	if (pixel->colour >= board->palette.n)
		return api_reply_malformed(request, "Invalid Color");
	now = uv_hrtime();
	if (api_is_cooling_down(generator, now))
		return api_reply_cooldown(request, generator, now);
	wait_ms = board_paint_wait_ms(board, source);
	if (wait_ms > 0) {
		web_discard(request->web, MURAL_RATE_LIMITED);
		return api_reply_rate_limited(request, wait_ms * MS);
	}
	if (http_client_consume(request->web, request->connection,
		    (uint64_t)board->cell * board->cell, 0) < 0)
		return api_reply_rate_limited(request, SECOND);
	generators_use(board->generators, generator, source);
	generator->ready_ns = now + settings->rate_ms * MS;
	if (settings->rate_ms > 0 && wait_for_lease(request, generator, pixel))
		return request_suspend(request);
	return paint_cell(request, generator, pixel);
}

/* What is not a number is out of bounds. */
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
	struct board *board = request->subject;
	struct pixel_body pixel;
	enum MHD_Result answered;
	const json_t *json;

	if (api_is_cross_site(request, false))
		return api_reply_cross_site(request);
	if (request->body && pixel_body_read(&pixel, request->body, request->body_len))
		return set_cell(request,
			generators_find(board->generators, pixel.id, STORE_ID_LEN),
			&pixel);
	json = api_fields(request, names, &answered);
	if (!json)
		return answered;
	pixel = read_pixel(json);
	return set_cell(
		request, api_generator(request, json_object_get(json, "id")), &pixel);
}

/* By id, or by a secret with which somebody registered from the same source; without a
 * secret that would be the last one there. */
static struct generator *
find_clicker(struct request *request, const json_t *id, const json_t *secret)
{
	struct board *board = request->subject;

	if (id)
		return api_generator(request, id);
	if (!json_is_string(secret) || json_string_length(secret) == 0)
		return NULL;
	return generators_find_secret(board->generators, json_string_value(secret),
		http_client_source(request->web, request->connection));
}

/* From the web page. */
enum MHD_Result
api_click(struct request *request)
{
	static const char *const names[] = { "row", "col", "color", NULL };
	struct board *board = request->subject;
	enum MHD_Result answered;
	const json_t *json, *id, *secret;
	struct pixel_body pixel;

	if (!board->config.click)
		return reply_error(
			request, MHD_HTTP_FORBIDDEN, "painting by click is switched off");
	if (api_is_cross_site(request, true))
		return api_reply_cross_site(request);
	json = api_fields(request, names, &answered);
	if (!json)
		return answered;
	id = json_object_get(json, "id");
	secret = json_object_get(json, "secret");
	if (!id && !secret)
		return api_reply_missing(request, "secret");
	pixel = read_pixel(json);
	return set_cell(request, find_clicker(request, id, secret), &pixel);
}
