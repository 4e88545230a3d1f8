/* SPDX-License-Identifier: MIT */
/* Looks back. */
#include "http/history/history-route.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "http/http.h"
#include "http/viewers/codec-png.h"
#include "http/viewers/frame.h"
#include "http/viewers/framediff.h"

/* Who comes when so many look back already is asked to come again.  libuv's pool has four
 * threads, and the snapshot and the record must not wait. */
#define LOOKUPS_MAX 3

/* What a recording spans is looked up this often. */
#define CACHE_MS 5000

/* Farther from now is no time of a wall's. */
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

bool
history_parse_time(const char *text, int64_t *at_ms)
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

/* ------------------------------------------------------------------ a look back */

struct history_lookup {
	uv_work_t work;
	struct http *http;
	struct request *request; /* NULL: nobody waits any more */
	const char *file;        /* murald's, which stays as long as http */
	bool wants_picture;
	int64_t at_ms;

	/* the work's until it is done */
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

/* The encoder knows pictures that were seen on the canvas; so was this one. */
static struct frame *
draw(const struct mural_moment *moment)
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
			lookup->picture = draw(&moment);
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

	return reply_bytes(request, MHD_HTTP_OK, "image/png", png->bytes, png->len);
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

	if (lookup->http)
		lookup->request = NULL; /* the work goes on, for nobody */
	else
		lookup_free(lookup);
}

static void
on_lookup_done(uv_work_t *work, int status)
{
	struct history_lookup *lookup = work->data;
	struct http *http = lookup->http;

	(void)status;
	http->history_cache.n_lookups--;
	if (!lookup->wants_picture && lookup->ret >= 0) {
		http->history_cache.span = lookup->span;
		http->history_cache.cached_ms = uv_now(http->host->loop);
	}
	lookup->http = NULL; /* from here on the request frees it */
	if (lookup->request)
		request_resume(lookup->request, answer_lookup);
	else
		lookup_free(lookup);
	http_release(http);
}

static enum MHD_Result
start_lookup(struct request *request, const char *file, const int64_t *at_ms)
{
	struct http *http = request->http;
	struct history_lookup *lookup = calloc(1, sizeof(*lookup));

	if (!lookup)
		return reply_send(request, MHD_HTTP_OK, NULL);
	*lookup =
		(struct history_lookup){ .http = http, .request = request, .file = file };
	lookup->wants_picture = at_ms != NULL;
	lookup->at_ms = at_ms ? *at_ms : 0;
	lookup->work.data = lookup;
	request->data = lookup;
	request->on_completed = on_lookup_completed;
	http->history_cache.n_lookups++;
	http_hold(http);
	uv_queue_work(http->host->loop, &lookup->work, on_lookup, on_lookup_done);
	return request_suspend(request);
}

static enum MHD_Result
answer_history(struct request *request)
{
	struct history_cache *cache = &request->http->history_cache;
	const char *file = mural_record_file(request->http->host);
	const char *at = request_query(request, "at");
	int64_t at_ms = 0;

	if (at && !history_parse_time(at, &at_ms))
		return reply_error(request, MHD_HTTP_BAD_REQUEST,
			"at is no time; write seconds since 1970, or a time such as "
			"2026-11-21T18:30:00");
	if (!file && at)
		return reply_error(request, MHD_HTTP_NOT_FOUND,
			"the wall is not recorded; record.file in murald.conf turns "
			"that on");
	if (!at && (!file || (cache->cached_ms > 0 && uv_now(request->http->host->loop) -
								      cache->cached_ms <
							      CACHE_MS)))
		return reply_span(request, &cache->span);
	if (cache->n_lookups >= LOOKUPS_MAX)
		return reply_error(request, MHD_HTTP_SERVICE_UNAVAILABLE,
			"many look back at the moment; try again soon");
	return start_lookup(request, file, at ? &at_ms : NULL);
}

const struct route history_routes[] = {
	{ "GET", "/history", false, answer_history },
	{ NULL, NULL, false, NULL },
};
