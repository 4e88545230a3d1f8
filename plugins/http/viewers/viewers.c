/* SPDX-License-Identifier: MIT */
/* Decides which frame each viewer is sent next, and sends all of them the pixel rates. */
#include "http/viewers/viewers.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/list.h"
#include "http/viewers/canvas-png.h"

#define SECOND_MS 1000

/* Frames for viewers may take this much memory, or as much as two pictures of a very
 * large canvas; then the slowest viewer of the source that keeps most is dropped. */
#define BYTES_MAX (48 * 1024 * 1024)

/* ------------------------------------------------------------- which frame next */

/* The kind of key frame that it can be sent now. */
static enum product
key_product(const struct viewer *viewer)
{
	if (viewer->dialect == DIALECT_LIVE)
		return LIVE_KEY;
	return viewer->has_begun ? PLACE_AGAIN : PLACE_KEY;
}

/* Whether it goes on with the deltas that there are. */
static bool
viewer_follows(const struct viewers *viewers, const struct viewer *viewer)
{
	const struct capture *capture = &viewers->capture;

	if (viewer->sight.bands)
		return true; /* one or another band */
	return viewer->wants_deltas && !viewer->wants_key &&
	       delta_ring_reaches(
		       &capture->deltas[viewer->dialect], viewer->shown, capture->number);
}

static bool
is_followed(const struct viewers *viewers, enum dialect dialect)
{
	for (const struct viewer *v = viewers->first; v; v = v->next)
		if (v->dialect == dialect && viewer_follows(viewers, v))
			return true;
	return false;
}

/* The kept key frame, if it will do.  /live may begin with an older one while the deltas
 * since then are kept, which is cheap even when a thousand viewers come. */
static struct frame *
find_key(const struct viewers *viewers, const struct viewer *viewer)
{
	const struct capture *capture = &viewers->capture;
	struct frame *key = capture->kept[key_product(viewer)];

	if (!key)
		return NULL;
	if (capture_is_newer(capture, viewer->since) && key->number == capture->number)
		return key;
	return viewer->dialect == DIALECT_LIVE && is_followed(viewers, DIALECT_LIVE)
		       ? key
		       : NULL;
}

struct frame *
viewers_next_frame(struct viewers *viewers, struct viewer *viewer)
{
	struct capture *capture = &viewers->capture;
	struct frame *next = NULL;

	if (!viewer->wants_key) {
		if (!viewer->wants_deltas || viewer->shown == capture->number)
			return NULL;
		next = delta_ring_find(
			&capture->deltas[viewer->dialect], viewer->shown + 1);
		if (!next)
			viewer_request_key(viewer);
	}
	if (!next)
		next = find_key(viewers, viewer);
	if (!next) {
		capture_schedule(capture);
		return NULL;
	}
	viewer->wants_key = false;
	viewer->shown = next->number;
	return next;
}

/* Besides the deltas. */
static unsigned
wanted_of_bands(const struct capture *capture, const struct sight *sight)
{
	unsigned wanted = 0;

	if (sight->wants_coarse && !capture_has(capture, LIVE_COARSE))
		wanted |= 1u << LIVE_COARSE;
	if (sight->wants_key && !capture_has(capture, LIVE_KEY))
		wanted |= 1u << LIVE_KEY;
	return wanted;
}

static unsigned
wanted_products(const struct capture *capture)
{
	const struct viewers *viewers = capture->data;
	unsigned wanted = 0;

	for (const struct viewer *v = viewers->first; v; v = v->next) {
		if (v->wants_key && viewer_is_idle(v))
			wanted |= 1u << key_product(v);
		else if (viewer_follows(viewers, v))
			wanted |= 1u << delta_product(v->dialect);
		wanted |= wanted_of_bands(capture, &v->sight);
	}
	for (const struct pending_png *pending = viewers->pending_pngs; pending;
		pending = pending->next)
		wanted |= pending->has_tag ? CAPTURE_ONLY : 1u << WHOLE_PICTURE;
	return wanted;
}

/* ------------------------------------------------------------- after a capture */

