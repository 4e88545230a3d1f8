/* SPDX-License-Identifier: MIT */
/*
 * Answers /history and /timelapse; tiles.c has /tiles.
 *
 * /history without a query is {"first": S, "last": S, "moments": N}, in seconds since
 * 1970, null if nothing was recorded; with ?bars=N also how much was painted in each of N
 * parts of that time, in bytes of the recording; with ?at=TIME the wall at that time, as
 * PNG.  TIME is seconds since 1970 or 2026-11-21T18:30:00 in local time, or with a Z in
 * UTC.  With any of from=TIME, to=TIME and step=SECONDS it is a film (film.c).
 *
 * /timelapse is a GIF of the board, or with ?source=wall of the wall; the latter also
 * takes from=TIME, to=TIME and region=WxH+X+Y.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "http/history/history.h"
#include "lib/digits.h"

/* How long the span of the recording is cached; an empty one is not, since the first
 * moment ends it. */
#define CACHE_MS 5000

/* Beyond this, either way, is not a time of a wall. */
#define SECONDS_MAX 1e12

/* ------------------------------------------------------------------ times */

static bool
parse_date_time(const char *text, int64_t *at_ms)
{
	struct tm tm = { .tm_isdst = -1 };
	const char *end = strptime(text, "%Y-%m-%dT%H:%M", &tm);
	time_t at;

	if (end && *end == ':')
		end = strptime(end, ":%S", &tm);
	if (!end || (*end && strcmp(end, "Z") != 0))
		return false;
	at = *end ? timegm(&tm) : mktime(&tm);
	*at_ms = at * INT64_C(1000);
	return true;
}

/* Seconds to milliseconds. */
static bool
parse_seconds(const char *text, int64_t *ms)
{
	json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
	double seconds = value && json_is_number(value) ? json_number_value(value) : NAN;

	json_decref(value);
	if (!(fabs(seconds) < SECONDS_MAX))
		return false;
	*ms = llrint(seconds * 1000);
	return true;
}

/* Seconds since 1970, or a date and time, to milliseconds; false: neither. */
static bool
parse_time(const char *text, int64_t *at_ms)
{
	return parse_seconds(text, at_ms) || parse_date_time(text, at_ms);
}

static const struct gif_range everything = { .from_ms = INT64_MIN, .to_ms = INT64_MAX };

static bool
query_time(const struct request *request, const char *name, int64_t *at_ms)
{
	const char *text = request_query(request, name);

	return !text || parse_time(text, at_ms);
}

static bool
query_range(const struct request *request, struct gif_range *range)
{
	*range = everything;
	return query_time(request, "from", &range->from_ms) &&
	       query_time(request, "to", &range->to_ms) && range->from_ms <= range->to_ms;
}

static enum MHD_Result
reply_bad_range(struct request *request)
{
	return reply_error(request, MHD_HTTP_BAD_REQUEST,
		"from and to are not times; write seconds since 1970, or times such as "
		"2026-11-21T18:30:00");
}

/* ------------------------------------------------------------------ /history */

static json_t *
bars_json(const uint64_t *bars, size_t n)
{
	json_t *all = json_array();

	for (size_t i = 0; i < n; i++)
		(void)json_array_append_new(all, json_integer((json_int_t)bars[i]));
	return all;
}

enum MHD_Result
history_reply_span(struct request *request, const struct mural_span *span,
	const uint64_t *bars, size_t n_bars)
{
	json_t *answer = json_pack("{s:I}", "moments", (json_int_t)span->moments);
	bool some = span->moments > 0;

	(void)json_object_set_new(
		answer, "first", some ? json_real(span->first_ms / 1e3) : json_null());
	(void)json_object_set_new(
		answer, "last", some ? json_real(span->last_ms / 1e3) : json_null());
	if (n_bars > 0)
		(void)json_object_set_new(answer, "bars", bars_json(bars, n_bars));
	return reply_json(request, MHD_HTTP_OK, answer);
}

static bool
is_cached(const struct history_cache *cache, uint64_t now_ms)
{
	return cache->span.moments > 0 && now_ms - cache->cached_ms < CACHE_MS;
}

enum MHD_Result
history_reply_not_recorded(struct request *request)
{
	return reply_error(request, MHD_HTTP_NOT_FOUND,
		"the wall is not recorded; record.file in murald.conf turns that on");
}

