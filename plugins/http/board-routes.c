/* SPDX-License-Identifier: MIT */
/* The board's API (protocols.md, 3.2). */
#include "board.h"
#include "http.h"

static json_t *
palette_json(const struct palette *palette)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < palette->n; i++)
		json_array_append_new(
			list, json_sprintf("#%06x", palette->colours[i] & 0xffffff));
	return list;
}

static enum MHD_Result
answer_settings(struct request *request)
{
	const struct board *board = request->http->board;

	return reply_json(request, MHD_HTTP_OK,
		json_pack("{sisiso}", "width", board->width, "height", board->height,
			"palette", palette_json(&board->palette)));
}

const struct route board_routes[] = {
	{ "GET", "/settings", false, answer_settings },
	{ NULL, NULL, false, NULL },
};