static size_t
bytes_max(const struct viewers *viewers)
{
	const struct mural_host *host = viewers->web->host;
	size_t two = 2 * sizeof(uint32_t) * host->canvas_width * host->canvas_height;

	return two > BYTES_MAX ? two : BYTES_MAX;
}

/* One that is being sent a frame which others are past. */
struct late {
	uint64_t source;
	uint32_t behind;
	struct viewer *viewer;
};

/* By source, the viewers that are furthest behind first. */
static int
compare_late(const void *a, const void *b)
{
	const struct late *left = a, *right = b;

	if (left->source != right->source)
		return left->source < right->source ? -1 : 1;
	if (left->behind != right->behind)
		return left->behind > right->behind ? -1 : 1;
	return (left->viewer->frame > right->viewer->frame) -
	       (left->viewer->frame < right->viewer->frame);
}

static size_t
list_late(const struct viewers *viewers, struct late *late)
{
	size_t n = 0;

	for (struct viewer *v = viewers->first; v; v = v->next)
		if (v->frame && v->frame->number != viewers->capture.number)
			late[n++] = (struct late){ v->ws.source,
				viewers->capture.number - v->frame->number, v };
	qsort(late, n, sizeof(*late), compare_late);
	return n;
}

/* What a source keeps: its part of the list, without those that were dropped. */
struct keeps {
	size_t bytes;
	const struct late *first, *end; /* the one furthest behind; of the source */
};

/* Viewers of a source often share a frame. */
static struct keeps
source_keeps(const struct late *late, const struct late *end)
{
	const struct late *source = late;
	const struct frame *before = NULL;
	struct keeps keeps = { 0 };

	for (; late < end && late->source == source->source; late++) {
		const struct frame *frame = late->viewer->frame;

		if (frame && !keeps.first)
			keeps.first = late;
		if (frame && frame != before)
			keeps.bytes += frame->bytes;
		before = frame;
	}
	keeps.end = late;
	return keeps;
}

/* The source that keeps most; of two, the one that is further behind. */
static struct keeps
find_slowest(const struct late *late, const struct late *end)
{
	struct keeps slowest = { 0 }, keeps;

	for (; late < end; late = keeps.end) {
		keeps = source_keeps(late, end);
		if (!keeps.first || keeps.bytes < slowest.bytes)
			continue;
		if (!slowest.first || keeps.bytes > slowest.bytes ||
			keeps.first->behind > slowest.first->behind)
			slowest = keeps;
	}
	return slowest;
}

/* All of the source that share its frame: without the others nothing is gained by one. */
static void
drop_sharers(const struct keeps *keeps)
{
	const struct frame *frame = keeps->first->viewer->frame;

	for (const struct late *late = keeps->first;
		late < keeps->end && late->viewer->frame == frame; late++)
		viewer_drop(late->viewer);
}

static bool
is_too_much(const struct viewers *viewers)
{
	return viewers->capture.viewer_bytes > bytes_max(viewers);
}

/* Drops viewers of the sources that keep most while all frames together take too much
 * memory; those of thousands that are as slow together, since a choice takes a while. */
static void
drop_slowest(struct viewers *viewers)
{
	struct keeps slowest, keeps;
	const struct late *end;
	struct late *all;

	if (!is_too_much(viewers))
		return;
	all = calloc(viewers->web->host->counts->viewers, sizeof(*all));
	if (!all)
		return;
	end = all + list_late(viewers, all);
	do {
		slowest = find_slowest(all, end);
		for (const struct late *late = slowest.first ? all : end;
			late < end && is_too_much(viewers); late = keeps.end) {
			keeps = source_keeps(late, end);
			if (keeps.first && keeps.bytes == slowest.bytes &&
				keeps.first->behind == slowest.first->behind)
				drop_sharers(&keeps);
		}
	} while (slowest.first && is_too_much(viewers));
	free(all);
}

static void
on_captured(struct capture *capture, bool starved)
{
	struct viewers *viewers = capture->data;

	for (struct viewer *viewer = viewers->first; viewer; viewer = viewer->next)
		viewer_push(viewer);
	if (capture->changed > 0)
		yours_look(viewers);
	drop_slowest(viewers);
	canvas_png_answer_pending(viewers, starved);
}

/* --------------------------------------------------------------- once a second */

