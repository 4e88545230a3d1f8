/* SPDX-License-Identifier: MIT */
/* /timelapse: the history of the board, or with ?source=wall that of the wall, as a film;
 * of the wall also from= and to= a time, as /history has them. */
#include "http/history/timelapse-route.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "http/history/gif-board.h"
#include "http/history/history-route.h"
#include "http/http.h"

#define INVALID "Invalid source: there are board and wall"

static bool
read_time(const struct request *request, const char *name, int64_t *at_ms)
{
	const char *text = request_query(request, name);

	return !text || past_time(text, at_ms);
}

/* One film of the wall is made at a time, and who wants other moments comes again. */
static enum MHD_Result
answer_wall(struct request *request)
{
	struct history *history = request->http->history;
	struct wall_wish wish = { INT64_MIN, INT64_MAX };

	if (!mural_record_file(request->http->host))
		return reply_error(request, MHD_HTTP_NOT_FOUND,
			"the wall is not recorded; record.file in murald.conf turns "
			"that on");
	if (!read_time(request, "from", &wish.from_ms) ||
		!read_time(request, "to", &wish.to_ms) || wish.from_ms > wish.to_ms)
		return reply_error(request, MHD_HTTP_BAD_REQUEST,
			"from and to are no times; write seconds since 1970, or times "
			"such as 2026-11-21T18:30:00");
	if (film_is_busy(history->wall) &&
		memcmp(&wish, &history->wish, sizeof(wish)) != 0)
		return reply_error(request, MHD_HTTP_SERVICE_UNAVAILABLE,
			"a film of other moments is being made; try again soon");
	history->wish = wish;
	return film_answer(history->wall, request);
}

static enum MHD_Result
answer_timelapse(struct request *request)
{
	const char *source = request_query(request, "source");

	if (!source || strcmp(source, "board") == 0)
		return film_answer(request->http->history->board, request);
	if (strcmp(source, "wall") == 0)
		return answer_wall(request);
	return reply_error(request, MHD_HTTP_BAD_REQUEST, INVALID);
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
	int ret = film_start(&http->history->board, http, &timelapse_source);

	return ret < 0 ? ret : film_start(&http->history->wall, http, &wall_film_source);
}

void
history_stop(struct http *http)
{
	if (!http->history)
		return;
	film_stop(http->history->board);
	film_stop(http->history->wall);
	free(http->history);
	http->history = NULL;
}
