/* SPDX-License-Identifier: MIT */
/* Reads the recording on libuv's thread pool, for a few requests at a time; the others
 * wait, and sources take turns. */
#include <errno.h>
#include <stdlib.h>

#include "http/history/history.h"
#include "http/viewers/codec-png.h"
#include "http/viewers/frame.h"
#include "http/viewers/framediff.h"

/* ------------------------------------------------------------------ lookups */

struct history_lookup {
	TAILQ_ENTRY(history_lookup) in_waiting;
	uint64_t source; /* whose request it is */
	bool waiting;    /* for a thread */
	uv_work_t work;
	struct history *history; /* NULL: done */
	struct request *request; /* NULL: nobody waits any more */
	const char *file;        /* murald's; stays until mural_stopped() */
	bool wants_picture;
	int64_t at_ms;
	size_t n_bars; /* how much was painted, in so many parts of the span; 0: unasked
			*/

	/* the thread's until it is done */
	int ret; /* 1: found, 0: nothing was recorded, -errno */
	struct mural_span span;
	struct frame *picture;
	uint64_t bars[HISTORY_BARS_MAX];
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
	if (lookup->n_bars > 0 && lookup->ret == 0 && lookup->span.moments > 0)
		lookup->ret = mural_history_activity(history, lookup->span.first_ms,
			lookup->span.last_ms, lookup->bars, lookup->n_bars);
	mural_history_close(history);
}

/* ------------------------------------------------------------------ answers */

static void
on_picture_sent(void *arg)
{
	frame_release(arg);
}

static enum MHD_Result
reply_picture(struct request *request, struct frame *picture)
{
	const struct message *png = &picture->messages[0];
	struct MHD_Response *response =
		MHD_create_response_from_buffer_with_free_callback_cls(
			png->len, png->bytes, on_picture_sent, frame_hold(picture));

	if (!response)
		frame_release(picture);
	request_holds(request, HOLDING_PICTURES, picture, picture->bytes);
	return reply_send(request, MHD_HTTP_OK, response_prepare(response, "image/png"));
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
		result = history_reply_span(
			request, &lookup->span, lookup->bars, lookup->n_bars);
	else if (lookup->picture)
		result = reply_picture(request, lookup->picture);
	else
		result = reply_error(
			request, MHD_HTTP_NOT_FOUND, "nothing has been recorded yet");
	return result;
}

/* ------------------------------------------------------------------ the queue */

static void lookups_run(struct history *history);

static void
on_lookup_completed(struct request *request)
{
	struct history_lookup *lookup = request->data;

	if (lookup->waiting)
		TAILQ_REMOVE(&lookup->history->lookups.waiting, lookup, in_waiting);
	if (lookup->history && !lookup->waiting)
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
	for (int i = 0; i < LOOKUPS_MAX; i++)
		if (history->lookups.running[i] == lookup)
			history->lookups.running[i] = NULL;
	if (!lookup->wants_picture && lookup->ret >= 0) {
		history->cache.span = lookup->span;
		history->cache.cached_ms = uv_now(web->host->loop);
	}
	lookup->history = NULL; /* from here on the request frees it */
	if (lookup->request)
		request_resume(lookup->request, answer_lookup);
	else
		lookup_free(lookup);
	if (!web->stopping)
		lookups_run(history);
	web_release(web);
}

static unsigned
running_of(const struct history_lookups *lookups, uint64_t source)
{
	unsigned n = 0;

	for (int i = 0; i < LOOKUPS_MAX; i++)
		n += lookups->running[i] && lookups->running[i]->source == source;
	return n;
}

/* The oldest of those whose source has the fewest running. */
static struct history_lookup *
next_lookup(const struct history_lookups *lookups)
{
	struct history_lookup *next = NULL;
	unsigned least = LOOKUPS_MAX;

	for (struct history_lookup *lookup = TAILQ_FIRST(&lookups->waiting); lookup;
		lookup = TAILQ_NEXT(lookup, in_waiting)) {
		unsigned running = running_of(lookups, lookup->source);

		if (running < least) {
			least = running;
			next = lookup;
		}
		if (least == 0)
			break;
	}
	return next;
}

static void
lookups_run(struct history *history)
{
	struct history_lookups *lookups = &history->lookups;

	for (int i = 0; i < LOOKUPS_MAX; i++) {
		struct history_lookup *lookup = next_lookup(lookups);

		if (!lookup)
			return;
		if (lookups->running[i])
			continue;
		TAILQ_REMOVE(&lookups->waiting, lookup, in_waiting);
		lookup->waiting = false;
		lookups->running[i] = lookup;
		web_hold(history->web);
		uv_queue_work(history->web->host->loop, &lookup->work, on_lookup,
			on_lookup_done);
	}
}

void
history_lookups_init(struct history *history)
{
	TAILQ_INIT(&history->lookups.waiting);
}

enum MHD_Result
history_lookup(
	struct request *request, const char *file, const int64_t *at_ms, size_t n_bars)
{
	struct history *history = request->subject;
	struct history_lookup *lookup = calloc(1, sizeof(*lookup));

	if (!lookup)
		return reply_no_memory(request);
	*lookup = (struct history_lookup){
		.source = request->source->key,
		.waiting = true,
		.work = { .data = lookup },
		.history = history,
		.request = request,
		.file = file,
		.wants_picture = at_ms != NULL,
		.at_ms = at_ms ? *at_ms : 0,
		.n_bars = n_bars,
	};
	request->data = lookup;
	request->on_completed = on_lookup_completed;
	TAILQ_INSERT_TAIL(&history->lookups.waiting, lookup, in_waiting);
	(void)request_suspend(request);
	lookups_run(history);
	return MHD_YES;
}
