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
send_pps(struct viewers *viewers, const char *live)
{
	uint64_t now = uv_now(viewers->http->host->loop);
	char place[128];
	int len = snprintf(place, sizeof(place),
		"{\"evt\": %" PRIu64 ", \"message\": \"pps_update\", \"pps\": %" PRIu64
		"}",
		viewers->pps.per_second, viewers->pps.per_second);

	for (struct viewer *viewer = viewers->first; viewer; viewer = viewer->next) {
		if (viewer->dialect == DIALECT_LIVE && live)
			(void)viewer_send_text(viewer, live, strlen(live));
		else if (viewer->dialect == DIALECT_PLACE && viewer->wants_pps)
			(void)viewer_send_text(viewer, place, len);
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
	pps_update(&viewers->pps, host, uv_now(host->loop), viewers->number, &live);
	send_pps(viewers, live);
	free(live);
}

/* ---------------------------------------------------------------- start and stop */

/* When nothing is left of them. */
static void
viewers_free(struct viewers *viewers)
{
	struct http *http = viewers->http;

	if (viewers->handles > 0 || viewers->first)
		return;
	for (int i = 0; i < PRODUCTS; i++)
		frame_release(viewers->kept[i]);
	for (int i = 0; i < DIALECTS; i++)
		delta_ring_clear(&viewers->deltas[i]);
	pps_finish(&viewers->pps);
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
	viewers_free(viewers);
}

void
viewers_stop_worker(struct viewers *viewers)
{
	job_worker_stop(&viewers->worker, on_handle_closed);
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
		pps_update(&viewers->pps, host, uv_now(host->loop), 0, NULL);
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
		viewers_free(viewers);
	else
		viewers_schedule(viewers);
}

static uint64_t
epoch_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * UINT64_C(1000000) + now.tv_nsec / 1000;
}

static int
viewers_init(struct viewers *viewers, struct http *http)
{
	int ret = encoder_init(&viewers->encoder, http->host);

	*viewers = (struct viewers){
		.http = http,
		.encoder = viewers->encoder,
		.epoch = epoch_now(),
		.worker = { .run = viewers_encode,
			.on_done = viewers_encoded,
			.data = viewers },
	};
	return ret < 0 ? ret : job_worker_start(&viewers->worker, http->host->loop);
}

int
viewers_start(struct http *http)
{
	uv_loop_t *loop = http->host->loop;
	struct viewers *viewers = calloc(1, sizeof(*viewers));
	int ret = viewers ? viewers_init(viewers, http) : -ENOMEM;

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
		loop, &viewers->wakeup, mural_reader_fd(viewers->encoder.diff.reader));
	viewers->tick.data = viewers->second.data = viewers->wakeup.data = viewers;
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
	framediff_cancel(&viewers->encoder.diff);
	for (struct viewer *viewer = viewers->first; viewer; viewer = viewer->next)
		websocket_close(&viewer->ws, WEBSOCKET_GOING_AWAY);
	canvas_png_answer_pending(viewers, false);
	uv_close((uv_handle_t *)&viewers->tick, on_handle_closed);
	uv_close((uv_handle_t *)&viewers->second, on_handle_closed);
	uv_close((uv_handle_t *)&viewers->wakeup, on_handle_closed);
	if (!viewers->encoding)
		viewers_stop_worker(viewers);
}
