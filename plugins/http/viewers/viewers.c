/* SPDX-License-Identifier: MIT */
/* Who watches, and the figures they are told. */
#include "http/viewers/viewers.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "http/http.h"
#include "http/viewers/canvas-png.h"

#define SECOND_MS 1000

/* ------------------------------------------------------------------ once a second */

static void
tell_figures(struct viewers *viewers, const char *live)
{
	uint64_t now = uv_now(viewers->http->host->loop);
	char place[128];
	int len = snprintf(place, sizeof(place),
		"{\"evt\": %" PRIu64 ", \"message\": \"pps_update\", \"pps\": %" PRIu64
		"}",
		viewers->figures.per_second, viewers->figures.per_second);

	for (struct viewer *viewer = viewers->first; viewer; viewer = viewer->next) {
		if (viewer->dialect == DIALECT_LIVE && live)
			(void)viewer_tell(viewer, live, strlen(live));
		else if (viewer->dialect == DIALECT_PLACE && viewer->wants_figures)
			(void)viewer_tell(viewer, place, len);
		viewer_check(viewer, now);
	}
}

static void
on_second(uv_timer_t *timer)
{
	struct viewers *viewers = timer->data;
	struct mural_host *host = viewers->http->host;
	char *live = NULL;

	mural_publish(host);
	figures_look(&viewers->figures, host, uv_now(host->loop), viewers->number, &live);
	tell_figures(viewers, live);
	free(live);
}

/* ---------------------------------------------------------------- start and stop */

/* When nothing is left of them. */
static void
finish(struct viewers *viewers)
{
	struct http *http = viewers->http;

	if (viewers->handles > 0 || viewers->first)
		return;
	for (int i = 0; i < PRODUCTS; i++)
		frame_release(viewers->kept[i]);
	for (int i = 0; i < DIALECTS; i++)
		recent_clear(&viewers->recent[i]);
	figures_finish(&viewers->figures);
	encoder_finish(&viewers->encoder);
	free(viewers);
	http->viewers = NULL;
	http_release(http);
}

static void
on_handle_closed(uv_handle_t *handle)
{
	struct viewers *viewers = handle->data;

	viewers->handles--;
	finish(viewers);
}

void
viewers_end_work(struct viewers *viewers)
{
	errand_stop(&viewers->errand, on_handle_closed);
}

void
viewers_add(struct viewers *viewers, struct viewer *viewer)
{
	struct mural_host *host = viewers->http->host;

	viewer->viewers = viewers;
	viewer->next = viewers->first;
	viewer->link = &viewers->first;
	if (viewer->next)
		viewer->next->link = &viewer->next;
	viewers->first = viewer;
	if (host->counts.viewers++ == 0) {
		figures_look(&viewers->figures, host, uv_now(host->loop), 0, NULL);
		uv_timer_start(&viewers->second, on_second, SECOND_MS, SECOND_MS);
	}
	mural_publish(host);
}

void
viewers_remove(struct viewer *viewer)
{
	struct viewers *viewers = viewer->viewers;
	struct mural_host *host = viewers->http->host;

	*viewer->link = viewer->next;
	if (viewer->next)
		viewer->next->link = viewer->link;
	if (--host->counts.viewers == 0 && !viewers->stopping)
		uv_timer_stop(&viewers->second);
	mural_publish(host);
	if (viewers->stopping)
		finish(viewers);
	else
		viewers_plan(viewers);
}

static uint64_t
epoch_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * UINT64_C(1000000) + now.tv_nsec / 1000;
}

static int
prepare(struct viewers *viewers, struct http *http)
{
	int ret = encoder_init(&viewers->encoder, http->host);

	*viewers = (struct viewers){
		.http = http,
		.encoder = viewers->encoder,
		.epoch = epoch_now(),
		.errand = { .run = viewers_work,
			.on_back = viewers_worked,
			.data = viewers },
	};
	return ret < 0 ? ret : errand_start(&viewers->errand, http->host->loop);
}

int
viewers_start(struct http *http)
{
	uv_loop_t *loop = http->host->loop;
	struct viewers *viewers = calloc(1, sizeof(*viewers));
	int ret = viewers ? prepare(viewers, http) : -ENOMEM;

	if (ret < 0) {
		mural_log(http->host, MURAL_ERROR, "cannot serve viewers: %s",
			strerror(-ret));
		if (viewers)
			encoder_finish(&viewers->encoder);
		free(viewers);
		return ret;
	}
	uv_timer_init(loop, &viewers->tick);
	uv_timer_init(loop, &viewers->second);
	uv_poll_init(
		loop, &viewers->bell, mural_reader_fd(viewers->encoder.sight.reader));
	viewers->tick.data = viewers->second.data = viewers->bell.data = viewers;
	viewers->handles = 4; /* the errand has one, too */
	http->viewers = viewers;
	http_hold(http);
	return 0;
}

void
viewers_stop(struct http *http)
{
	struct viewers *viewers = http->viewers;

	if (!viewers)
		return;
	viewers->stopping = true;
	sight_cancel(&viewers->encoder.sight);
	for (struct viewer *viewer = viewers->first; viewer; viewer = viewer->next)
		ws_close(&viewer->ws, WS_GOING_AWAY);
	askers_answer(viewers, false);
	uv_close((uv_handle_t *)&viewers->tick, on_handle_closed);
	uv_close((uv_handle_t *)&viewers->second, on_handle_closed);
	uv_close((uv_handle_t *)&viewers->bell, on_handle_closed);
	if (!viewers->working)
		viewers_end_work(viewers);
}
