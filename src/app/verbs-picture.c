/* SPDX-License-Identifier: MIT */
/* The pictures that operators send with a verb: in pieces, since a line has 64 KiB. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/operators.h"
#include "app/wall.h"
#include "control/values.h"
#include "lib/base64.h"
#include "lib/png.h"

/* An upload is given up this long after its last piece. */
#define UPLOAD_MS 30000

/* One that pauses this long gives way to another operator's. */
#define STALLED_MS 2000

/* No PNG of the canvas's size needs more: four bytes a pixel, and this. */
#define UPLOAD_BESIDE (64u << 10)

/* ------------------------------------------------------------------ pieces */

static void
forget(struct operators_upload *upload)
{
	free(upload->bytes);
	*upload = (struct operators_upload){ 0 };
}

static void
on_uploads_over(uv_timer_t *timer)
{
	struct operators_uploads *uploads =
		container_of(timer, struct operators_uploads, over);
	const uint64_t now_ms = uv_now(timer->loop);
	uint64_t next_ms = UINT64_MAX;

	for (size_t i = 0; i < UPLOADS_MAX; i++) {
		struct operators_upload *upload = &uploads->all[i];

		if (upload->bytes && upload->heard_ms + UPLOAD_MS <= now_ms)
			forget(upload);
		if (upload->bytes)
			next_ms = MIN(next_ms, upload->heard_ms + UPLOAD_MS - now_ms);
	}
	if (next_ms != UINT64_MAX)
		uv_timer_start(timer, on_uploads_over, next_ms, 0);
}

void
uploads_start(struct wall *wall)
{
	uv_timer_init(&wall->loop, &wall->operators.uploads.over);
}

void
uploads_stop(struct wall *wall)
{
	struct operators_uploads *uploads = &wall->operators.uploads;

	for (size_t i = 0; i < UPLOADS_MAX; i++)
		forget(&uploads->all[i]);
	uv_close((uv_handle_t *)&uploads->over, NULL);
}

/* The operator's own upload, or a free one, or else the one that has stalled for longest;
 * NULL: all are in use. */
static struct operators_upload *
upload_of(struct operators_uploads *uploads, const char *who)
{
	struct operators_upload *found = &uploads->all[0];

	for (size_t i = 0; i < UPLOADS_MAX; i++) {
		struct operators_upload *upload = &uploads->all[i];

		if (upload->bytes && strcmp(upload->who, who) == 0)
			return upload;
		if (found->bytes &&
			(!upload->bytes || upload->heard_ms < found->heard_ms))
			found = upload;
	}
	if (found->bytes && uv_now(uploads->over.loop) - found->heard_ms < STALLED_MS)
		return NULL;
	forget(found);
	return found;
}

static size_t
upload_most(const struct wall *wall)
{
	const struct mural_view *view = &wall->canvas.view;

	return (size_t)view->width * view->height * 4 + UPLOAD_BESIDE;
}

/* Whether the piece follows what is there, and may; else the call is answered. */
static bool
fits(struct control_call *call, struct operators_upload *upload, size_t len)
{
	const struct wall *wall = operators_wall(call);
	uint64_t offset = 0;

	(void)control_number(call, "offset", &offset);
	if (offset == 0)
		forget(upload);
	if (offset != upload->len) {
		control_fail(call, CONTROL_USAGE,
			"that piece begins at %zu; the next one must begin at %zu",
			(size_t)offset, upload->len);
		return false;
	}
	if (upload->len + len <= upload_most(wall))
		return true;
	forget(upload);
	control_fail(call, CONTROL_FAILED,
		"the picture has more than %zu bytes, which is too much for the canvas",
		upload_most(wall));
	return false;
}

/* Adds the call's piece; else it is answered. */
static bool
add_piece(struct control_call *call, struct operators_upload *upload)
{
	uv_timer_t *over = &operators_wall(call)->operators.uploads.over;
	const char *text = control_text(call, "png");
	size_t len = strlen(text);
	uint8_t *more;
	ssize_t n;

	if (!fits(call, upload, len / 4 * 3))
		return false;
	more = realloc(upload->bytes, upload->len + len / 4 * 3 + 1);
	if (!more) {
		forget(upload);
		verb_fail(call, -ENOMEM);
		return false;
	}
	upload->bytes = more;
	n = base64_decode(text, len, more + upload->len);
	if (n < 0) {
		forget(upload);
		control_fail(call, CONTROL_USAGE, "\"png\" is not base64");
		return false;
	}
	upload->len += (size_t)n;
	upload->heard_ms = uv_now(over->loop);
	snprintf(upload->who, sizeof(upload->who), "%s", call->who);
	if (!uv_is_active((uv_handle_t *)over))
		uv_timer_start(over, on_uploads_over, UPLOAD_MS, 0);
	return true;
}

