/* SPDX-License-Identifier: MIT */
/* The board as JSON text, kept until it changes. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "http/board/board.h"
#include "http/board/generators.h"
#include "http/http.h"

#define TAG_MAX 48

/* One answer, and the state of the board that it tells. */
struct cached_json {
	struct MHD_Response *response;
	uint64_t changes;
	char tag[TAG_MAX];
};

struct board_json {
	uint64_t boot; /* so that no tag is another run's, too */
	struct cached_json pixels, frontend;
};

static char *
put_number(char *to, unsigned n)
{
	if (n >= 100)
		*to++ = '0' + n / 100;
	if (n >= 10)
		*to++ = '0' + n / 10 % 10;
	*to++ = '0' + n % 10;
	return to;
}

/* At most 4 bytes a cell, and 3 a row, and 2. */
static char *
put_rows(char *to, const struct board *board)
{
	const uint8_t *colour = board->colours;

	*to++ = '[';
	for (uint32_t row = 0; row < board->height; row++) {
		*to++ = '[';
		for (uint32_t column = 0; column < board->width; column++) {
			to = put_number(to, *colour++);
			*to++ = ',';
		}
		to[-1] = ']';
		*to++ = ',';
	}
	to[-1] = ']';
	return to;
}

static const char *
label(const struct board *board, size_t place)
{
	return board->painters[place] ? board->painters[place]->label : "\"\"";
}

static char *
put_labels(char *to, const struct board *board)
{
	size_t place = 0;

	*to++ = '[';
	for (uint32_t row = 0; row < board->height; row++) {
		*to++ = '[';
		for (uint32_t column = 0; column < board->width; column++) {
			to = stpcpy(to, label(board, place++));
			*to++ = ',';
		}
		to[-1] = ']';
		*to++ = ',';
	}
	to[-1] = ']';
	return to;
}

static size_t
rows_size(const struct board *board)
{
	return (size_t)board->width * board->height * 4 + (size_t)board->height * 3 + 2;
}

static size_t
labels_size(const struct board *board)
{
	size_t cells = (size_t)board->width * board->height;
	size_t size = cells + (size_t)board->height * 3 + 2;

	for (size_t place = 0; place < cells; place++)
		size += strlen(label(board, place));
	return size;
}

static void
cached_set(struct cached_json *cached, struct MHD_Response *response)
{
	if (cached->response)
		MHD_destroy_response(cached->response);
	cached->response = response;
}

/* Takes the text over. */
static struct MHD_Response *
make_response(struct cached_json *cached, char *text, size_t len)
{
	struct MHD_Response *response =
		MHD_create_response_from_buffer(len, text, MHD_RESPMEM_MUST_FREE);

	if (!response)
		free(text);
	else if (reply_prepare(response, "application/json") == MHD_NO ||
		 MHD_add_response_header(response, MHD_HTTP_HEADER_ETAG, cached->tag) ==
			 MHD_NO) {
		MHD_destroy_response(response);
		response = NULL;
	}
	return response;
}

static const char *
make_tag(const struct board *board, struct cached_json *cached, char kind,
	uint64_t changes)
{
	snprintf(cached->tag, TAG_MAX, "\"%" PRIx64 "-%c%" PRIx64 "\"", board->json->boot,
		kind, changes);
	return cached->tag;
}

const char *
board_json_pixels_tag(struct board *board)
{
	return make_tag(board, &board->json->pixels, 'p', board->changes);
}

const char *
board_json_frontend_tag(struct board *board)
{
	return make_tag(board, &board->json->frontend, 'f', board->signatures);
}

struct MHD_Response *
board_json_pixels(struct board *board)
{
	static const char before[] = "{\"pixels\":", behind[] = "}\n";
	struct cached_json *cached = &board->json->pixels;
	char *text, *to;

	if (cached->response && cached->changes == board->changes)
		return cached->response;
	text = malloc(rows_size(board) + sizeof(before) + sizeof(behind));
	if (!text)
		return NULL;
	to = put_rows(stpcpy(text, before), board);
	to = stpcpy(to, behind);
	board_json_pixels_tag(board);
	cached_set(cached, make_response(cached, text, to - text));
	cached->changes = board->changes;
	return cached->response;
}

struct MHD_Response *
board_json_frontend(struct board *board)
{
	static const char before[] = "{\"authors\":", between[] = ",\"pixels\":",
			  behind[] = "}\n";
	struct cached_json *cached = &board->json->frontend;
	char *text, *to;

	if (cached->response && cached->changes == board->signatures)
		return cached->response;
	text = malloc(labels_size(board) + rows_size(board) + sizeof(before) +
		      sizeof(between) + sizeof(behind));
	if (!text)
		return NULL;
	to = put_labels(stpcpy(text, before), board);
	to = put_rows(stpcpy(to, between), board);
	to = stpcpy(to, behind);
	board_json_frontend_tag(board);
	cached_set(cached, make_response(cached, text, to - text));
	cached->changes = board->signatures;
	return cached->response;
}

int
board_json_start(struct board *board)
{
	board->json = calloc(1, sizeof(*board->json));
	if (!board->json)
		return -ENOMEM;
	return getrandom(&board->json->boot, sizeof(board->json->boot), 0) < 0 ? -errno
									       : 0;
}

void
board_json_stop(struct board *board)
{
	if (!board->json)
		return;
	cached_set(&board->json->pixels, NULL);
	cached_set(&board->json->frontend, NULL);
	free(board->json);
}