/* Viewers are served in turns: thousands take a while. */
static void
send_pps(struct viewers *viewers)
{
	uint64_t now = uv_now(viewers->second.loop);

	snprintf(viewers->place_pps, sizeof(viewers->place_pps),
		"{\"evt\": %" PRIu64 ", \"message\": \"pps_update\", \"pps\": %" PRIu64
		"}",
		viewers->pps.per_second, viewers->pps.per_second);
	for (struct viewer *viewer = viewers->first; viewer; viewer = viewer->next) {
		viewer->late_figures =
			viewer->dialect == DIALECT_LIVE || viewer->wants_pps;
		/* what was painted much may be calm now */
		if (viewer->late_figures ||
			(viewer->sight.bands && !viewer->sight.settled))
			viewer_push(viewer);
		viewer_check(viewer, now);
	}
}

static void
on_second(uv_timer_t *timer)
{
	struct viewers *viewers = timer->data;
	struct mural_host *host = viewers->web->host;

	mural_publish(host);
	free(viewers->figures);
	pps_update(&viewers->pps, host, uv_now(timer->loop), viewers->capture.number,
		&viewers->figures);
	send_pps(viewers);
}

/* ----------------------------------------------------------------- add, remove */

void
viewers_add(struct viewers *viewers, struct viewer *viewer)
{
	struct mural_host *host = viewers->web->host;

	web_hold(viewers->web);
	viewer->viewers = viewers;
	viewers->capture.n_deflating += viewer->ws.deflate;
	list_push(&viewers->first, viewer);
	if (host->counts->viewers++ == 0) {
		pps_update(&viewers->pps, host, uv_now(host->loop), 0, NULL);
		uv_timer_start(&viewers->second, on_second, SECOND_MS, SECOND_MS);
	}
	mural_publish(host);
}

void
viewers_remove(struct viewer *viewer)
{
	struct viewers *viewers = viewer->viewers;
	struct mural_host *host = viewers->web->host;

	list_remove(viewer);
	viewers->capture.n_deflating -= viewer->ws.deflate;
	fair_queue_remove(&viewers->sending, &viewer->sending);
	if (--host->counts->viewers == 0 && !viewers->stopping) {
		uv_timer_stop(&viewers->second);
		capture_forget_viewers(&viewers->capture);
	}
	mural_publish(host);
	capture_schedule(&viewers->capture);
	web_release(viewers->web);
}

/* ----------------------------------------------------------------- start, stop */

static uint64_t
epoch_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * UINT64_C(1000000) + now.tv_nsec / 1000;
}

int
viewers_start(struct viewers *viewers, struct web *web, unsigned fps)
{
	int ret;

	viewers->capture.wanted = wanted_products;
	viewers->capture.on_done = on_captured;
	viewers->capture.data = viewers;
	ret = heat_start(&viewers->heat, web);
	if (ret == 0)
		ret = capture_start(&viewers->capture, web, fps);
	if (ret < 0) {
		heat_stop(&viewers->heat);
		mural_log(web->host, MURAL_ERROR, "cannot serve viewers: %s",
			strerror(-ret));
		return ret;
	}
	viewers->web = web;
	viewers->fps = fps;
	viewers->epoch = epoch_now();
	uv_timer_init(web->host->loop, &viewers->second);
	viewers->second.data = viewers;
	fair_queue_init(&viewers->sending, web->host->loop, viewer_serve);
	web_hold(web);
	web_hold(web);
	return 0;
}

void
viewers_stop(struct viewers *viewers)
{
	if (!viewers->web)
		return;
	viewers->stopping = true;
	for (struct viewer *viewer = viewers->first; viewer; viewer = viewer->next)
		websocket_close(&viewer->ws, WEBSOCKET_GOING_AWAY);
	yours_stop(viewers);
	heat_stop(&viewers->heat);
	canvas_png_answer_pending(viewers, false);
	capture_stop(&viewers->capture);
	pps_finish(&viewers->pps);
	free(viewers->figures);
	viewers->figures = NULL;
	web_close_handle(viewers->web, (uv_handle_t *)&viewers->second);
	web_close_handle(viewers->web, (uv_handle_t *)&viewers->sending.idle);
}