/* ------------------------------------------------------------------ decoding */

void
picture_free(struct picture *picture)
{
	free(picture->bytes);
	free(picture->pixels);
	free(picture);
}

/* Nothing larger than the canvas is decoded. */
static uint32_t *
place_pixels(void *arg, uint32_t width, uint32_t height)
{
	struct picture *picture = arg;
	struct mural_rect *rect = &picture->rect;

	rect->width = width;
	rect->height = height;
	if (rect->x >= picture->width || width > picture->width - rect->x ||
		rect->y >= picture->height || height > picture->height - rect->y)
		return NULL;
	picture->pixels = calloc((size_t)width * height, sizeof(*picture->pixels));
	return picture->pixels;
}

static void
decode(uv_work_t *work)
{
	struct picture *picture = container_of(work, struct picture, work);
	FILE *file = fmemopen(picture->bytes, picture->len, "r");

	picture->error = file ? png_decode(file, false, place_pixels, picture,
					picture->why, sizeof(picture->why))
			      : -ENOMEM;
	if (file)
		fclose(file);
}

static void
fail(const struct picture *picture)
{
	const struct mural_rect *rect = &picture->rect;

	if (picture->error == -EBADMSG)
		control_fail(picture->call, CONTROL_USAGE,
			"that is not a complete PNG: %s", picture->why);
	else if (picture->error == -ERANGE)
		control_fail(picture->call, CONTROL_USAGE,
			"the picture is %ux%u, and at %u,%u does not fit on the canvas, "
			"which is %ux%u",
			rect->width, rect->height, rect->x, rect->y, picture->width,
			picture->height);
	else
		verb_fail(picture->call, picture->error);
}

/* The answer and the log say where it is. */
static void
on_decoded(uv_work_t *work, int status)
{
	struct picture *picture = container_of(work, struct picture, work);
	char text[VALUE_RECT_MAX];

	operators_wall(picture->call)->operators.pictures--;
	if (status < 0)
		picture->error = status;
	if (picture->error < 0) {
		fail(picture);
		picture_free(picture);
		return;
	}
	value_rect_text(&picture->rect, text);
	(void)json_object_set_new(picture->call->with, "rect", json_string(text));
	picture->then(picture);
}

static void
begin(struct control_call *call, struct operators_upload *upload,
	void (*then)(struct picture *picture))
{
	struct wall *wall = operators_wall(call);
	struct picture *picture = calloc(1, sizeof(*picture));
	struct mural_point at = { 0 };

	(void)control_point(call, "to", &at);
	if (!picture || upload->len == 0) {
		if (picture)
			control_fail(call, CONTROL_USAGE, "the picture is empty");
		else
			verb_fail(call, -ENOMEM);
		free(picture);
		forget(upload);
		return;
	}
	*picture = (struct picture){ .call = call,
		.then = then,
		.rect = { (uint32_t)at.x, (uint32_t)at.y, 0, 0 },
		.width = wall->canvas.view.width,
		.height = wall->canvas.view.height,
		.bytes = upload->bytes,
		.len = upload->len };
	upload->bytes = NULL;
	forget(upload);
	wall->operators.pictures++;
	if (uv_queue_work(&wall->loop, &picture->work, decode, on_decoded) < 0)
		on_decoded(&picture->work, -ENOMEM);
}

void
verb_picture(struct control_call *call, void (*then)(struct picture *picture))
{
	struct operators_upload *upload =
		upload_of(&operators_wall(call)->operators.uploads, call->who);

	if (!upload) {
		control_fail(call, CONTROL_BUSY, "%d operators are sending pictures",
			UPLOADS_MAX);
		return;
	}
	if (!add_piece(call, upload))
		return;
	if (control_flag(call, "part"))
		control_done(
			call, json_pack("{s:I}", "received", (json_int_t)upload->len));
	else
		begin(call, upload, then);
}
