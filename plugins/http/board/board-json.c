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
#include "http/web/origin.h"

#define TAG_MAX 48

/* How old an answer may be while those who are still being sent older ones hold so much
 * that there is no room for another; then they give way. */
#define OUTDATED_MAX_NS UINT64_C(2000000000)

/* A response, and the state of the board that it shows. */
struct cached_json {
	struct MHD_Response *response;
	const char *text; /* the response's */
	size_t len;
	uint64_t state, made_ns;
	char tag[TAG_MAX];
};

struct board_json {
	uint64_t boot; /* random, so that no two starts share a tag */
	struct cached_json cached[BOARD_JSON_KINDS];
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
static inline __attribute__((always_inline)) char *
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

static uint64_t
state_of(const struct board *board, enum board_json_kind kind)
{
	return kind == BOARD_JSON_PIXELS ? board->changes : board->signatures;
}

const char *
board_json_tag(struct board *board, enum board_json_kind kind)
{
	char *tag = board->json->cached[kind].tag;

	snprintf(tag, TAG_MAX, "\"%" PRIx64 "-%c%" PRIx64 "\"", board->json->boot,
		"pf"[kind], state_of(board, kind));
	return tag;
}

/* None: out of memory. */
static struct cached_json
make_json(struct board *board, enum board_json_kind kind)
{
	struct cached_json json = { 0 };
	static const char authors[] = "{\"authors\":", pixels[] = "\"pixels\":";
	bool has_authors = kind == BOARD_JSON_FRONTEND;
	size_t size = sizeof(authors) + sizeof(pixels) + rows_size(board, 3);
	char *text = malloc(size + (has_authors ? labels_size(board) : 0) + 3),
	     *to = text;

	if (!text)
		return json;
	if (has_authors) {
		to = put_rows(stpcpy(to, authors), board, put_label);
		*to++ = ',';
	} else {
		*to++ = '{';
	}
	to = put_rows(stpcpy(to, pixels), board, put_colour);
	to = stpcpy(to, "}\n");
	json.text = text;
	json.len = to - text;
	json.state = state_of(board, kind);
	json.made_ns = uv_hrtime();
	json.response = response_with(
		response_new(text, to - text, MHD_RESPMEM_MUST_FREE, "application/json"),
		MHD_HTTP_HEADER_ETAG, board_json_tag(board, kind));
	return json;
}

/* Every reader of an outdated answer keeps all of it in memory. */
static bool
has_room(const struct board *board, const struct cached_json *cached)
{
	return holdings_total(board->web, HOLDING_ANSWERS) + cached->len <=
	       ANSWERS_BYTES_MAX;
}

static bool
is_fresh(const struct board *board, const struct cached_json *cached, uint64_t state)
{
	if (!cached->response)
		return false;
	return cached->state == state ||
	       (uv_hrtime() - cached->made_ns < OUTDATED_MAX_NS &&
		       !has_room(board, cached));
}

enum MHD_Result
board_json_reply(struct request *request, struct board *board, enum board_json_kind kind)
{
	struct cached_json *cached = &board->json->cached[kind];

	if (!is_fresh(board, cached, state_of(board, kind))) {
		response_release(&cached->response);
		holdings_make_room(board->web, HOLDING_ANSWERS,
			cached->len < ANSWERS_BYTES_MAX ? ANSWERS_BYTES_MAX - cached->len
							: 0,
			NULL);
		*cached = make_json(board, kind);
	}
	request_holds(request, HOLDING_ANSWERS,
		request_listed_origin(request) ? (const void *)request : cached->text,
		cached->len);
	return reply_shared_json(request, cached->response, cached->text, cached->len);
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
	for (int i = 0; board->json && i < BOARD_JSON_KINDS; i++)
		response_release(&(&board->json->cached[i])->response);
	free(board->json);
}
