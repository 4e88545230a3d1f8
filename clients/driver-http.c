/* SPDX-License-Identifier: MIT */
/*
 * The driver for the pixel board over HTTP.  Registers a generator, which sets one cell
 * at a time as often as the board allows; each answer says how long to wait.  Colours
 * become the nearest of the board's palette.
 */
#include "driver-http.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "console.h"
#include "lib/utf8.h"

#define PALETTE_MAX 65536
#define TEXT_MAX 250
#define ANSWER_MAX ((size_t)1 << 20) /* bytes without cells */
#define CELL_MAX 2500                /* bytes of a cell: NAME (AUTHOR), escaped */
#define WAIT_MIN 0.01                /* seconds, after a 429 */
#define WAIT_MAX (24 * 3600.0)       /* seconds */

/* ------------------------------------------------------------------ answers */

int
response_error(
	const struct connection *connection, const char *what, int status, json_t *answer)
{
	const struct http_board *board = connection->state;
	const char *error = json_string_value(json_object_get(answer, "error"));
	const char *next = "";

	if ((status == 401 || status == 403) && board->width)
		next = connection->options->id ? "; the board does not know --id"
		       : *board->id
			       ? "; the board has forgotten this generator: start again"
			       : "; is --secret right?";
	else if (status == 404 || status == 405)
		next = "; is it a pixel board?";
	else if (status == 401 || status == 403)
		next = "; ask who runs it";
	else if (status >= 300 && status < 400)
		next = "; it has moved: a browser shows where";
	else if (status >= 500)
		next = "; the server is in trouble: ask who runs it";
	console_print("%s: %s: status %d%s%.200s%s", connection->target->text, what,
		status, error ? ": " : "", error ? error : "", next);
	json_decref(answer);
	return -EACCES;
}

static int
response_invalid(const struct connection *connection, const char *what, json_t *answer)
{
	json_decref(answer);
	return console_error(-EBADMSG, "%s: %s: the answer is not a pixel board's",
		connection->target->text, what);
}

/* After a 429: Retry-After in seconds, else the body's timeoutRemaining, else its rate.
 */
static int64_t
wait_after(const struct http_board *board, json_t *answer)
{
	json_t *remaining = json_object_get(answer, "timeoutRemaining");
	json_t *rate = json_object_get(answer, "rate");
	double seconds = board->http.retry_after;

	if (!(seconds >= 0) && json_is_number(remaining))
		seconds = json_number_value(remaining);
	if (!(seconds >= 0) && json_is_number(rate))
		seconds = json_number_value(rate) / 1000;
	if (!(seconds >= 0))
		seconds = 1;
	if (seconds < WAIT_MIN)
		seconds = WAIT_MIN;
	if (seconds > WAIT_MAX)
		seconds = WAIT_MAX;
	return clock_now() + (int64_t)(seconds * (double)CLOCK_SECOND);
}

/* ------------------------------------------------------------------ the board */

static bool
parse_colour(const char *text, uint32_t *rgb)
{
	if (!text)
		return false;
	text += *text == '#';
	if (strlen(text) != 6 || strspn(text, "0123456789abcdefABCDEF") != 6)
		return false;
	*rgb = (uint32_t)strtoul(text, NULL, 16);
	return true;
}

static bool
parse_settings(struct http_board *board, json_t *answer)
{
	json_int_t width = json_integer_value(json_object_get(answer, "width"));
	json_int_t height = json_integer_value(json_object_get(answer, "height"));
	json_t *palette = json_object_get(answer, "palette");
	size_t n = json_array_size(palette);

	if (width < 1 || height < 1 || width > OPTIONS_SIDE_MAX ||
		height > OPTIONS_SIDE_MAX || width * height > IMAGE_PIXELS_MAX || n < 1 ||
		n > PALETTE_MAX)
		return false;
	board->palette = calloc(n, sizeof(*board->palette));
	board->cells = malloc((size_t)(width * height) * sizeof(*board->cells));
	if (!board->palette || !board->cells)
		return false;
	memset(board->cells, 0xff, (size_t)(width * height) * sizeof(*board->cells));
	for (size_t i = 0; i < n; i++)
		if (!parse_colour(json_string_value(json_array_get(palette, i)),
			    &board->palette[i]))
			return false;
	board->width = (uint32_t)width;
	board->height = (uint32_t)height;
	board->n_colours = (uint32_t)n;
	return true;
}

static int
http_size(struct connection *connection)
{
	struct http_board *board = connection->state;
	json_t *answer;
	int status;

	if (!board->width) {
		status = json_client_request(
			&board->http, "GET", "/settings", NULL, &answer);
		if (status < 0)
			return status;
		if (status != 200)
			return response_error(connection, "/settings", status, answer);
		if (!parse_settings(board, answer))
			return response_invalid(connection, "/settings", answer);
		json_decref(answer);
	}
	connection->wall.width = board->width;
	connection->wall.height = board->height;
	return 0;
}

