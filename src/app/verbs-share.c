/* SPDX-License-Identifier: MIT */
/* What the operator's verbs for the canvas share: rectangles, answers, why they fail. */
#include <errno.h>
#include <string.h>

#include "app/operators.h"
#include "app/wall.h"
#include "ingest/service.h"

void
verb_fail(struct control_call *call, int error)
{
	const struct mural_view *view = &operators_wall(call)->canvas.view;

	switch (error) {
	case -ERANGE:
		control_fail(call, CONTROL_USAGE,
			"that lies outside the canvas, which is %ux%u", view->width,
			view->height);
		break;
	case -ENOENT:
		control_fail(call, CONTROL_UNKNOWN, "there is nothing to take back");
		break;
	case -ESTALE:
		control_fail(call, CONTROL_REFUSED,
			"something else was done since; only the last act that "
			"painted is taken back, whose number \"acts\" lists");
		break;
	case -ENOTSUP:
		control_fail(call, CONTROL_FAILED,
			"the canvas does not know who painted it; set canvas.owners = "
			"yes "
			"and restart");
		break;
	default:
		control_fail(call, CONTROL_FAILED, "%s", strerror(-error));
	}
}

void
verbs_fail_stopping(struct control_call **calls)
{
	struct control_call *call = *calls;

	*calls = NULL;
	while (call) {
		struct control_call *next = call->data;

		control_fail_stopping(call);
		call = next;
	}
}

const struct mural_rect *
verb_rect(const struct control_call *call, struct mural_rect *rect)
{
	return control_rect(call, "rect", rect) ? rect : NULL;
}

static void
tell_services(const struct wall *wall, const struct reins_done *done)
{
	const struct mural_rect all = { 0, 0, wall->canvas.view.width,
		wall->canvas.view.height };

	if (done->n_changed > 0)
		services_painted_over(
			wall->now->plugins.instances, done->changed, done->n_changed);
	else
		services_painted_over(wall->now->plugins.instances, &all, 1);
}

void
verb_painted(struct control_call *call, const struct reins_done *done, json_t *is)
{
	if (done->number > 0)
		tell_services(operators_wall(call), done);
	(void)json_object_set_new(is, "pixels", json_integer((json_int_t)done->pixels));
	if (done->number > 0)
		(void)json_object_set_new(
			is, "number", json_integer((json_int_t)done->number));
	control_done(call, is);
}

void
verb_on_painted(void *arg, const struct reins_done *done)
{
	struct control_call *call = arg;

	if (done->error < 0)
		verb_fail(call, done->error);
	else
		verb_painted(call, done, json_object());
}
