/* SPDX-License-Identifier: MIT */
/* /timelapse: the board's history as a film. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "http.h"
#include "timelapse.h"

struct history {
	struct film *board;
};

static enum MHD_Result
answer_timelapse(struct request *request)
{
	const char *source = request_query(request, "source");

	if (!source || strcmp(source, "board") == 0)
		return film_answer(request->http->history->board, request);
	return reply_error(
		request, MHD_HTTP_BAD_REQUEST, "Invalid source: there is board");
}

const struct route history_routes[] = {
	{ MHD_HTTP_METHOD_GET, "/timelapse", false, answer_timelapse },
	{ 0 },
};

int
history_start(struct http *http)
{
	http->history = calloc(1, sizeof(*http->history));
	if (!http->history) {
		mural_log(http->host, MURAL_ERROR, "no memory for the timelapse");
		return -ENOMEM;
	}
	return film_start(&http->history->board, http, &timelapse_source);
}

void
history_stop(struct http *http)
{
	if (!http->history)
		return;
	film_stop(http->history->board);
	free(http->history);
	http->history = NULL;
}
