/* SPDX-License-Identifier: MIT */
/* The operator's verb grab: the canvas as a PNG, a band at a time. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/operators.h"
#include "app/wall.h"
#include "control/values.h"
#include "lib/base64.h"
#include "lib/png.h"

/* Of an answer: 4 MiB of base64 at most, for noise. */
#define GRAB_PIXELS (1u << 20)

struct grab {
	struct control_call *call;
	struct mural_reader *reader;
	struct mural_rect rect, rest; /* rest.height 0: that is all */
	uv_work_t work;
	uint32_t *row;
	char *text; /* in base64 */
	int error;
};

static int
fill_row(void *arg, uint32_t y, uint8_t *bytes)
{
	const struct grab *grab = arg;
	const struct mural_rect *rect = &grab->rect;

	mural_reader_copy(grab->reader, rect->x, rect->y + y, rect->width, 1, grab->row,
		rect->width);
	png_fill_rgb(bytes, grab->row, rect->width);
	return 0;
}

static void
encode(uv_work_t *work)
{
	struct grab *grab = container_of(work, struct grab, work);
	const struct png_picture picture = { .width = grab->rect.width,
		.height = grab->rect.height,
		.effort = PNG_QUICK,
		.fill_row = fill_row,
		.arg = grab };
	uint8_t *bytes;
	size_t len;

	grab->error = png_encode_bytes(&picture, &bytes, &len);
	if (grab->error == 0)
		grab->text = malloc(BASE64_SIZE(len));
	if (grab->text)
		base64_encode(bytes, len, grab->text);
	else if (grab->error == 0)
		grab->error = -ENOMEM;
	free(bytes);
}

static void
grab_free(struct grab *grab)
{
	if (grab->reader)
		mural_reader_free(grab->reader);
	free(grab->row);
	free(grab->text);
	free(grab);
}

static void
on_encoded(uv_work_t *work, int status)
{
	struct grab *grab = container_of(work, struct grab, work);
	struct operators *operators = &operators_wall(grab->call)->operators;
	char text[VALUE_RECT_MAX];
	json_t *is;

	operators->pictures--;
	operators->grabbing = false;
	if (status < 0 || grab->error < 0) {
		verb_fail(grab->call, status < 0 ? status : grab->error);
		grab_free(grab);
		return;
	}
	value_rect_text(&grab->rect, text);
	is = json_pack("{s:s, s:s}", "rect", text, "png", grab->text);
	value_rect_text(&grab->rest, text);
	if (grab->rest.height > 0)
		(void)json_object_set_new(is, "rest", json_string(text));
	control_done(grab->call, is);
	grab_free(grab);
}

/* As many whole rows as fit into an answer.  False: it lies outside the canvas. */
static bool
cut(struct grab *grab, const struct mural_view *view)
{
	struct mural_rect rect = { 0, 0, view->width, view->height };

	(void)verb_rect(grab->call, &rect);
	if (rect.x >= view->width || rect.y >= view->height)
		return false;
	rect.width = MIN(rect.width, view->width - rect.x);
	rect.height = MIN(rect.height, view->height - rect.y);
	grab->rect = grab->rest = rect;
	grab->rect.height = MIN(rect.height, GRAB_PIXELS / rect.width);
	grab->rest.y += grab->rect.height;
	grab->rest.height -= grab->rect.height;
	return true;
}

static int
begin(struct grab *grab, struct wall *wall)
{
	if (!cut(grab, &wall->canvas.view))
		return -ERANGE;
	grab->row = calloc(grab->rect.width, sizeof(*grab->row));
	grab->reader = canvas_reader_new(&wall->canvas);
	if (!grab->row || !grab->reader)
		return -ENOMEM;
	return uv_queue_work(&wall->loop, &grab->work, encode, on_encoded);
}

void
verb_grab(struct control_call *call)
{
	struct wall *wall = operators_wall(call);
	struct grab *grab;
	int ret;

	if (wall->operators.grabbing) {
		control_fail(
			call, CONTROL_BUSY, "another operator is grabbing the picture");
		return;
	}
	grab = calloc(1, sizeof(*grab));
	if (!grab) {
		verb_fail(call, -ENOMEM);
		return;
	}
	grab->call = call;
	ret = begin(grab, wall);
	if (ret < 0) {
		grab_free(grab);
		verb_fail(call, ret);
		return;
	}
	wall->operators.grabbing = true;
	wall->operators.pictures++;
}