static int
sleep_until(const struct connection *connection, int64_t when)
{
	int64_t until =
		connection->end && connection->end < when ? connection->end : when;

	while (clock_now() < until && !stop_requested())
		clock_sleep_until(until);
	return stop_requested() || until < when ? -EINTR : 0;
}

static int
board_register(struct connection *connection)
{
	struct http_board *board = connection->state;
	const struct options *options = connection->options;
	char name[TEXT_MAX + 16];
	const char *id;
	json_t *answer;
	int status, ret;

	snprintf(name, sizeof(name), options->connections > 1 ? "%s %u" : "%s",
		options->name, connection->number + 1);
	while ((status = json_client_request(&board->http, "PUT", "/register-pg",
			json_pack("{ssssss}", "name", name, "author", options->author,
				"secret", options->secret),
			&answer)) == 429) {
		ret = sleep_until(connection, wait_after(board, answer));
		json_decref(answer);
		if (ret < 0)
			return ret;
	}
	if (status < 0)
		return status;
	if (status != 200)
		return response_error(connection, "registering", status, answer);
	id = json_string_value(json_object_get(answer, "id"));
	if (!id || strlen(id) >= sizeof(board->id))
		return response_invalid(connection, "registering", answer);
	snprintf(board->id, sizeof(board->id), "%s", id);
	json_decref(answer);
	return 0;
}

/* The rows of cells, from the route for web pages if there is one, else from the one for
 * generators, which requires an id and is rate limited. */
static int
fetch_cells(struct connection *connection, json_t **answer)
{
	struct http_board *board = connection->state;
	uint64_t most = ANSWER_MAX + (uint64_t)board->width * board->height * CELL_MAX;
	int status, ret;

	board->http.most = most < SIZE_MAX ? (size_t)most : SIZE_MAX;
	status = json_client_request(
		&board->http, "GET", "/frontend-pixels", NULL, answer);
	while (status == 404 || status == 429) {
		if (status == 429 &&
			(ret = sleep_until(connection, wait_after(board, *answer))) < 0) {
			json_decref(*answer);
			return ret;
		}
		json_decref(*answer);
		if (!*board->id && (ret = board_register(connection)) < 0)
			return ret;
		status = json_client_request(&board->http, "GET", "/pixels",
			json_pack("{ss}", "id", board->id), answer);
		if (status == 404)
			break;
	}
	if (status < 0)
		return status;
	return status == 200
		       ? 0
		       : response_error(connection, "reading the board", status, *answer);
}

static int
board_read(struct connection *connection)
{
	struct http_board *board = connection->state;
	json_t *answer, *rows, *row, *cell;
	int ret = fetch_cells(connection, &answer);

	if (ret < 0)
		return ret;
	rows = json_object_get(answer, "pixels");
	if (json_array_size(rows) != board->height)
		return response_invalid(connection, "reading the board", answer);
	for (uint32_t y = 0; y < board->height; y++) {
		row = json_array_get(rows, y);
		if (json_array_size(row) != board->width)
			return response_invalid(connection, "reading the board", answer);
		for (uint32_t x = 0; x < board->width; x++) {
			cell = json_array_get(row, x);
			board->cells[(size_t)y * board->width + x] =
				json_is_integer(cell) && json_integer_value(cell) >= 0 &&
						json_integer_value(cell) <
							board->n_colours
					? (int32_t)json_integer_value(cell)
					: -1;
		}
	}
	json_decref(answer);
	return 0;
}

/* ------------------------------------------------------------------ painting */

static int
check_text(const char *option, const char *text)
{
	if (text && !utf8_is_valid(text, strlen(text)))
		return console_error(-EINVAL, "%s: the text is not UTF-8", option);
	if (text && strlen(text) > TEXT_MAX)
		return console_error(
			-EINVAL, "%s: write at most %d bytes", option, TEXT_MAX);
	return 0;
}

static int
check_texts(const struct options *options)
{
	if (check_text("--name", options->name) < 0 ||
		check_text("--author", options->author) < 0 ||
		check_text("--secret", options->secret) < 0 ||
		check_text("--id", options->id) < 0)
		return -EINVAL;
	return 0;
}

static int
http_open(struct connection *connection)
{
	struct http_board *board = connection->state;
	const char *id = connection->options->id;
	int ret = check_texts(connection->options);

	if (ret < 0)
		return ret;
	board->http.most = ANSWER_MAX;
	snprintf(board->id, sizeof(board->id), "%s", id ? id : "");
	return json_client_open(&board->http, connection->target->url);
}