static enum MHD_Result
answer_film(struct request *request)
{
	struct history *history = request->subject;
	const char *step = request_query(request, "step");
	struct gif_range range;

	if (!query_range(request, &range))
		return reply_bad_range(request);
	if (step && (!parse_seconds(step, &range.step_ms) || range.step_ms < 0))
		return reply_error(request, MHD_HTTP_BAD_REQUEST,
			"step is not a time; write seconds, 0 or more");
	if (!mural_record_file(request->web->host))
		return history_reply_not_recorded(request);
	return gif_job_answer(&history->film, request, &range);
}

static bool
wants_film(const struct request *request)
{
	return request_query(request, "from") || request_query(request, "to") ||
	       request_query(request, "step");
}

static bool
query_bars(const struct request *request, uint64_t *n)
{
	const char *text = request_query(request, "bars"), *end;

	if (!text)
		return true;
	end = digits_read(text, HISTORY_BARS_MAX, n);
	return end && !*end && *n > 0;
}

static enum MHD_Result
answer_history(struct request *request)
{
	struct history *history = request->subject;
	struct history_cache *cache = &history->cache;
	struct mural_host *host = request->web->host;
	const char *file = mural_record_file(host);
	const char *at = request_query(request, "at");
	struct history_wish wish = { .what = at ? WISH_PICTURE : WISH_SPAN };
	uint64_t n_bars = 0;

	if (!at && wants_film(request))
		return answer_film(request);
	if (!query_bars(request, &n_bars))
		return reply_error(
			request, MHD_HTTP_BAD_REQUEST, "bars is a number from 1 to 100");
	if (at && !parse_time(at, &wish.at_ms))
		return reply_error(request, MHD_HTTP_BAD_REQUEST,
			"at is not a time; write seconds since 1970, or a time such as "
			"2026-11-21T18:30:00");
	if (!file && at)
		return history_reply_not_recorded(request);
	if (!at && (!file || (n_bars == 0 && is_cached(cache, uv_now(host->loop)))))
		return history_reply_span(request, &cache->span, NULL, 0);
	wish.n_bars = n_bars;
	return history_lookup(request, file, &wish);
}

/* ---------------------------------------------------------------- /timelapse */

/* WxH+X+Y, whose plus signs are blanks unless they were escaped. */
static bool
query_region(const struct request *request, struct mural_rect *region)
{
	const char *query = request_query(request, "region");
	uint64_t numbers[4];
	char text[32];

	if (!query)
		return true;
	if (snprintf(text, sizeof(text), "%s", query) >= (int)sizeof(text))
		return false;
	for (char *blank = text; (blank = strchr(blank, ' '));)
		*blank = '+';
	if (!digits_read_rect(text, MURAL_SIDE_MAX, numbers))
		return false;
	*region = (struct mural_rect){ numbers[2], numbers[3], numbers[0], numbers[1] };
	return true;
}

static enum MHD_Result
answer_wall(struct request *request)
{
	struct history *history = request->subject;
	struct gif_range range;

	if (!mural_record_file(request->web->host))
		return history_reply_not_recorded(request);
	if (!query_range(request, &range))
		return reply_bad_range(request);
	if (!query_region(request, &range.region))
		return reply_error(request, MHD_HTTP_BAD_REQUEST,
			"region is not a part of a wall; write WxH+X+Y, such as "
			"200x100+0+20");
	return gif_job_answer(&history->wall_gif, request, &range);
}

static enum MHD_Result
answer_timelapse(struct request *request)
{
	struct history *history = request->subject;
	const char *source = request_query(request, "source");

	if (!source || strcmp(source, "board") == 0)
		return gif_job_answer(&history->board_gif, request, &everything);
	if (strcmp(source, "wall") == 0)
		return answer_wall(request);
	return reply_error(
		request, MHD_HTTP_BAD_REQUEST, "Invalid source: write board or wall");
}

const struct route history_routes[] = {
	{ MHD_HTTP_METHOD_GET, "/history", false, answer_history },
	{ MHD_HTTP_METHOD_GET, "/tiles/", true, tile_answer },
	{ MHD_HTTP_METHOD_GET, "/timelapse", false, answer_timelapse },
	{ 0 },
};

/* --------------------------------------------------------------- start, stop */

int
history_start(struct history *history, struct web *web, struct store *store,
	const struct board *board)
{
	int ret;

	history->web = web;
	history->store = store;
	history->board = board;
	history_lookups_init(history);
	ret = gif_job_start(&history->board_gif, history, &board_gif_ops);
	if (ret == 0)
		ret = gif_job_start(&history->wall_gif, history, &wall_gif_ops);
	return ret < 0 ? ret : gif_job_start(&history->film, history, &film_ops);
}

void
history_stop(struct history *history)
{
	gif_job_stop(&history->board_gif);
	gif_job_stop(&history->wall_gif);
	gif_job_stop(&history->film);
}
