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
	struct history_wish wish;

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

/* Of a tile only the very moment will do: what is kept for ever must not be another's. */
static int
look_for_picture(struct history_lookup *lookup, struct mural_history *history)
{
	const struct history_wish *wish = &lookup->wish;
	struct mural_moment moment;
	int ret = mural_history_seek(history, wish->at_ms, &moment);

	if (ret <= 0)
		return ret;
	if (wish->what == WISH_TILE &&
		(moment.time_ms != wish->at_ms ||
			!tile_is_there(&wish->tile, moment.width, moment.height)))
		return 0;
	lookup->picture = wish->what == WISH_TILE ? tile_encode(&wish->tile, &moment)
						  : encode_moment(&moment);
	return lookup->picture ? 1 : -ENOMEM;
}

static int
look_for_span(struct history_lookup *lookup, struct mural_history *history)
{
	struct mural_span *span = &lookup->span;
	int ret = mural_history_span(history, INT64_MIN, INT64_MAX, span);

	if (ret < 0 || lookup->wish.n_bars == 0 || span->moments == 0)
		return ret;
	return mural_history_activity(history, span->first_ms, span->last_ms,
		lookup->bars, lookup->wish.n_bars);
}

static void
on_lookup(uv_work_t *work)
{
	struct history_lookup *lookup = work->data;
	struct mural_history *history;

	lookup->ret = mural_history_open(lookup->file, &history);
	if (lookup->ret < 0)
		return;
	lookup->ret = lookup->wish.what == WISH_SPAN ? look_for_span(lookup, history)
						     : look_for_picture(lookup, history);
	mural_history_close(history);
}

/* ------------------------------------------------------------------ answers */

static void
on_picture_sent(void *arg)
{
	frame_release(arg);
}

#define FOR_EVER "public, max-age=31536000, immutable"

static enum MHD_Result
reply_picture(struct request *request, struct frame *picture, bool is_tile)
{
	const struct message *png = &picture->messages[0];
	struct MHD_Response *response =
		MHD_create_response_from_buffer_with_free_callback_cls(
			png->len, png->bytes, on_picture_sent, frame_hold(picture));

	if (!response)
		frame_release(picture);
	response = response_prepare(response, "image/png");
	if (is_tile)
		response =
			response_with(response, MHD_HTTP_HEADER_CACHE_CONTROL, FOR_EVER);
	request_holds(request, HOLDING_PICTURES, picture, picture->bytes);
	return reply_send(request, MHD_HTTP_OK, response);
}

static enum MHD_Result
answer_lookup(struct request *request)
{
	struct history_lookup *lookup = request->data;
	bool is_tile = lookup->wish.what == WISH_TILE;
	enum MHD_Result result;

	if (lookup->ret < 0 && lookup->ret != -ENOENT)
		result = reply_error(request, MHD_HTTP_SERVICE_UNAVAILABLE,
			"the recording cannot be read now");
	else if (lookup->wish.what == WISH_SPAN)
		result = history_reply_span(
			request, &lookup->span, lookup->bars, lookup->wish.n_bars);
	else if (lookup->picture)
		result = reply_picture(request, lookup->picture, is_tile);
	else if (is_tile)
		result = tile_reply_missing(request);
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
	if (lookup->wish.what == WISH_SPAN && lookup->ret >= 0) {
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

static uint64_t
last_turn(const struct history_lookup *lookup)
{
	return lookup->request->source->last_work[WORK_READ];
}

/* The oldest of the source that has the fewest running, and of these has waited for
 * longest for its turn. */
static struct history_lookup *
next_lookup(const struct history_lookups *lookups)
{
	struct history_lookup *next = TAILQ_FIRST(&lookups->waiting), *lookup;
	unsigned least = next ? running_of(lookups, next->source) : 0;

	TAILQ_FOREACH(lookup, &lookups->waiting, in_waiting)
	{
		unsigned running = running_of(lookups, lookup->source);

		if (running > least ||
			(running == least && last_turn(lookup) >= last_turn(next)))
			continue;
		least = running;
		next = lookup;
	}
	return next;
}

static void
lookups_run(struct history *history)
{
	struct history_lookups *lookups = &history->lookups;

	for (int i = 0; i < LOOKUPS_MAX; i++) {
		struct history_lookup *lookup;

		if (lookups->running[i])
			continue;
		lookup = next_lookup(lookups);
		if (!lookup)
			return;
		TAILQ_REMOVE(&lookups->waiting, lookup, in_waiting);
		lookup->waiting = false;
		source_works(history->web, lookup->request->source, WORK_READ);
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
history_lookup(struct request *request, const char *file, const struct history_wish *wish)
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
		.wish = *wish,
	};
	request->data = lookup;
	request->on_completed = on_lookup_completed;
	TAILQ_INSERT_TAIL(&history->lookups.waiting, lookup, in_waiting);
	(void)request_suspend(request);
	lookups_run(history);
	return MHD_YES;
}
