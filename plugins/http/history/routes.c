/* SPDX-License-Identifier: MIT */
/*
 * Answers /history and /timelapse.
 *
 * /history without a query is {"first": S, "last": S, "moments": N}, in seconds since
 * 1970, null if nothing was recorded; with ?at=TIME the wall at that time, as PNG.  TIME
 * is seconds since 1970 or 2026-11-21T18:30:00 in local time, or with a Z in UTC.
 *
 * /timelapse is a GIF of the board, or with ?source=wall of the wall; the latter also
 * takes from=TIME and to=TIME.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "http/history/history.h"
#include "http/viewers/codec-png.h"
#include "http/viewers/frame.h"
#include "http/viewers/framediff.h"

/* At a time, on libuv's thread pool.  It has four threads, and the snapshot and the
 * recording must not wait. */
#define LOOKUPS_MAX 3

/* How long the span of the recording is cached. */
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

/* Seconds since 1970, or a date and time, to milliseconds; false: neither. */
static bool
parse_time(const char *text, int64_t *at_ms)
{
	json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
	double seconds = value && json_is_number(value) ? json_number_value(value) : NAN;

	json_decref(value);
	if (fabs(seconds) < SECONDS_MAX) {
		*at_ms = llrint(seconds * 1000);
		return true;
	}
	return parse_date_time(text, at_ms);
}

/* ------------------------------------------------------------------ lookups */

struct history_lookup {
	uv_work_t work;
	struct history *history; /* NULL: done */
	struct request *request; /* NULL: nobody waits any more */
	const char *file;        /* murald's; stays until mural_stopped() */
	bool wants_picture;
	int64_t at_ms;

	/* the thread's until it is done */
	int ret; /* 1: found, 0: nothing was recorded, -errno */
	struct mural_span span;
	struct frame *picture;
};

static void
lookup_free(struct history_lookup *lookup)
{
	frame_release(lookup->picture);
	free(lookup);
}

/* Encodes a recorded moment as if it were a shadow frame. */
static struct frame *
encode_moment(const struct mural_moment *moment)
{
	struct mural_view view = { .width = moment->width, .height = moment->height };
	struct framediff diff = { .view = &view, .shadow = (uint32_t *)moment->pixels };
	struct codec_png codec = { 0 };

	return codec_png_encode(&codec, &diff, PICTURE_WHOLE);
}

static void
on_lookup(uv_work_t *work)
{
	struct history_lookup *lookup = work->data;
	struct mural_history *history;
	struct mural_moment moment;

	lookup->ret = mural_history_open(lookup->file, &history);
	if (lookup->ret < 0)
		return;
	if (lookup->wants_picture) {
		lookup->ret = mural_history_seek(history, lookup->at_ms, &moment);
		if (lookup->ret > 0) {
			lookup->picture = encode_moment(&moment);
			lookup->ret = lookup->picture ? 1 : -ENOMEM;
		}
	} else {
		lookup->ret =
			mural_history_span(history, INT64_MIN, INT64_MAX, &lookup->span);
	}
	mural_history_close(history);
}

/* ------------------------------------------------------------------ answers */

static enum MHD_Result
reply_span(struct request *request, const struct mural_span *span)
{
	json_t *none = json_null();

	if (span->moments == 0)
		return reply_json(request, MHD_HTTP_OK,
			json_pack("{sososi}", "first", none, "last", none, "moments", 0));
	return reply_json(request, MHD_HTTP_OK,
		json_pack("{sfsfsI}", "first", span->first_ms / 1e3, "last",
			span->last_ms / 1e3, "moments", (json_int_t)span->moments));
}

static enum MHD_Result
reply_picture(struct request *request, const struct frame *picture)
{
	const struct message *png = &picture->messages[0];

	return reply_send(
		request, MHD_HTTP_OK, response_copy(png->bytes, png->len, "image/png"));
}

static enum MHD_Result
answer_lookup(struct request *request)
{
	struct history_lookup *lookup = request->data;
	enum MHD_Result result;

	if (lookup->ret < 0 && lookup->ret != -ENOENT)
		result = reply_error(request, MHD_HTTP_SERVICE_UNAVAILABLE,
			"the recording cannot be read now");
	else if (!lookup->wants_picture)
		result = reply_span(request, &lookup->span);
	else if (lookup->picture)
		result = reply_picture(request, lookup->picture);
	else
		result = reply_error(
			request, MHD_HTTP_NOT_FOUND, "nothing has been recorded yet");
	return result;
}

static void
on_lookup_completed(struct request *request)
{
	struct history_lookup *lookup = request->data;

	if (lookup->history)
		lookup->request = NULL; /* on_lookup_done() frees it */
	else
		lookup_free(lookup);
}

