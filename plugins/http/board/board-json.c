/* SPDX-License-Identifier: MIT */
/* Formats the board as JSON, and caches it until the board changes. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "http/board/board.h"
#include "http/board/generators.h"

#define TAG_MAX 48

/* A response, and the state of the board that it shows. */
struct cached_json {
	struct MHD_Response *response;
	uint64_t changes;
	char tag[TAG_MAX];
};

struct board_json {
	uint64_t boot; /* random, so that no two starts share a tag */
	struct cached_json pixels, frontend;
};

static const char *
label(const struct board *board, size_t place)
{
	return board->painters[place] ? board->painters[place]->label : "\"\"";
}

static char *
put_label(char *to, const struct board *board, size_t place)
{
	return stpcpy(to, label(board, place));
}

static char *
put_colour(char *to, const struct board *board, size_t place)
{
	unsigned n = board->colours[place];

	if (n >= 100)
		*to++ = '0' + n / 100;
	if (n >= 10)
		*to++ = '0' + n / 10 % 10;
	*to++ = '0' + n % 10;
	return to;
}

/* Besides what put_cell() writes, a byte a cell, and 3 a row, and 2. */
static inline char *
put_rows(char *to, const struct board *board,
	char *(*put_cell)(char *to, const struct board *board, size_t place))
{
	size_t place = 0;

	*to++ = '[';
	for (uint32_t row = 0; row < board->height; row++) {
		*to++ = '[';
		for (uint32_t column = 0; column < board->width; column++) {
			to = put_cell(to, board, place++);
			*to++ = ',';
		}
		to[-1] = ']';
		*to++ = ',';
	}
	to[-1] = ']';
	return to;
}

/* Of put_rows() with at most `cell_bytes` for each cell. */
static size_t
rows_size(const struct board *board, size_t cell_bytes)
{
	return (size_t)board->width * board->height * (cell_bytes + 1) +
	       (size_t)board->height * 3 + 2;
}

static size_t
labels_size(const struct board *board)
{
	size_t cells = (size_t)board->width * board->height, size = rows_size(board, 0);

	for (size_t place = 0; place < cells; place++)
		size += strlen(label(board, place));
	return size;
}

/* Takes the text over. */
static struct MHD_Response *
cached_set(struct cached_json *cached, char *text, size_t len, uint64_t changes)
{
	if (cached->response)
		MHD_destroy_response(cached->response);
	cached->response = response_with(
		response_new(text, len, MHD_RESPMEM_MUST_FREE, "application/json"),
		MHD_HTTP_HEADER_ETAG, cached->tag);
	cached->changes = changes;
	return cached->response;
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
	text = malloc(rows_size(board, 3) + sizeof(before) + sizeof(behind));
	if (!text)
		return NULL;
	to = put_rows(stpcpy(text, before), board, put_colour);
	to = stpcpy(to, behind);
	board_json_pixels_tag(board);
	return cached_set(cached, text, to - text, board->changes);
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
	text = malloc(labels_size(board) + rows_size(board, 3) + sizeof(before) +
		      sizeof(between) + sizeof(behind));
	if (!text)
		return NULL;
	to = put_rows(stpcpy(text, before), board, put_label);
	to = put_rows(stpcpy(to, between), board, put_colour);
	to = stpcpy(to, behind);
	board_json_frontend_tag(board);
	return cached_set(cached, text, to - text, board->signatures);
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
	(void)cached_set(&board->json->pixels, NULL, 0, 0);
	(void)cached_set(&board->json->frontend, NULL, 0, 0);
	free(board->json);
}
