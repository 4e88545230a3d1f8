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
#define LOOKS_MAX 3

/* What a recording spans is looked up this often. */
#define KNOWN_MS 5000

/* Farther from now is no time of a wall's. */
#define SECONDS_MAX 1e12

/* ------------------------------------------------------------------ times */

static bool
date_time(const char *text, int64_t *at_ms)
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
past_time(const char *text, int64_t *at_ms)
{
	json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
	double seconds = value && json_is_number(value) ? json_number_value(value) : NAN;

	json_decref(value);
	if (fabs(seconds) < SECONDS_MAX) {
		*at_ms = llrint(seconds * 1000);
		return true;
	}
	return date_time(text, at_ms);
}

/* ------------------------------------------------------------------ a look back */

struct look {
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
look_free(struct look *look)
{
	frame_release(look->picture);
	free(look);
}

/* The encoder knows pictures that were seen on the canvas; so was this one. */
static struct frame *
draw(const struct mural_moment *moment)
{
	struct mural_view view = { .width = moment->width, .height = moment->height };
	struct sight sight = { .view = &view, .pixels = (uint32_t *)moment->pixels };
	struct pictures pictures = { 0 };

	return pictures_make(&pictures, &sight, PICTURE_WHOLE);
}

static void
on_work(uv_work_t *work)
{
	struct look *look = work->data;
	struct mural_history *history;
	struct mural_moment moment;

	look->ret = mural_history_open(look->file, &history);
	if (look->ret < 0)
		return;
	if (look->wants_picture) {
		look->ret = mural_history_seek(history, look->at_ms, &moment);
		if (look->ret > 0) {
			look->picture = draw(&moment);
			look->ret = look->picture ? 1 : -ENOMEM;
		}
	} else {
		look->ret =
			mural_history_span(history, INT64_MIN, INT64_MAX, &look->span);
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
answer_look(struct request *request)
{
	struct look *look = request->data;
	enum MHD_Result result;

	if (look->ret < 0 && look->ret != -ENOENT)
		result = reply_error(request, MHD_HTTP_SERVICE_UNAVAILABLE,
			"the recording cannot be read now");
	else if (!look->wants_picture)
		result = reply_span(request, &look->span);
	else if (look->picture)
		result = reply_picture(request, look->picture);
	else
		result = reply_error(
			request, MHD_HTTP_NOT_FOUND, "nothing has been recorded yet");
	return result;
}

static void
on_over(struct request *request)
{
	struct look *look = request->data;

	if (look->http)
		look->request = NULL; /* the work goes on, for nobody */
	else
		look_free(look);
}

static void
on_looked(uv_work_t *work, int status)
{
	struct look *look = work->data;
	struct http *http = look->http;

	(void)status;
	http->past.n_looks--;
	if (!look->wants_picture && look->ret >= 0) {
		http->past.span = look->span;
		http->past.known_ms = uv_now(http->host->loop);
	}
	look->http = NULL; /* from here on the request frees it */
	if (look->request)
		request_unpark(look->request, answer_look);
	else
		look_free(look);
	http_release(http);
}

static enum MHD_Result
look_back(struct request *request, const char *file, const int64_t *at_ms)
{
	struct http *http = request->http;
	struct look *look = calloc(1, sizeof(*look));

	if (!look)
		return reply(request, MHD_HTTP_OK, NULL);
	*look = (struct look){ .http = http, .request = request, .file = file };
	look->wants_picture = at_ms != NULL;
	look->at_ms = at_ms ? *at_ms : 0;
	look->work.data = look;
	request->data = look;
	request->on_over = on_over;
	http->past.n_looks++;
	http_hold(http);
	uv_queue_work(http->host->loop, &look->work, on_work, on_looked);
	return request_park(request);
}

static enum MHD_Result
answer_history(struct request *request)
{
	struct past *past = &request->http->past;
	const char *file = mural_record_file(request->http->host);
	const char *at = request_query(request, "at");
	int64_t at_ms = 0;

	if (at && !past_time(at, &at_ms))
		return reply_error(request, MHD_HTTP_BAD_REQUEST,
			"at is no time; write seconds since 1970, or a time such as "
			"2026-11-21T18:30:00");
	if (!file && at)
		return reply_error(request, MHD_HTTP_NOT_FOUND,
			"the wall is not recorded; record.file in murald.conf turns "
			"that on");
	if (!at && (!file || (past->known_ms > 0 &&
				     uv_now(request->http->host->loop) - past->known_ms <
					     KNOWN_MS)))
		return reply_span(request, &past->span);
	if (past->n_looks >= LOOKS_MAX)
		return reply_error(request, MHD_HTTP_SERVICE_UNAVAILABLE,
			"many look back at the moment; try again soon");
	return look_back(request, file, at ? &at_ms : NULL);
}

const struct route past_routes[] = {
	{ "GET", "/history", false, answer_history },
	{ NULL, NULL, false, NULL },
};
