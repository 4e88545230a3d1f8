/* SPDX-License-Identifier: MIT */
/* Starts and stops what an operator needs, and has the table of verbs. */
#include "app/operator.h"

#include "app/wall.h"

static control_run *const verbs[N_WALL_VERBS] = {
	[WALL_STATUS] = verb_status,
	[WALL_SNAPSHOT] = verb_snapshot,
	[WALL_RELOAD] = verb_reload,
	[WALL_VERBS] = verb_verbs,
};

struct wall *
operator_wall(const struct control_call *call)
{
	return call->control->context;
}

void
operator_start(struct wall *wall)
{
	struct operator* operator= & wall->operator;

	operator->started_ns = uv_hrtime();
	control_start(
		&operator->control, &wall->now->config.control, verbs, wall, &wall->loop);
}

void
operator_stop(struct wall *wall)
{
	struct operator* operator= & wall->operator;

	control_stop(&operator->control);
	while (operator->reloads) {
		struct control_call *call = operator->reloads;

		operator->reloads = call->data;
		control_drop(call);
	}
}