static int
http_begin(struct connection *connection, const struct wall_area *area)
{
	struct http_board *board = connection->state;
	int ret = board->width ? 0 : http_size(connection);

	(void)area;
	if (ret == 0 && !*board->id)
		ret = board_register(connection);
	return ret < 0 ? ret : board_read(connection);
}

static int32_t
nearest_colour(const struct http_board *board, uint32_t argb)
{
	uint32_t least = UINT32_MAX;
	int32_t best = 0;

	for (uint32_t i = 0; i < board->n_colours; i++) {
		uint32_t distance = 0;

		for (int shift = 0; shift <= 16; shift += 8) {
			int32_t apart = (int32_t)(argb >> shift & 0xff) -
					(int32_t)(board->palette[i] >> shift & 0xff);

			distance += (uint32_t)(apart * apart);
		}
		if (distance < least) {
			least = distance;
			best = (int32_t)i;
		}
	}
	return best;
}

static int32_t *
cell_at(struct http_board *board, int32_t x, int32_t y)
{
	if (x < 0 || y < 0 || (uint32_t)x >= board->width || (uint32_t)y >= board->height)
		return NULL;
	return &board->cells[(size_t)y * board->width + (uint32_t)x];
}

static bool
http_shows(struct connection *connection, int32_t x, int32_t y, uint32_t argb)
{
	struct http_board *board = connection->state;
	const int32_t *cell = cell_at(board, x, y);

	return cell && *cell == nearest_colour(board, argb);
}

/* 1: it came too early. */
static int
try_cell(struct connection *connection, int32_t x, int32_t y, int32_t colour)
{
	struct http_board *board = connection->state;
	json_t *answer, *rate;
	int status, ret = 0;

	if ((ret = sleep_until(connection, board->ready)) < 0)
		return ret;
	status = json_client_request(&board->http, "PUT", "/update-pixel",
		json_pack("{sisisiss}", "row", y, "col", x, "color", colour, "id",
			board->id),
		&answer);
	if (status < 0)
		return status;
	if (status != 200 && status != 429)
		return response_error(connection, "setting a cell", status, answer);
	rate = json_object_get(answer, "rate");
	if (status == 429) {
		connection->retries++;
		board->ready = wait_after(board, answer);
		ret = 1;
	} else if (json_is_true(json_object_get(answer, "currentlyDisabled"))) {
		ret = console_error(-EACCES,
			"%s: the board is disabled: it accepts cells but draws none; ask "
			"who runs it",
			connection->target->text);
	} else if (json_number_value(rate) > 0 &&
		   json_number_value(rate) < WAIT_MAX * 1000) {
		board->ready = clock_now() +
			       (int64_t)(json_number_value(rate) * (double)CLOCK_MS);
	}
	json_decref(answer);
	return ret;
}

static int
http_put(struct connection *connection, int32_t x, int32_t y, uint32_t argb)
{
	struct http_board *board = connection->state;
	int32_t *cell = cell_at(board, x, y), colour = nearest_colour(board, argb);
	int ret;

	if (!cell)
		return -ERANGE;
	while ((ret = try_cell(connection, x, y, colour)) == 1)
		;
	if (ret < 0)
		return ret;
	*cell = colour;
	connection->painted++;
	return 0;
}

static int
http_grab(struct connection *connection, struct image *image)
{
	struct http_board *board = connection->state;
	int ret = http_canvas(connection, image);

	if (ret != -ENODATA)
		return ret;
	board->http.most = ANSWER_MAX;
	ret = image_new(image, connection->wall.width, connection->wall.height);
	if (ret == 0 && !board->width)
		ret = http_size(connection);
	if (ret == 0)
		ret = board_read(connection);
	if (ret < 0)
		return ret;
	for (uint32_t y = 0; y < image->height; y++)
		for (uint32_t x = 0; x < image->width; x++) {
			const int32_t *cell = cell_at(board, (int32_t)x, (int32_t)y);

			if (cell && *cell >= 0)
				*image_at(image, x, y) = board->palette[*cell];
		}
	return 0;
}

static void
http_close(struct connection *connection)
{
	struct http_board *board = connection->state;

	json_client_close(&board->http);
	free(board->palette);
	free(board->cells);
}

const struct driver driver_http = {
	.state_size = sizeof(struct http_board),
	.unit = "cells",
	.counts_painted = true,
	.needs_size = true,
	.proof = "cells that the board answered with 200",
	.open = http_open,
	.size = http_size,
	.begin = http_begin,
	.shows = http_shows,
	.put = http_put,
	.grab = http_grab,
	.metrics = http_metrics,
	.close = http_close,
};
