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

	return !text || history_parse_time(text, at_ms);
}

/* One film of the wall is made at a time, and who wants other moments comes again. */
static enum MHD_Result
answer_wall(struct request *request)
{
	struct timelapse *timelapse = request->http->timelapse;
	struct wall_gif_range range = { INT64_MIN, INT64_MAX };

	if (!mural_record_file(request->http->host))
		return reply_error(request, MHD_HTTP_NOT_FOUND,
			"the wall is not recorded; record.file in murald.conf turns "
			"that on");
	if (!read_time(request, "from", &range.from_ms) ||
		!read_time(request, "to", &range.to_ms) || range.from_ms > range.to_ms)
		return reply_error(request, MHD_HTTP_BAD_REQUEST,
			"from and to are no times; write seconds since 1970, or times "
			"such as 2026-11-21T18:30:00");
	if (gif_job_is_busy(timelapse->wall) &&
		memcmp(&range, &timelapse->range, sizeof(range)) != 0)
		return reply_error(request, MHD_HTTP_SERVICE_UNAVAILABLE,
			"a film of other moments is being made; try again soon");
	timelapse->range = range;
	return gif_job_answer(timelapse->wall, request);
}

static enum MHD_Result
answer_timelapse(struct request *request)
{
	const char *source = request_query(request, "source");

	if (!source || strcmp(source, "board") == 0)
		return gif_job_answer(request->http->timelapse->board, request);
	if (strcmp(source, "wall") == 0)
		return answer_wall(request);
	return reply_error(request, MHD_HTTP_BAD_REQUEST, INVALID);
}

const struct route timelapse_routes[] = {
	{ MHD_HTTP_METHOD_GET, "/timelapse", false, answer_timelapse },
	{ 0 },
};

int
timelapse_start(struct http *http)
{
	http->timelapse = calloc(1, sizeof(*http->timelapse));
	if (!http->timelapse) {
		mural_log(http->host, MURAL_ERROR, "no memory for the timelapse");
		return -ENOMEM;
	}
	int ret = gif_job_start(&http->timelapse->board, http, &board_gif_ops);

	return ret < 0 ? ret : gif_job_start(&http->timelapse->wall, http, &wall_gif_ops);
}

void
timelapse_stop(struct http *http)
{
	if (!http->timelapse)
		return;
	gif_job_stop(http->timelapse->board);
	gif_job_stop(http->timelapse->wall);
	free(http->timelapse);
	http->timelapse = NULL;
}