static void
on_lookup_done(uv_work_t *work, int status)
{
	struct history_lookup *lookup = work->data;
	struct history *history = lookup->history;
	struct web *web = history->web;

	(void)status;
	history->cache.n_lookups--;
	if (!lookup->wants_picture && lookup->ret >= 0) {
		history->cache.span = lookup->span;
		history->cache.cached_ms = uv_now(web->host->loop);
	}
	lookup->history = NULL; /* from here on the request frees it */
	if (lookup->request)
		request_resume(lookup->request, answer_lookup);
	else
		lookup_free(lookup);
	web_release(web);
}

static enum MHD_Result
start_lookup(struct request *request, const char *file, const int64_t *at_ms)
{
	struct history *history = request->subject;
	struct web *web = request->web;
	struct history_lookup *lookup = calloc(1, sizeof(*lookup));

	if (!lookup)
		return reply_no_memory(request);
	*lookup = (struct history_lookup){
		.work = { .data = lookup },
		.history = history,
		.request = request,
		.file = file,
		.wants_picture = at_ms != NULL,
		.at_ms = at_ms ? *at_ms : 0,
	};
	request->data = lookup;
	request->on_completed = on_lookup_completed;
	history->cache.n_lookups++;
	web_hold(web);
	uv_queue_work(web->host->loop, &lookup->work, on_lookup, on_lookup_done);
	return request_suspend(request);
}

static bool
is_cached(const struct history_cache *cache, uint64_t now_ms)
{
	return cache->cached_ms > 0 && now_ms - cache->cached_ms < CACHE_MS;
}

static enum MHD_Result
reply_not_recorded(struct request *request)
{
	return reply_error(request, MHD_HTTP_NOT_FOUND,
		"the wall is not recorded; record.file in murald.conf turns that on");
}

static enum MHD_Result
answer_history(struct request *request)
{
	struct history *history = request->subject;
	struct history_cache *cache = &history->cache;
	struct mural_host *host = request->web->host;
	const char *file = mural_record_file(host);
	const char *at = request_query(request, "at");
	int64_t at_ms = 0;

	if (at && !parse_time(at, &at_ms))
		return reply_error(request, MHD_HTTP_BAD_REQUEST,
			"at is not a time; write seconds since 1970, or a time such as "
			"2026-11-21T18:30:00");
	if (!file && at)
		return reply_not_recorded(request);
	if (!at && (!file || is_cached(cache, uv_now(host->loop))))
		return reply_span(request, &cache->span);
	if (cache->n_lookups >= LOOKUPS_MAX)
		return reply_error(request, MHD_HTTP_SERVICE_UNAVAILABLE,
			"too many requests for the past at the moment; try again soon");
	return start_lookup(request, file, at ? &at_ms : NULL);
}

/* ---------------------------------------------------------------- /timelapse */

static bool
query_time(const struct request *request, const char *name, int64_t *at_ms)
{
	const char *text = request_query(request, name);

	return !text || parse_time(text, at_ms);
}

/* One GIF of the wall is rendered at a time; a request for another range is rejected. */
static enum MHD_Result
answer_wall(struct request *request)
{
	struct history *history = request->subject;
	struct wall_gif_range range = { INT64_MIN, INT64_MAX };

	if (!mural_record_file(request->web->host))
		return reply_not_recorded(request);
	if (!query_time(request, "from", &range.from_ms) ||
		!query_time(request, "to", &range.to_ms) || range.from_ms > range.to_ms)
		return reply_error(request, MHD_HTTP_BAD_REQUEST,
			"from and to are not times; write seconds since 1970, or times "
			"such as 2026-11-21T18:30:00");
	if (history->wall_gif.busy && memcmp(&range, &history->range, sizeof(range)) != 0)
		return reply_error(request, MHD_HTTP_SERVICE_UNAVAILABLE,
			"a GIF of other moments is being rendered; try again soon");
	history->range = range;
	return gif_job_answer(&history->wall_gif, request);
}

static enum MHD_Result
answer_timelapse(struct request *request)
{
	struct history *history = request->subject;
	const char *source = request_query(request, "source");

	if (!source || strcmp(source, "board") == 0)
		return gif_job_answer(&history->board_gif, request);
	if (strcmp(source, "wall") == 0)
		return answer_wall(request);
	return reply_error(
		request, MHD_HTTP_BAD_REQUEST, "Invalid source: write board or wall");
}

const struct route history_routes[] = {
	{ MHD_HTTP_METHOD_GET, "/history", false, answer_history },
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
	ret = gif_job_start(&history->board_gif, history, &board_gif_ops);
	return ret < 0 ? ret : gif_job_start(&history->wall_gif, history, &wall_gif_ops);
}

void
history_stop(struct history *history)
{
	gif_job_stop(&history->board_gif);
	gif_job_stop(&history->wall_gif);
}
