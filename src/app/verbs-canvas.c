/* SPDX-License-Identifier: MIT */
/* The operator's verbs for the canvas: freeze, protect, clear and their like. */
#include <stdlib.h>

#include "app/operators.h"
#include "app/wall.h"
#include "control/values.h"

json_t *
closed_json(struct wall *wall, enum reins_closed kind, const char *name)
{
	struct mural_rect *rects = NULL;
	ssize_t n = reins_rects(wall->reins, kind, &rects);
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

void
verb_protect(struct control_call *call)
{
	struct mural_rect rect;

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
	control_done(call,
		json_pack("{s:o}", "protected",
			closed_json(operators_wall(call), REINS_PROTECTED, "rect")));
}

/* ------------------------------------------------------------------ painting */

void
verb_clear(struct control_call *call)
{
	struct wall *wall = operators_wall(call);
	uint32_t colour = wall->canvas.background;
	struct mural_rect rect;
	int ret;

	control_colour(call, "colour", &colour);
	ret = reins_clear(
		wall->reins, verb_rect(call, &rect), colour, verb_on_painted, call);
	if (ret < 0)
		verb_fail(call, ret);
}
