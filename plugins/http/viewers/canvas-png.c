/* SPDX-License-Identifier: MIT */
/* The routes of viewers, and /canvas.png among them. */
#include "http/viewers/canvas-png.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/list.h"
#include "http/viewers/viewers.h"

/* ----------------------------------------------------------------- /canvas.png */

static void
check_tag(struct pending_png *pending, const struct viewers *viewers)
{
	snprintf(pending->tag, sizeof(pending->tag), "\"%" PRIx64 "-%x\"", viewers->epoch,
		viewers->capture.number);
	pending->has_tag = request_has_tag(pending->request, pending->tag);
}

static void
on_png_completed(struct request *request)
{
	struct pending_png *pending = request->data;

	list_remove(pending);
	frame_release(pending->picture);
	free(pending);
}

static void
on_frame_sent(void *arg)
{
	frame_release(arg);
}

/* Not cacheable unless ?allow_cache=true, and then only with revalidation. */
static struct MHD_Response *
with_cache_headers(
	struct request *request, struct MHD_Response *response, const char *tag)
{
	const char *allowed = request_query(request, "allow_cache");
	bool may_keep = allowed && strcmp(allowed, "true") == 0;

	response = response_with(response, MHD_HTTP_HEADER_ETAG, tag);
	return response_with(response, MHD_HTTP_HEADER_CACHE_CONTROL,
		may_keep ? "no-cache" : "no-store");
}

static enum MHD_Result
answer_pending(struct request *request)
{
	const struct pending_png *pending = request->data;
	struct MHD_Response *response;
	const struct message *message;

	if (pending->has_tag)
		return reply_not_modified(request, pending->tag);
	if (!pending->picture)
		return reply_no_memory(request);
	message = &pending->picture->messages[0];
	response = MHD_create_response_from_buffer_with_free_callback_cls(message->len,
		message->bytes, on_frame_sent, frame_hold(pending->picture));
	if (!response)
		frame_release(pending->picture);
	response = response_prepare(response, "image/png");
	request_holds(
		request, HOLDING_PICTURES, pending->picture, pending->picture->bytes);
	return reply_send(request, MHD_HTTP_OK,
		with_cache_headers(request, response, pending->tag));
}

void
canvas_png_answer_pending(struct viewers *viewers, bool starved)
{
	const struct capture *capture = &viewers->capture;
	struct frame *picture = capture->kept[WHOLE_PICTURE];
	struct pending_png *next;

	for (struct pending_png *pending = viewers->pending_pngs; pending;
		pending = next) {
		bool seen = capture_is_newer(capture, pending->since);

		next = pending->next;
		check_tag(pending, viewers);
		if (!viewers->stopping &&
			(!seen || (!picture && !pending->has_tag && !starved)))
			continue;
		pending->has_tag = pending->has_tag && seen;
		pending->picture = picture && seen ? frame_hold(picture) : NULL;
		list_remove(pending);
		request_resume(pending->request, answer_pending);
	}
}

static enum MHD_Result
answer_canvas(struct request *request)
{
	struct viewers *viewers = request->subject;
	struct pending_png *pending = calloc(1, sizeof(*pending));

	if (!pending)
		return reply_no_memory(request);
	pending->request = request;
	pending->since = viewers->capture.begun;
	check_tag(pending, viewers);
	list_push(&viewers->pending_pngs, pending);
	request->data = pending;
	request->on_completed = on_png_completed;
	capture_schedule(&viewers->capture);
	return request_suspend(request);
}

/* ---------------------------------------------------------------- other routes */

static enum MHD_Result
answer_place(struct request *request)
{
	return viewer_answer(request, DIALECT_PLACE, false);
}

static enum MHD_Result
answer_live(struct request *request)
{
	return viewer_answer(
		request, DIALECT_LIVE, request_query(request, "bands") != NULL);
}

/* The first 64 bits of the first claimed addresses that fix all of these: place64's pages
 * put them before the rest of an address. */
static json_t *
public_prefix(const struct mural_host *host)
{
	char text[32];

	for (size_t i = 0; i < host->n_claims; i++) {
		const struct mural_claim *claim = &host->claims[i];
		const uint8_t *v = claim->value;

		if (memcmp(claim->mask, "\xff\xff\xff\xff\xff\xff\xff\xff", 8) != 0)
			continue;
		snprintf(text, sizeof(text), "%x:%x:%x:%x", v[0] << 8 | v[1],
			v[2] << 8 | v[3], v[4] << 8 | v[5], v[6] << 8 | v[7]);
		return json_string(text);
	}
	return json_null();
}

static enum MHD_Result
answer_config(struct request *request)
{
	const struct viewers *viewers = request->subject;
	const struct mural_host *host = request->web->host;

	return reply_json(request, MHD_HTTP_OK,
		json_pack("{sososisisi}", "public_prefix", public_prefix(host),
			"built_with_per_user_pps_support", json_false(), "width",
			(int)host->canvas_width, "height", (int)host->canvas_height,
			"fps", (int)viewers->fps));
}

const struct route viewer_routes[] = {
	{ .method = "GET", .path = "/ws", .answer = answer_place },
	{ .method = "GET", .path = "/live", .answer = answer_live },
	{ .method = "GET", .path = "/canvas.png", .answer = answer_canvas },
	{ .method = "GET", .path = "/heat.png", .answer = heat_answer },
	{ .method = "GET", .path = "/serverconfig.json", .answer = answer_config },
	{ 0 },
};
