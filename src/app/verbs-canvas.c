/* SPDX-License-Identifier: MIT */
/* The operator's verbs for the canvas: freeze, protect, clear and their like. */
#include <errno.h>
#include <stdlib.h>

#include "app/operators.h"
#include "app/wall.h"
#include "control/values.h"

json_t *
closed_json(struct wall *wall, enum reins_closed kind, const char *name, size_t most)
{
	struct mural_rect *rects = NULL;
	ssize_t n = reins_rects(wall->reins, kind, most, &rects);
	json_t *all = json_array();
	char text[VALUE_RECT_MAX];

	for (ssize_t i = 0; i < n; i++) {
		value_rect_text(&rects[i], text);
		(void)json_array_append_new(all, json_pack("{s:s}", name, text));
	}
	free(rects);
	return all;
}

/* ------------------------------------------------------------------ closing */

static json_t *
rect_json(const struct control_call *call)
{
	const char *text = control_text(call, "rect");

	return json_string(text ? text : "all");
}

/* call->data: the word of what was done. */
static void
on_closed(void *arg, const struct reins_done *done)
{
	struct control_call *call = arg;
	struct operators *operators = &operators_wall(call)->operators;
	struct timespec since;
	json_t *is;

	if (done->error < 0) {
		verb_fail(call, done->error);
		return;
	}
	if (!reins_frozen_since(operators_wall(call)->reins, &since))
		operators->frozen_since = (struct timespec){ 0 };
	else if (operators->frozen_since.tv_sec == 0)
		operators->frozen_since = since;
	notice_frozen(operators_wall(call));
	is = json_pack("{s:o, s:I}", (const char *)call->data, rect_json(call),
		"waited_ms", (json_int_t)(done->wait_ns / 1000000));
	operators_keep(call, is);
}

static void
begun(struct control_call *call, const char *word, int ret)
{
	call->data = (void *)word;
	if (ret < 0)
		verb_fail(call, ret);
}

void
verb_freeze(struct control_call *call)
{
	struct mural_rect rect;

	begun(call, "frozen",
		reins_freeze(operators_wall(call)->reins, verb_rect(call, &rect),
			on_closed, call));
}

void
verb_thaw(struct control_call *call)
{
	struct mural_rect rect;

	begun(call, "thawed",
		reins_thaw(operators_wall(call)->reins, verb_rect(call, &rect), on_closed,
			call));
}

/* What is opaque in it. */
static void
protect_picture(struct picture *picture)
{
	struct control_call *call = picture->call;
	const size_t n = (size_t)picture->rect.width * picture->rect.height;
	uint8_t *mask = malloc(n);
	bool any = false;

	for (size_t i = 0; i < n && mask; i++) {
		mask[i] = picture->pixels[i] >> 24 == 0xff;
		any |= mask[i];
	}
	if (mask && !any)
		control_fail(call, CONTROL_USAGE, "no pixel of the picture is opaque");
	else
		begun(call, "protected",
			mask ? reins_protect(operators_wall(call)->reins, &picture->rect,
				       mask, on_closed, call)
			     : -ENOMEM);
	free(mask);
	picture_free(picture);
}

void
verb_protect(struct control_call *call)
{
	struct mural_rect rect;

	if (!control_text(call, "rect") == !control_text(call, "png")) {
		control_fail(
			call, CONTROL_USAGE, "protect needs either \"rect\" or \"png\"");
		return;
	}
	if (control_text(call, "png")) {
		verb_picture(call, protect_picture);
		return;
	}
	begun(call, "protected",
		reins_protect(operators_wall(call)->reins, verb_rect(call, &rect), NULL,
			on_closed, call));
}

void
verb_unprotect(struct control_call *call)
{
	struct mural_rect rect;

	begun(call, "unprotected",
		reins_unprotect(operators_wall(call)->reins, verb_rect(call, &rect),
			on_closed, call));
}

void
verb_protected(struct control_call *call)
{
	json_t *rects = closed_json(
		operators_wall(call), REINS_PROTECTED, "rect", CLOSED_MAX + 1);
	bool left_out = json_array_size(rects) > CLOSED_MAX;

	if (left_out)
		(void)json_array_remove(rects, CLOSED_MAX);
	control_done(call,
		left_out ? json_pack("{s:o, s:b}", "protected", rects, "left_out", 1)
			 : json_pack("{s:o}", "protected", rects));
}

/* ------------------------------------------------------------------ painting */

void
verb_clear(struct control_call *call)
{
	struct wall *wall = operators_wall(call);
	uint32_t colour = wall->canvas.background;
	struct mural_rect rect;
	const struct mural_rect *part = verb_rect(call, &rect);
	int ret;

	control_colour(call, "colour", &colour);
	ret = reins_clear(wall->reins, part, colour, verb_on_painted, call);
	if (ret < 0)
		verb_fail(call, ret);
	else if (!part)
		hud_status_cleared(&wall->hud_status);
}

static const uint32_t *
row_of_picture(void *arg, uint32_t y)
{
	const struct picture *picture = arg;

	return picture->pixels + (size_t)y * picture->rect.width;
}

static void
on_picture_painted(void *arg, const struct reins_done *done)
{
	struct picture *picture = arg;

	verb_on_painted(picture->call, done);
	picture_free(picture);
}

static void
paint_picture(struct picture *picture)
{
	static const struct reins_picture from = { .row = row_of_picture };
	int ret = reins_restore(operators_wall(picture->call)->reins, &picture->rect,
		&from, on_picture_painted, picture);

	if (ret < 0)
		on_picture_painted(picture, &(struct reins_done){ .error = ret });
}

void
verb_paint(struct control_call *call)
{
	verb_picture(call, paint_picture);
}
